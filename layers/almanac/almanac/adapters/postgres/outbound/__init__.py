"""What is written out, in Postgres: links, places to write to, pages without linked events."""
