"""Reports: a week of a workspace in figures."""
