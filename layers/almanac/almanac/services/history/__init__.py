"""What changed in a workspace, read from any version on, and its calendar at any version."""
