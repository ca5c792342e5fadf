"""Exports and feeds in Postgres."""
