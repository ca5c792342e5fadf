"""Reading calendars: one run of a workspace, one pass of a calendar, access to its accounts."""
