"""Tells others what changed: the event bus, and webhooks."""
