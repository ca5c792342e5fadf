"""Pages of what changed, and of who is told."""
