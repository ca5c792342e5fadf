-- Statements of whoever delivers webhooks. A lane is one endpoint in one workspace.

-- name: claim
-- An endpoint that is not open is taken whole: its other lanes wait until this one has tried it. `alone` says so.
WITH taken AS (
    UPDATE webhook_endpoints e SET retry_at = now() + :seconds::float8 * interval '1 second'
    WHERE e.id = :endpoint_id::uuid AND e.status = 'active' AND (e.ws_id IS NULL OR e.ws_id = :ws_id::uuid)
        AND NOT almanac_is_open(e) AND (e.retry_at IS NULL OR e.retry_at <= now())
        AND NOT EXISTS (
            SELECT 1 FROM webhook_cursors c
            WHERE c.endpoint_id = e.id AND c.ws_id = :ws_id::uuid AND c.claimed_until > now()
        )
    RETURNING e.*
), endpoint AS (
    SELECT e.*
    FROM (
        SELECT a.*, false AS alone FROM webhook_endpoints a
        WHERE a.id = :endpoint_id::uuid AND a.status = 'active' AND (a.ws_id IS NULL OR a.ws_id = :ws_id::uuid)
            AND almanac_is_open(a)
        UNION ALL
        SELECT t.*, true FROM taken t
    ) e JOIN workspaces w ON w.id = :ws_id::uuid
), lane AS (
    INSERT INTO webhook_cursors AS c (endpoint_id, ws_id, version, claimed_until)
    SELECT e.id, :ws_id::uuid, 0, now() + :seconds::float8 * interval '1 second' FROM endpoint e
    ON CONFLICT (endpoint_id, ws_id) DO UPDATE SET claimed_until = excluded.claimed_until
    WHERE c.claimed_until IS NULL OR c.claimed_until <= now()
    RETURNING c.endpoint_id
)
SELECT e.id, e.ws_id, e.url, e.kinds, e.status,
    CASE WHEN e.old_until > now() THEN ARRAY [e.secret, e.old_secret] ELSE ARRAY [e.secret] END, e.failures,
    e.failing_since, e.alone
FROM endpoint e JOIN lane ON lane.endpoint_id = e.id;

-- name: release
-- Returns whether something came while the lane was claimed: who was woken for it was sent away.
UPDATE webhook_cursors c SET claimed_until = NULL
WHERE c.endpoint_id = :endpoint_id::uuid AND c.ws_id = :ws_id::uuid
RETURNING (SELECT h.version FROM workspace_history_heads h WHERE h.ws_id = c.ws_id) > c.version;

-- name: give_back
-- An endpoint that was taken whole and was not tried: the next one may.
UPDATE webhook_endpoints SET retry_at = CASE WHEN failing_since IS NOT NULL THEN now() END
WHERE id = :endpoint_id::uuid;

-- name: pending
SELECT id, from_version, to_version, attempts, replayed, more, created_at, almanac_epoch(), next_attempt_at <= now()
FROM webhook_deliveries
WHERE endpoint_id = :endpoint_id::uuid AND ws_id = :ws_id::uuid AND status = 'pending';

-- name: cursor
-- Where the lane stands, and the head; prolongs the claim.
UPDATE webhook_cursors c SET claimed_until = now() + interval '60 seconds'
FROM workspace_history_heads h
WHERE c.endpoint_id = :endpoint_id::uuid AND c.ws_id = :ws_id::uuid AND h.ws_id = c.ws_id
RETURNING greatest(c.version, h.oldest - 1), h.version, c.replayed_until;

-- name: changes
-- Of a range, those that the endpoint is told: events of a first reading are told as one.
SELECT x.version, x.kind, x.subject, x.at, x.origin, x.run_id,
    CASE WHEN x.kind IN ('event.updated', 'block.moved') THEN x.was END, x.note
FROM workspace_history x
WHERE x.ws_id = :ws_id::uuid AND x.version > :after::bigint AND x.version <= :until::bigint
    AND (x.origin <> 'import' OR x.kind <> ALL (:of_events::text[]))
    AND (cardinality(:kinds::text[]) = 0 OR x.kind = ANY (:kinds::text[]))
ORDER BY x.version
LIMIT :limit::integer;

-- name: cut
INSERT INTO webhook_deliveries (id, endpoint_id, ws_id, from_version, to_version, more, replayed)
VALUES (:id::uuid, :endpoint_id::uuid, :ws_id::uuid, :first::bigint, :last::bigint, :more, :replayed)
RETURNING created_at, almanac_epoch();

-- name: advance
UPDATE webhook_cursors SET version = :version::bigint
WHERE endpoint_id = :endpoint_id::uuid AND ws_id = :ws_id::uuid AND version < :version::bigint;

-- name: settle
-- One attempt and what it comes to. The cursor moves only if nobody has set it back meanwhile, for a replay. Returns
-- whether the lane has more, or nothing when the cursor did not move.
WITH attempt AS (
    INSERT INTO webhook_attempts (delivery_id, n, status_code, ms, error_type, response_head)
    VALUES (:id::uuid, :n::integer, :status_code::integer, :ms::integer, :error_type, :head)
), delivery AS (
    UPDATE webhook_deliveries
    SET status = CASE WHEN :delivered::boolean THEN 'delivered' ELSE status END, attempts = attempts + 1,
        next_attempt_at = now() + :wait::float8 * interval '1 second'
    WHERE id = :id::uuid AND status = 'pending'
    RETURNING endpoint_id, ws_id, to_version
), endpoint AS (
    UPDATE webhook_endpoints e
    SET failures = CASE WHEN :delivered::boolean THEN 0 ELSE e.failures + 1 END,
        failing_since = CASE WHEN NOT :delivered::boolean THEN coalesce(e.failing_since, now()) END,
        retry_at = CASE WHEN :pause::float8 IS NOT NULL THEN now() + :pause::float8 * interval '1 second'
            WHEN NOT :delivered::boolean AND NOT :alone::boolean THEN e.retry_at END,
        answered_at = CASE WHEN :pause::float8 IS NULL THEN now() ELSE e.answered_at END
    WHERE e.id = :endpoint_id::uuid AND (
        NOT :delivered::boolean OR :alone::boolean OR e.failing_since IS NOT NULL
        OR (e.ws_id IS NULL AND e.answered_at < now() - interval '2 seconds')
    )
), cursor AS (
    UPDATE webhook_cursors c SET version = d.to_version
    FROM delivery d WHERE :delivered::boolean AND c.endpoint_id = d.endpoint_id AND c.ws_id = d.ws_id
    RETURNING c.ws_id, c.version
)
SELECT h.version > c.version FROM cursor c JOIN workspace_history_heads h ON h.ws_id = c.ws_id;

-- name: disable
-- The cursors stay: whoever enables the endpoint goes on there.
WITH given_up AS (
    UPDATE webhook_deliveries SET status = 'given_up' WHERE endpoint_id = :endpoint_id::uuid AND status = 'pending'
)
UPDATE webhook_endpoints SET status = 'disabled', disabled_reason = :reason, told = false, updated_at = now()
WHERE id = :endpoint_id::uuid AND status = 'active';

-- name: claim_test
UPDATE webhook_tests t SET claimed_at = now()
FROM webhook_endpoints e
WHERE t.endpoint_id = :endpoint_id::uuid AND e.id = t.endpoint_id AND t.at IS NULL AND t.claimed_at IS NULL
RETURNING e.id, e.ws_id, e.url, e.kinds, e.status,
    CASE WHEN e.old_until > now() THEN ARRAY [e.secret, e.old_secret] ELSE ARRAY [e.secret] END, e.failures,
    e.failing_since;

-- name: settle_test
UPDATE webhook_tests
SET at = clock_timestamp(), status_code = :status_code::integer, ms = :ms::integer, error_type = :error_type,
    response_head = :head
WHERE endpoint_id = :endpoint_id::uuid AND at IS NULL;
