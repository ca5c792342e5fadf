"""Digests and reports as people read them."""
