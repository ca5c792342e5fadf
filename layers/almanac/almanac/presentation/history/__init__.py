"""History as JSON and as text."""
