"""`member` and `members`: whose time is planned."""
