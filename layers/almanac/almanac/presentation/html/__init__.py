"""Pages of their own: files that a browser or a mail program opens, with nothing loaded from elsewhere."""
