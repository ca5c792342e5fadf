"""What the simulated Google holds: accounts, calendars, events with their history, time."""
