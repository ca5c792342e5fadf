"""What was and is, over HTTP, beside the routes of changes."""
