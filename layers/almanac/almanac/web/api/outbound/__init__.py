"""What is written to calendars, over HTTP: what waits, what is held, what somebody has to decide."""
