"""What the API and the console read: the ledger, the overview, calendars between two instants, search."""
