-- Statements of the upkeep: each takes a small step, holds its locks for that long, and passes by what others hold.

-- name: free_expired_leases
-- Of runs that have been silent for longer than any of them can live. The fence rises: one that wakes writes nothing.
WITH expired AS (
    SELECT ws_id FROM workspace_sync_leases
    WHERE owner IS NOT NULL AND expires_at < now() - :silence_seconds::float8 * interval '1 second'
    LIMIT :limit::integer
    FOR UPDATE SKIP LOCKED
), freed AS (
    UPDATE workspace_sync_leases l SET owner = NULL, expires_at = NULL, fence = l.fence + 1
    FROM expired WHERE l.ws_id = expired.ws_id
    RETURNING 1
)
SELECT count(*) FROM freed;

-- name: close_stale_runs
-- A run that does not own its workspace's lease never will again: every run is an owner of its own. One that needs none
-- is over when no function lives so long.
WITH closed AS (
    UPDATE runs
    SET status = 'failed', outcome = 'failed', finished_at = clock_timestamp(), error_type = 'stale',
        error = 'the run ended without a word; its lease expired'
    WHERE status = 'running' AND id = ANY (ARRAY (
        SELECT r.id FROM runs r
        WHERE r.status = 'running' AND (r.fence IS NOT NULL OR r.started_at < now() - :silence_seconds::float8 * interval '1 second')
            AND NOT EXISTS (SELECT 1 FROM workspace_sync_leases l WHERE l.ws_id = r.ws_id AND l.owner = r.id)
        LIMIT :limit::integer
        FOR UPDATE OF r SKIP LOCKED
    ))
    RETURNING 1
)
SELECT count(*) FROM closed;

-- name: kinds_of_runs
-- One look at an index a kind, however many runs there are.
WITH RECURSIVE found AS (
    SELECT min(kind) AS kind FROM runs
    UNION ALL
    SELECT (SELECT min(r.kind) FROM runs r WHERE r.kind > f.kind) FROM found f WHERE f.kind IS NOT NULL
)
SELECT kind FROM found WHERE kind IS NOT NULL;

-- name: step_of_runs
-- Where a step of so many rows ends; none when fewer are left.
SELECT r.started_at FROM runs r
WHERE r.kind = :kind AND r.started_at > :after::timestamptz AND r.started_at < :before::timestamptz
ORDER BY r.started_at
OFFSET :limit::integer - 1 LIMIT 1;

-- name: delete_old_runs
-- The newest run of a workspace and kind stays, however old. It is looked up by LIMIT 1 and the victims are named by ctid,
-- so that no planner reads the whole table for a step.
WITH gone AS (
    DELETE FROM runs WHERE ctid = ANY (ARRAY (
        SELECT r.ctid FROM runs r
        WHERE r.kind = :kind AND r.started_at > :after::timestamptz AND r.started_at <= :until::timestamptz
            AND r.started_at < :before::timestamptz AND r.status <> 'running'
            AND r.started_at < (
                SELECT n.started_at FROM runs n
                WHERE n.ws_id = r.ws_id AND n.kind = r.kind ORDER BY n.started_at DESC LIMIT 1
            )
        FOR UPDATE OF r SKIP LOCKED
    ))
    RETURNING 1
)
SELECT count(*) FROM gone;

-- name: step_of_jobs
SELECT j.created_at FROM jobs j
WHERE j.created_at > :after::timestamptz AND j.created_at < :before::timestamptz
ORDER BY j.created_at
OFFSET :limit::integer - 1 LIMIT 1;

-- name: delete_old_jobs
-- A job stays as long as a run of it does.
WITH gone AS (
    DELETE FROM jobs WHERE ctid = ANY (ARRAY (
        SELECT j.ctid FROM jobs j
        WHERE j.created_at > :after::timestamptz AND j.created_at <= :until::timestamptz
            AND j.created_at < :before::timestamptz
            AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.job_id = j.id AND r.ws_id = j.ws_id AND r.kind = j.kind)
        FOR UPDATE OF j SKIP LOCKED
    ))
    RETURNING 1
)
SELECT count(*) FROM gone;

-- name: aged_history
-- Workspaces whose oldest change is from before: one look at an index each.
SELECT h.ws_id
FROM workspace_history_heads h
WHERE h.ws_id > :after::uuid AND h.oldest <= h.version
    AND EXISTS (
        SELECT 1 FROM workspace_history c
        WHERE c.ws_id = h.ws_id AND c.version = h.oldest AND c.at < :before::timestamptz
    )
ORDER BY h.ws_id
LIMIT :limit::integer;

-- name: prune_history
SELECT almanac_prune_history(:ws_id::uuid, :before::timestamptz, :limit::integer);

-- name: delete_old_deliveries
WITH gone AS (
    DELETE FROM webhook_deliveries WHERE id = ANY (ARRAY (
        SELECT d.id FROM webhook_deliveries d
        WHERE d.created_at < :before::timestamptz AND d.status <> 'pending'
        ORDER BY d.created_at
        LIMIT :limit::integer
        FOR UPDATE OF d SKIP LOCKED
    ))
    RETURNING 1
)
SELECT count(*) FROM gone;

-- name: claim_workspace
-- No run begins or writes in it until this transaction ends; no row while one is at work. A lease that has expired is
-- overtaken: the fence rises. queued_at stays, for no message is used up.
INSERT INTO workspace_sync_leases AS l (ws_id)
SELECT id FROM workspaces WHERE id = :ws_id::uuid
ON CONFLICT (ws_id) DO UPDATE SET owner = NULL, expires_at = NULL, fence = l.fence + 1
WHERE l.owner IS NULL OR l.expires_at <= now()
RETURNING fence;

-- name: orphaned_calendars
-- Calendars that have had no reader for longer than the grace, and that have left something behind.
SELECT k.ws_id, k.provider, k.calendar_id
FROM calendar_readers k
WHERE k.until < :before::timestamptz
    AND (k.ws_id, k.provider, k.calendar_id) > (:after_ws_id::uuid, :after_provider::text, :after_calendar_id::text)
    AND (EXISTS (
        SELECT 1 FROM workspace_calendar_events e
        WHERE e.ws_id = k.ws_id AND e.provider = k.provider AND e.external_calendar_id = k.calendar_id
    ) OR EXISTS (
        SELECT 1 FROM calendar_departures d
        WHERE d.ws_id = k.ws_id AND d.provider = k.provider AND d.calendar_id = k.calendar_id
    ))
ORDER BY k.ws_id, k.provider, k.calendar_id
LIMIT :limit::integer;

-- name: delete_orphans
-- Asks again whether it is an orphan: its owner may have come back since it was listed. What the app owns of an event is
-- kept for another time of grace, as of every event that goes (0003_event_keepsakes.sql).
SELECT set_config('almanac.origin', 'operator', true), almanac_delete_events(ARRAY (
    SELECT e.id FROM workspace_calendar_events e
    WHERE e.ws_id = :ws_id::uuid AND e.provider = :provider AND e.external_calendar_id = :calendar_id
        AND EXISTS (
            SELECT 1 FROM calendar_readers k
            WHERE k.ws_id = :ws_id::uuid AND k.provider = :provider AND k.calendar_id = :calendar_id
                AND k.until < :before::timestamptz
        )
    LIMIT :limit::integer
    FOR UPDATE OF e SKIP LOCKED
));

-- name: forget_reading
-- What a sync token stands for is no longer there: whoever connects the calendar again reads it from the beginning.
WITH readers AS (
    SELECT id FROM calendar_connections
    WHERE ws_id = :ws_id::uuid AND provider = :provider AND calendar_id = :calendar_id
), marks AS (
    DELETE FROM calendar_sync_seen m USING readers r WHERE m.connection_id = r.id
)
DELETE FROM calendar_sync_states s USING readers r WHERE s.connection_id = r.id;

-- name: forget_departure
DELETE FROM calendar_departures d
WHERE d.ws_id = :ws_id::uuid AND d.provider = :provider AND d.calendar_id = :calendar_id
    AND d.departed_at < :before::timestamptz
    AND NOT EXISTS (
        SELECT 1 FROM workspace_calendar_events e
        WHERE e.ws_id = :ws_id::uuid AND e.provider = :provider AND e.external_calendar_id = :calendar_id
    );

-- name: workspaces_with_past
SELECT w.id FROM workspaces w
WHERE (:after::uuid IS NULL OR w.id > :after::uuid) AND EXISTS (
    SELECT 1 FROM workspace_calendar_events e
    WHERE e.ws_id = w.id AND e.start_at < :before::timestamptz AND e.end_at < :before::timestamptz AND e.provider <> 'almanac'
)
ORDER BY w.id
LIMIT :limit::integer;

-- name: delete_past_events
SELECT almanac_delete_events(ARRAY (
    SELECT e.id FROM events_out_of_reach e
    WHERE e.ws_id = :ws_id::uuid AND e.start_at < :before::timestamptz AND e.end_at < :before::timestamptz
    LIMIT :limit::integer
    FOR UPDATE OF e SKIP LOCKED
))
FROM set_config('almanac.origin', 'operator', true);

-- name: delete_keepsakes
WITH gone AS (
    DELETE FROM calendar_event_keepsakes WHERE ctid = ANY (ARRAY (
        SELECT k.ctid FROM calendar_event_keepsakes k
        WHERE k.kept_at < :before::timestamptz
        LIMIT :limit::integer
        FOR UPDATE OF k SKIP LOCKED
    ))
    RETURNING 1
)
SELECT count(*) FROM gone;

-- name: delete_spent
-- Few rows, and none that anybody waits for.
WITH links AS (
    DELETE FROM console_logins WHERE expires_at < now() - interval '1 day' RETURNING 1
), consents AS (
    DELETE FROM oauth_states WHERE expires_at < now() - interval '1 day' RETURNING 1
), tokens AS (
    DELETE FROM api_keys WHERE expires_at < now() - interval '1 day' RETURNING 1
), requests AS (
    DELETE FROM idempotency_keys WHERE created_at < now() - interval '24 hours' RETURNING 1
), counts AS (
    DELETE FROM run_rollup WHERE began < :before::timestamptz RETURNING 1
), times AS (
    DELETE FROM run_rollup_times WHERE began < :before::timestamptz RETURNING 1
), calls AS (
    DELETE FROM run_rollup_calls WHERE began < :before::timestamptz RETURNING 1
), open AS (
    DELETE FROM run_rollup_open WHERE began < :before::timestamptz RETURNING 1
)
SELECT (SELECT count(*) FROM links) + (SELECT count(*) FROM consents) + (SELECT count(*) FROM tokens)
    + (SELECT count(*) FROM requests)
    + (SELECT count(*) FROM counts) + (SELECT count(*) FROM times) + (SELECT count(*) FROM calls)
    + (SELECT count(*) FROM open);

-- name: expired_exports
SELECT id, object_key FROM exports WHERE expires_at < now() ORDER BY expires_at, id LIMIT :limit::integer;

-- name: delete_exports
WITH gone AS (DELETE FROM exports WHERE id = ANY (:ids::uuid[]) RETURNING 1)
SELECT count(*) FROM gone;

-- name: marked_without_pass
SELECT c.ws_id, c.id
FROM calendar_connections c LEFT JOIN calendar_sync_states s ON s.connection_id = c.id
WHERE s.checkpoint IS NULL AND (:after::uuid IS NULL OR c.id > :after::uuid)
    AND EXISTS (SELECT 1 FROM calendar_sync_seen m WHERE m.connection_id = c.id)
ORDER BY c.id
LIMIT :limit::integer;

-- name: delete_marks
-- Marks of an unfinished pass are what keeps its sweep from deleting what it has met.
WITH gone AS (
    DELETE FROM calendar_sync_seen WHERE ctid = ANY (ARRAY (
        SELECT m.ctid FROM calendar_sync_seen m
        WHERE m.connection_id = :connection_id::uuid AND NOT EXISTS (
            SELECT 1 FROM calendar_sync_states s
            WHERE s.connection_id = :connection_id::uuid AND s.checkpoint IS NOT NULL
        )
        LIMIT :limit::integer
        FOR UPDATE OF m SKIP LOCKED
    ))
    RETURNING 1
)
SELECT count(*) FROM gone;

-- name: accounts
SELECT a.created_at, a.ws_id, a.id, a.provider, a.account_email, a.access_token, a.refresh_token, a.expires_at, a.status, a.version
FROM calendar_auth_tokens a
WHERE :after::uuid IS NULL OR a.id > :after::uuid
ORDER BY a.id
LIMIT :limit::integer;

-- name: reencrypt
-- The version stays: the tokens are the same, so a refresh that is under way may still be stored over them.
UPDATE calendar_auth_tokens SET access_token = :access_token, refresh_token = :refresh_token
WHERE id = :id::uuid AND ws_id = :ws_id::uuid AND version = :version::integer
RETURNING id;

-- name: webhook_secrets
-- An old secret that nothing is signed with any more needs no key.
SELECT e.id, e.secret, CASE WHEN e.old_until > now() THEN e.old_secret END
FROM webhook_endpoints e
WHERE :after::uuid IS NULL OR e.id > :after::uuid
ORDER BY e.id
LIMIT :limit::integer;

-- name: reencrypt_webhook
UPDATE webhook_endpoints SET secret = :secret, old_secret = coalesce(:old_secret, old_secret)
WHERE id = :id::uuid AND secret = :was AND (:old_was::text IS NULL OR old_secret = :old_was)
RETURNING id;

-- name: progress
SELECT after FROM upkeep_progress WHERE step = :step;

-- name: remember_progress
INSERT INTO upkeep_progress AS p (step, after) VALUES (:step, :after::uuid)
ON CONFLICT (step) DO UPDATE SET after = excluded.after;

-- name: forget_progress
DELETE FROM upkeep_progress WHERE step = :step;

-- name: long_in_error
-- Calendars that should be read and have not been for long, the longest first; the last column counts them all.
SELECT c.ws_id, c.id, CASE WHEN a.status = 'reconnect_required' THEN a.status ELSE c.last_error_type END,
    coalesce(s.last_synced_at, c.created_at) AS since, count(*) OVER ()
FROM calendar_connections c
JOIN calendar_auth_tokens a ON a.id = c.auth_token_id
LEFT JOIN calendar_sync_states s ON s.connection_id = c.id
WHERE c.is_enabled AND c.sync_inbound_enabled AND c.access_role <> 'freeBusyReader' AND a.status <> 'disconnected'
    AND (a.status = 'reconnect_required' OR c.status IN ('error', 'lost'))
    AND coalesce(s.last_synced_at, c.created_at) < :before::timestamptz
ORDER BY since, c.id
LIMIT :limit::integer;

-- name: forecast
-- What the steps would find now, by the names of the report. Old runs are counted per workspace and kind: all of them go
-- where a newer run stays, else all but one.
SELECT
    (SELECT coalesce(sum(k.runs - CASE WHEN EXISTS (
            SELECT 1 FROM runs n WHERE n.ws_id = k.ws_id AND n.kind = k.kind AND n.started_at > k.newest
        ) THEN 0 ELSE 1 END), 0)::bigint
     FROM (SELECT r.ws_id, r.kind, count(*) AS runs, max(r.started_at) AS newest FROM runs r
           WHERE r.started_at < :runs_before::timestamptz AND r.status <> 'running' GROUP BY r.ws_id, r.kind) k),
    (SELECT count(*) FROM runs r
     WHERE r.status = 'running' AND (r.fence IS NOT NULL OR r.started_at < now() - :silence_seconds::float8 * interval '1 second')
        AND NOT EXISTS (
        SELECT 1 FROM workspace_sync_leases l
        WHERE l.ws_id = r.ws_id AND l.owner = r.id
            AND l.expires_at >= now() - :silence_seconds::float8 * interval '1 second')),
    (SELECT count(*) FROM workspace_calendar_events e
     JOIN calendar_readers k ON k.ws_id = e.ws_id AND k.provider = e.provider AND k.calendar_id = e.external_calendar_id
     WHERE k.until < :left_before::timestamptz),
    (SELECT count(*) FROM calendar_event_keepsakes k WHERE k.kept_at < :left_before::timestamptz),
    (SELECT count(*) FROM calendar_sync_seen m LEFT JOIN calendar_sync_states s ON s.connection_id = m.connection_id
     WHERE s.checkpoint IS NULL),
    (SELECT count(*) FROM console_logins WHERE expires_at < now() - interval '1 day')
    + (SELECT count(*) FROM oauth_states WHERE expires_at < now() - interval '1 day')
    + (SELECT count(*) FROM api_keys WHERE expires_at < now() - interval '1 day')
    + (SELECT count(*) FROM idempotency_keys WHERE created_at < now() - interval '24 hours')
    + (SELECT count(*) FROM run_rollup WHERE began < :runs_before::timestamptz)
    + (SELECT count(*) FROM run_rollup_times WHERE began < :runs_before::timestamptz)
    + (SELECT count(*) FROM run_rollup_calls WHERE began < :runs_before::timestamptz)
    + (SELECT count(*) FROM run_rollup_open WHERE began < :runs_before::timestamptz),
    (SELECT count(*) FROM events_out_of_reach e WHERE e.end_at < :past_before::timestamptz),
    (SELECT count(*) FROM workspace_history h WHERE h.at < :runs_before::timestamptz),
    (SELECT count(*) FROM exports WHERE expires_at < now());
