"""Exports: files of workspaces, made by jobs or at once, and who is told of them."""
