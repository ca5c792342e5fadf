-- Statements that read a workspace's history. Triggers write it (0021_history.sql).

-- name: one_moment
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;

-- name: head
SELECT coalesce(h.version, 0), coalesce(h.oldest, 1), almanac_epoch()
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

-- name: some_events
SELECT id, almanac_event_state(e) FROM workspace_calendar_events e
WHERE ws_id = :ws_id::uuid AND (:after::uuid IS NULL OR id > :after::uuid)
ORDER BY id
LIMIT :limit::integer;

-- name: feed_reaches
SELECT EXISTS (
    SELECT FROM workspace_history_feed f WHERE (f.tx, f.seq) <= ((:tx::bigint)::text::xid8, :seq::bigint)
);

-- name: fleet
-- Below the oldest transaction that is open, nothing can be added: a reader may go on after what it has seen. The columns
-- that order are the table's own, for an output column of that name would be compared as text.
WITH spans AS (
    SELECT f.tx, f.seq, f.ws_id, f.first, f.last
    FROM workspace_history_feed f
    WHERE (f.tx, f.seq) >= ((:tx::bigint)::text::xid8, :seq::bigint)
        AND f.tx < pg_snapshot_xmin(pg_current_snapshot())
        AND (:ws_ids::uuid[] IS NULL OR f.ws_id = ANY (:ws_ids::uuid[]))
    ORDER BY f.tx, f.seq
    LIMIT :limit::integer + 1
)
SELECT (s.tx)::text::bigint, s.seq, s.ws_id, x.version, x.kind, x.subject, x.at, x.origin, x.run_id, x.was, x.note
FROM spans s
CROSS JOIN LATERAL (
    SELECT * FROM workspace_history x
    WHERE x.ws_id = s.ws_id AND x.version BETWEEN s.first AND s.last
        AND ((s.tx, s.seq) > ((:tx::bigint)::text::xid8, :seq::bigint) OR x.version > :version::bigint)
    ORDER BY x.version
    LIMIT :limit::integer
) x
ORDER BY s.tx, s.seq, x.version
LIMIT :limit::integer;

-- name: epoch
SELECT almanac_epoch();

-- name: begin_epoch
SELECT almanac_begin_epoch();

-- name: redact
SELECT almanac_redact_history(:ws_id::uuid, :event_id::uuid),
    EXISTS (SELECT FROM workspace_history h WHERE h.ws_id = :ws_id::uuid AND h.subject = :event_id::uuid)
    OR EXISTS (SELECT FROM workspace_calendar_events e WHERE e.ws_id = :ws_id::uuid AND e.id = :event_id::uuid);
