-- Statements of the relay: what the bus has not heard, and which lanes of webhooks have something to do.

-- name: claim
-- Only heads are locked, for this statement: writers of those workspaces wait for no call to a bus. A claim that was not
-- given back ends by itself.
WITH chosen AS (
    SELECT h.ws_id, h.published, h.version
    FROM workspace_history_heads h
    WHERE h.published < h.version AND (h.claimed_until IS NULL OR h.claimed_until <= now())
        AND (:among::uuid[] IS NULL OR h.ws_id = ANY (:among::uuid[]))
    ORDER BY h.ws_id
    LIMIT :workspaces::integer
    FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE workspace_history_heads h SET claimed_until = now() + :seconds::float8 * interval '1 second'
    FROM chosen c WHERE h.ws_id = c.ws_id
)
SELECT c.ws_id, c.version, almanac_epoch(), x.version, x.kind, x.subject, x.at, x.origin, x.run_id,
    CASE WHEN x.kind IN ('event.updated', 'block.moved') THEN x.was END, x.note
FROM chosen c
LEFT JOIN LATERAL (
    SELECT * FROM workspace_history x
    WHERE x.ws_id = c.ws_id AND x.version > c.published AND x.version <= c.version
        AND (x.origin <> 'import' OR x.kind <> ALL (:of_events::text[]))
    ORDER BY x.version
    LIMIT :changes::integer
) x ON true
ORDER BY c.ws_id, x.version;

-- name: told
-- Of a workspace's changes those that subscribers are told of: events of a first reading are told as one.
SELECT version, kind, subject, at, origin, run_id, CASE WHEN kind IN ('event.updated', 'block.moved') THEN was END, note
FROM workspace_history
WHERE ws_id = :ws_id::uuid AND version > :after::bigint AND (origin <> 'import' OR kind <> ALL (:of_events::text[]))
ORDER BY version
LIMIT :limit::integer;

-- name: first_since
SELECT coalesce(min(version), (SELECT h.version + 1 FROM workspace_history_heads h WHERE h.ws_id = :ws_id::uuid), 1)
FROM workspace_history WHERE ws_id = :ws_id::uuid AND at >= :moment::timestamptz;

-- name: stands
SELECT coalesce(h.version, 0), coalesce(h.oldest, 1), almanac_epoch()
FROM workspaces w LEFT JOIN workspace_history_heads h ON h.ws_id = w.id WHERE w.id = :ws_id::uuid;

-- name: workspaces
SELECT ws_id FROM workspace_history_heads
WHERE :after::uuid IS NULL OR ws_id > :after::uuid ORDER BY ws_id LIMIT :limit::integer;

-- name: published
UPDATE workspace_history_heads h
SET published = greatest(h.published, u.version), claimed_until = now() + u.held * interval '1 second'
FROM unnest(:ws_ids::uuid[], :versions::bigint[], :held::float8[]) AS u (ws_id, version, held)
WHERE h.ws_id = u.ws_id;

-- name: skip_all
UPDATE workspace_history_heads SET published = version
WHERE ws_id IN (SELECT ws_id FROM workspace_history_heads WHERE published < version FOR UPDATE SKIP LOCKED);

-- name: take_news
-- Whether the head has moved since somebody was told. A row that is as it was is not touched, so nobody waits for it.
UPDATE workspace_history_heads SET nudged = version WHERE ws_id = :ws_id::uuid AND nudged < version RETURNING version;

-- name: notice_restore
SELECT almanac_notice_restore();

-- name: feed_held
-- Of the changes that are committed, and that the feed of all workspaces cannot tell yet since an older transaction is
-- open, how long one of the first has waited, in seconds.
SELECT coalesce(max(date_part('epoch', clock_timestamp() - x.at)), 0)::float8
FROM (
    SELECT f.ws_id, f.first FROM workspace_history_feed f
    WHERE f.tx >= pg_snapshot_xmin(pg_current_snapshot()) ORDER BY f.tx, f.seq LIMIT 100
) held
JOIN workspace_history x ON x.ws_id = held.ws_id AND x.version = held.first;

-- name: disabled_endpoints
SELECT id, ws_id, disabled_reason FROM webhook_endpoints WHERE status = 'disabled' AND NOT told ORDER BY id LIMIT 100;

-- name: told_disabled
UPDATE webhook_endpoints SET told = true WHERE id = ANY (:ids::uuid[]) AND status = 'disabled';

-- name: due_lanes
-- Something new where nothing is under way, or a repetition whose time has come. The longest waiting first. Of an endpoint
-- that is not open one lane: the others would be sent away. A test that nobody has begun wakes any lane of its endpoint.
SELECT t.endpoint_id, coalesce(e.ws_id, (SELECT w.id FROM workspaces w ORDER BY w.id LIMIT 1)), NULL::timestamptz
FROM webhook_tests t JOIN webhook_endpoints e ON e.id = t.endpoint_id
WHERE t.claimed_at IS NULL AND EXISTS (SELECT FROM workspaces)
    AND (:endpoint_id::uuid IS NULL OR t.endpoint_id = :endpoint_id::uuid)
UNION ALL
(SELECT x.endpoint_id, x.ws_id, x.next_attempt_at
FROM (
    SELECT l.endpoint_id, l.ws_id, d.next_attempt_at, almanac_is_open(e) AS is_open,
        row_number() OVER (PARTITION BY l.endpoint_id ORDER BY d.next_attempt_at NULLS FIRST, l.ws_id) AS place
    FROM webhook_endpoints e
    JOIN webhook_lanes l ON l.endpoint_id = e.id
    LEFT JOIN webhook_deliveries d ON d.endpoint_id = e.id AND d.ws_id = l.ws_id AND d.status = 'pending'
    WHERE e.status = 'active' AND (e.retry_at IS NULL OR e.retry_at <= now())
        AND (:endpoint_id::uuid IS NULL OR e.id = :endpoint_id::uuid)
        AND (:among::uuid[] IS NULL OR l.ws_id = ANY (:among::uuid[]))
        AND (l.claimed_until IS NULL OR l.claimed_until <= now())
        AND CASE WHEN d.id IS NULL THEN l.version < l.head ELSE d.next_attempt_at <= now() END
) x
WHERE x.is_open OR x.place = 1
ORDER BY x.next_attempt_at NULLS FIRST
LIMIT :limit::integer);
