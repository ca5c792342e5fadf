"""Pages of whose time is planned, and of what looks for a time of several."""
