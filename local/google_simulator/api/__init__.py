"""What the simulated Google answers: the Calendar API v3 and its OAuth side."""
