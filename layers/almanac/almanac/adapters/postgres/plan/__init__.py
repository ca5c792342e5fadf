"""Plans in Postgres: what they are made of, what they change, what became of requests for one."""
