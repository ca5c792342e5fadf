"""`member`, `members` and `meeting`: whose time is planned, and what looks for a time of several."""
