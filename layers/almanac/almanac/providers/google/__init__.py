"""Google Calendar: its API, its OAuth, its JSON as rows, its refusals as neutral errors."""

NAME = "google"
"""The provider's name, as rows and error codes carry it."""
