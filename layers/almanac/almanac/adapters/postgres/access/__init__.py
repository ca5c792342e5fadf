"""Access in Postgres: keys, links, requests that come twice, consents under way, the audit log."""
