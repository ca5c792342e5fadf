"""HTTP: what came in, who asks, one use case, what goes out. JSON under /v1, pages for people under /console."""
