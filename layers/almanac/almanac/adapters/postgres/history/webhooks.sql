-- Statements of those who manage webhooks.

-- name: workspace
SELECT 1 FROM workspaces WHERE id = :ws_id::uuid;

-- name: add
-- No row: it was added before, by a request whose answer was lost.
INSERT INTO webhook_endpoints (id, ws_id, url, kinds, secret)
VALUES (:id::uuid, :ws_id::uuid, :url, :kinds::text[], :secret)
ON CONFLICT (id) DO NOTHING
RETURNING id;

-- name: begin_at_heads
INSERT INTO webhook_cursors (endpoint_id, ws_id, version)
SELECT :id::uuid, h.ws_id, h.version FROM workspace_history_heads h
WHERE :ws_id::uuid IS NULL OR h.ws_id = :ws_id::uuid;

-- name: all
SELECT e.id, e.ws_id, e.url, e.kinds, e.status, e.disabled_reason, e.failing_since, e.failures, e.old_until, e.created_at,
    coalesce(b.versions, 0)::bigint
FROM webhook_endpoints e
LEFT JOIN (
    SELECT l.endpoint_id, sum(l.head - l.version) AS versions FROM webhook_lanes l
    WHERE l.head > l.version AND (:id::uuid IS NULL OR l.endpoint_id = :id::uuid)
        AND (:ws_id::uuid IS NULL OR l.endpoint_id IN (SELECT o.id FROM webhook_endpoints o WHERE o.ws_id = :ws_id::uuid))
    GROUP BY l.endpoint_id
) b ON b.endpoint_id = e.id
WHERE (:ws_id::uuid IS NULL OR e.ws_id = :ws_id::uuid) AND (:id::uuid IS NULL OR e.id = :id::uuid)
ORDER BY e.created_at, e.id;

-- name: given_up
SELECT count(*) FROM webhook_endpoints e
WHERE e.status = 'disabled' AND (:ws_ids::uuid[] IS NULL OR e.ws_id = ANY (:ws_ids::uuid[]));

-- name: load
SELECT e.id, e.ws_id, e.url, e.kinds, e.status,
    CASE WHEN e.old_until > now() THEN ARRAY [e.secret, e.old_secret] ELSE ARRAY [e.secret] END, e.failures,
    e.failing_since
FROM webhook_endpoints e WHERE e.id = :id::uuid;

-- name: set_status
-- What was given up is cut anew from the cursor.
UPDATE webhook_endpoints
SET status = :status, disabled_reason = NULL, failing_since = NULL, failures = 0, retry_at = NULL, told = false,
    updated_at = now()
WHERE id = :id::uuid
RETURNING id;

-- name: repeat_now
UPDATE webhook_deliveries SET next_attempt_at = now() WHERE endpoint_id = :id::uuid AND status = 'pending';

-- name: remove
DELETE FROM webhook_endpoints WHERE id = :id::uuid RETURNING id;

-- name: rotate
UPDATE webhook_endpoints
SET old_secret = secret, old_until = :old_until::timestamptz, secret = :secret, rotated_by = :request_id::uuid,
    updated_at = now()
WHERE id = :id::uuid AND rotated_by IS DISTINCT FROM :request_id::uuid;

-- name: lane
SELECT coalesce(h.version, 0), coalesce(h.oldest, 1)
FROM webhook_endpoints e
JOIN workspaces w ON w.id = :ws_id::uuid AND (e.ws_id IS NULL OR e.ws_id = w.id)
LEFT JOIN workspace_history_heads h ON h.ws_id = w.id
WHERE e.id = :id::uuid;

-- name: first_since
SELECT coalesce(min(version), :head::bigint + 1) FROM workspace_history
WHERE ws_id = :ws_id::uuid AND at >= :moment::timestamptz;

-- name: cancel_pending
UPDATE webhook_deliveries SET status = 'cancelled'
WHERE endpoint_id = :id::uuid AND ws_id = :ws_id::uuid AND status = 'pending';

-- name: set_back
INSERT INTO webhook_cursors AS c (endpoint_id, ws_id, version, replayed_until)
VALUES (:id::uuid, :ws_id::uuid, :version::bigint, 0)
ON CONFLICT (endpoint_id, ws_id) DO UPDATE
SET replayed_until = greatest(c.replayed_until, c.version), version = least(c.version, excluded.version);

-- name: cancel_all_pending
UPDATE webhook_deliveries SET status = 'cancelled' WHERE endpoint_id = :id::uuid AND status = 'pending';

-- name: skip_to_heads
INSERT INTO webhook_cursors AS c (endpoint_id, ws_id, version)
SELECT endpoint_id, ws_id, head FROM webhook_lanes WHERE endpoint_id = :id::uuid
ON CONFLICT (endpoint_id, ws_id) DO UPDATE SET version = greatest(c.version, excluded.version);

-- name: deliveries
WITH latest AS (
    SELECT d.* FROM webhook_deliveries d
    WHERE d.endpoint_id = :id::uuid AND (:ws_ids::uuid[] IS NULL OR d.ws_id = ANY (:ws_ids::uuid[]))
    ORDER BY d.created_at DESC, d.id
    LIMIT :limit::integer
)
SELECT d.id, d.ws_id, d.from_version, d.to_version, d.status, d.replayed, d.attempts, d.next_attempt_at, a.at, a.status_code,
    a.ms, a.error_type, a.response_head
FROM latest d
LEFT JOIN LATERAL (SELECT * FROM webhook_attempts a WHERE a.delivery_id = d.id ORDER BY a.n DESC LIMIT 1) a ON true
ORDER BY d.created_at DESC, d.id;

-- name: last_deliveries
SELECT d.endpoint_id, d.id, d.ws_id, d.from_version, d.to_version, d.status, d.replayed, d.attempts, d.next_attempt_at, a.at,
    a.status_code, a.ms, a.error_type, a.response_head
FROM unnest(:ids::uuid[]) AS e (id)
CROSS JOIN LATERAL (
    SELECT * FROM webhook_deliveries d
    WHERE d.endpoint_id = e.id AND (:ws_ids::uuid[] IS NULL OR d.ws_id = ANY (:ws_ids::uuid[]))
    ORDER BY d.created_at DESC, d.id
    LIMIT 1
) d
LEFT JOIN LATERAL (SELECT * FROM webhook_attempts a WHERE a.delivery_id = d.id ORDER BY a.n DESC LIMIT 1) a ON true;

-- name: behind
WITH lanes AS (
    SELECT ws_id, version, head FROM webhook_lanes
    WHERE endpoint_id = :id::uuid AND head > version
    ORDER BY head - version DESC, ws_id
    LIMIT :limit::integer
)
SELECT l.ws_id, w.name, l.version, l.head, x.at, d.next_attempt_at
FROM lanes l
JOIN workspaces w ON w.id = l.ws_id
LEFT JOIN LATERAL (
    SELECT x.at FROM workspace_history x WHERE x.ws_id = l.ws_id AND x.version > l.version ORDER BY x.version LIMIT 1
) x ON true
LEFT JOIN webhook_deliveries d ON d.endpoint_id = :id::uuid AND d.ws_id = l.ws_id AND d.status = 'pending'
ORDER BY l.head - l.version DESC, l.ws_id;

-- name: ask_test
-- One that nobody has begun for two minutes, or that has ended, gives way.
INSERT INTO webhook_tests AS t (endpoint_id) VALUES (:id::uuid)
ON CONFLICT (endpoint_id) DO UPDATE
SET asked_at = now(), claimed_at = NULL, at = NULL, status_code = NULL, ms = NULL, error_type = NULL, response_head = NULL
WHERE t.at IS NOT NULL OR t.asked_at < now() - interval '2 minutes';

-- name: last_test
SELECT asked_at, at, status_code, ms, error_type, response_head FROM webhook_tests WHERE endpoint_id = :id::uuid;
