"""What happens between a deployment and its first run."""
