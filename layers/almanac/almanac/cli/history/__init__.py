"""Commands about what changed, and who is told."""
