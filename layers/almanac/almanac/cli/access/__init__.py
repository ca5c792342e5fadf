"""`api-key` and `console`: who may call the HTTP API, and links into the console."""
