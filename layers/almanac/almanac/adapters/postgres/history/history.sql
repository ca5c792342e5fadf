-- Statements that read a workspace's history. Triggers write it (0021_history.sql).

-- name: one_moment
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;

-- name: head
SELECT coalesce(h.version, 0), coalesce(h.oldest, 1)
FROM workspaces w LEFT JOIN workspace_history_heads h ON h.ws_id = w.id
WHERE w.id = :ws_id::uuid;

-- name: changes
SELECT version, kind, subject, at, origin, run_id, was, note
FROM workspace_history
WHERE ws_id = :ws_id::uuid AND version > :after::bigint
ORDER BY version
LIMIT :limit::integer;

-- name: newest_first
-- A step at a time, from the newest on, so that a reader's memory does not grow with the history.
SELECT version, kind, subject, at, origin, run_id, was, note
FROM workspace_history
WHERE ws_id = :ws_id::uuid AND version > :after::bigint AND version < :before::bigint
ORDER BY version DESC
LIMIT :limit::integer;

-- name: version_at
-- Instants rise with versions, for both are taken under the head's lock: the first that fits, from the newest on, is it.
SELECT version
FROM workspace_history
WHERE ws_id = :ws_id::uuid AND at <= :moment::timestamptz
ORDER BY version DESC
LIMIT 1;

-- name: events
SELECT id, almanac_event_state(e) FROM workspace_calendar_events e WHERE ws_id = :ws_id::uuid;

-- name: redact
SELECT almanac_redact_history(:ws_id::uuid, :event_id::uuid);
