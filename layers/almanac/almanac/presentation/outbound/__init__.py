"""What is written to calendars, in words."""
