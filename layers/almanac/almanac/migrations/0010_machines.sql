-- What an escalation to a larger function is decided by: how much memory a run had and, while it lives, how much it was
-- last seen with; and until when a workspace is too large for the small one.
ALTER TABLE runs ADD COLUMN memory_mb integer;
ALTER TABLE workspace_sync_leases ADD COLUMN resident_mb integer, ADD COLUMN large_until timestamptz;
