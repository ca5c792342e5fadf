"""Use cases. They see the domain and the ports, never an SDK."""
