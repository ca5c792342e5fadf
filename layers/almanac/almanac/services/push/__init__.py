"""Channels that are kept by state, and rings that become jobs."""
