"""The channels by which providers ring, in Postgres."""
