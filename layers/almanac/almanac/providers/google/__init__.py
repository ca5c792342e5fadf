"""Google Calendar: its API, its OAuth, its JSON as rows, its refusals as our errors."""
