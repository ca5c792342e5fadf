"""Watching the system: how runs went, and who is behind."""
