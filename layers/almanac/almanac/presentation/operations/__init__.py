"""What operators look at: health, a week of a calendar, callers' keys."""
