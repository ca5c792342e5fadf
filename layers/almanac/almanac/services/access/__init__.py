"""Who calls through HTTP: keys, links into the console, requests that come twice, and the audit log."""
