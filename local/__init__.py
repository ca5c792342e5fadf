"""Almanac on one machine: the same handlers with an embedded database, local queues and a simulated Google Calendar."""
