"""Almanac: keeps every workspace's calendar true and its week planned."""
