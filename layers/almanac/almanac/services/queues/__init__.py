"""Jobs on their way: dispatched, received, dead."""
