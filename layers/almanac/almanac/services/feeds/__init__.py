"""Feeds: calendars under addresses that nobody can guess."""
