-- Statements of those who manage webhooks.

-- name: workspace
SELECT 1 FROM workspaces WHERE id = :ws_id::uuid;

-- name: add
INSERT INTO webhook_endpoints (id, ws_id, url, kinds, secret)
VALUES (:id::uuid, :ws_id::uuid, :url, :kinds::text[], :secret);

-- name: begin_at_heads
INSERT INTO webhook_cursors (endpoint_id, ws_id, version)
SELECT :id::uuid, h.ws_id, h.version FROM workspace_history_heads h
WHERE :ws_id::uuid IS NULL OR h.ws_id = :ws_id::uuid;

-- name: all
SELECT e.id, e.ws_id, e.url, e.kinds, e.status, e.disabled_reason, e.failing_since, e.failures, e.old_until, e.created_at,
    coalesce((
        SELECT sum(h.version - coalesce(c.version, 0))
        FROM workspace_history_heads h LEFT JOIN webhook_cursors c ON c.endpoint_id = e.id AND c.ws_id = h.ws_id
        WHERE (e.ws_id IS NULL OR h.ws_id = e.ws_id) AND h.version > coalesce(c.version, 0)
    ), 0)::bigint
FROM webhook_endpoints e
WHERE :ws_id::uuid IS NULL OR e.ws_id = :ws_id::uuid
ORDER BY e.created_at, e.id;

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
SET old_secret = secret, old_until = :old_until::timestamptz, secret = :secret, updated_at = now()
WHERE id = :id::uuid
RETURNING id;

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
