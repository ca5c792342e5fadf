"""Digests: a person's day, as a page and as a letter."""
