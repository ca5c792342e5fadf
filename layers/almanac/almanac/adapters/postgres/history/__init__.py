"""History in Postgres. It is written by triggers (migrations/0021_history.sql); this room reads it."""
