"""Routes of tasks, habits and meetings: what looks for its time."""
