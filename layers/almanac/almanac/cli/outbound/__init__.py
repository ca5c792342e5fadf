"""Commands about what is written to calendars."""
