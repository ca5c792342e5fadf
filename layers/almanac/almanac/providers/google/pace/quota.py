"""What Google allows one project."""

CALLS_PER_MINUTE = 10_000
"""All its users together: https://developers.google.com/workspace/calendar/api/guides/quota."""
