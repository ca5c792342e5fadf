"""Reading calendars: what an event becomes, which pass is due, what an error means."""
