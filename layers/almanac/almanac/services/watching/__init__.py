"""What the API and the console look at: health, overview, calendars between two instants, search."""
