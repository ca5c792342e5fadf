"""`make demo`: the whole system on one machine, scene by scene."""
