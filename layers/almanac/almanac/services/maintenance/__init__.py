"""The daily round: what is old goes, what was left behind is closed."""
