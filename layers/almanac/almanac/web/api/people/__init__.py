"""Routes of members: whose time is planned."""
