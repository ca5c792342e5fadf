"""Steering the simulator from outside, and making it fail."""
