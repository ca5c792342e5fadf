"""What a deployment does to a database beside its migrations."""
