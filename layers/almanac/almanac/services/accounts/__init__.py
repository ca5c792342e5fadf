"""Connecting accounts and keeping their tokens alive."""
