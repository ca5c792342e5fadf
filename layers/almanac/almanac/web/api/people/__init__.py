"""Routes of members and meetings: whose time is planned, and what looks for a time of several."""
