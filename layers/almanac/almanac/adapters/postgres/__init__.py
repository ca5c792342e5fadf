"""Postgres behind the ports: a module a room of the services, SQL in `*.sql` beside it."""
