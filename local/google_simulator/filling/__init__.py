"""Ways to fill calendars: made-up life, exports, recordings."""
