"""Rules: pure, deterministic, standard library only. No SDK, no clock, no logging."""
