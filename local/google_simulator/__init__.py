"""A Google Calendar that runs on this machine: the v3 wire format, its refusals and its failures, without Google.

`simulator.Simulator` starts it inside a test, `python -m local.google_simulator` as a process of its own, and
`control.Control` steers it over HTTP. It listens on 127.0.0.1 only.
"""
