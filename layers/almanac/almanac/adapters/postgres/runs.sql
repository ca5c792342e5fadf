-- Statements of the ledger: what was asked for (jobs), the attempts at it (runs), and the calendars of a sync
-- (run_connections). Rows are always scoped by workspace; a statement that writes under a lease checks its fence.

-- name: admission_facts
-- What decides whether a run may begin: the time, the lease that somebody holds, the runs that a person asked for in the
-- last hour, the last one that a push of the same calendar did, the runs of the kind that began after the message was
-- sent (a second of grace for the clocks of queue and database) and have completed, until when only the large function
-- will do, whether the job was called off, and whether the workspace is paused.
SELECT
    now(),
    CASE WHEN l.owner IS NOT NULL THEN l.expires_at END,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('started_at', r.started_at, 'scope', r.scope)), '[]') FROM runs r
     WHERE r.ws_id = w.id AND r.kind = :kind AND r.source = 'manual' AND r.status IN ('completed', 'partial')
        AND r.started_at > now() - interval '1 hour'),
    (SELECT max(r.started_at) FROM runs r
     WHERE r.ws_id = w.id AND r.kind = :kind AND r.source = 'push' AND r.status <> 'skipped'
        AND r.started_at > now() - interval '1 minute'
        AND r.scope ->> 'connection_id' IS NOT DISTINCT FROM :connection_id::text),
    (SELECT coalesce(jsonb_agg(jsonb_build_object('scope', r.scope, 'outcome', r.outcome, 'paused', EXISTS (
            SELECT 1 FROM run_connections c WHERE c.run_id = r.id AND c.outcome IN ('backing_off', 'push_healthy')
        ))), '[]')
     FROM runs r
     WHERE r.ws_id = w.id AND r.kind = :kind AND r.status = 'completed'
        AND r.started_at > :sent_at::timestamptz + interval '1 second'),
    l.large_until,
    EXISTS (SELECT 1 FROM jobs j
            WHERE j.id = :job_id AND j.ws_id = w.id AND j.kind = :kind AND j.cancelled_at IS NOT NULL),
    EXISTS (SELECT 1 FROM workspace_pauses p WHERE p.ws_id = w.id)
FROM workspaces w LEFT JOIN workspace_sync_leases l ON l.ws_id = w.id
WHERE w.id = :ws_id::uuid;

-- name: killed_run
-- An earlier run of a message that never said how it ended, and what it was last seen with, if nobody has come since.
SELECT k.memory_mb, l.resident_mb
FROM (
    SELECT r.id, r.ws_id, r.memory_mb FROM runs r
    WHERE r.ws_id = :ws_id::uuid AND r.kind = :kind AND r.status = 'running' AND r.message_id = :message_id
    UNION ALL
    SELECT r.id, r.ws_id, r.memory_mb FROM runs r
    WHERE r.ws_id = :ws_id::uuid AND r.status = 'failed' AND r.error_type = 'stale' AND r.message_id = :message_id
) k LEFT JOIN workspace_sync_leases l ON l.ws_id = k.ws_id AND l.owner = k.id
LIMIT 1;

-- name: take_lease
-- Free, expired, or none yet: otherwise no row. The fence rises with every owner. What an owner that has died was reading
-- counts an attempt; the second in a row makes its pages smaller, for memory is what kills a process again and again.
WITH deadly AS (
    SELECT l.reading[1] AS reading FROM workspace_sync_leases l
    WHERE l.ws_id = :ws_id::uuid AND l.owner IS NOT NULL AND l.expires_at <= now() AND l.reading IS NOT NULL
), blamed AS (
    UPDATE calendar_connections c
    SET attempts = c.attempts + 1,
        page_limit = CASE WHEN c.attempts > 0 THEN greatest(1, coalesce(c.page_limit, 2500) / 5) ELSE c.page_limit END
    FROM deadly d WHERE c.id = d.reading AND c.ws_id = :ws_id::uuid
)
INSERT INTO workspace_sync_leases AS l (ws_id, owner, fence, acquired_at, expires_at)
VALUES (:ws_id::uuid, :run_id::uuid, 1, now(), now() + :seconds::float8 * interval '1 second')
ON CONFLICT (ws_id) DO UPDATE
SET owner = excluded.owner, fence = l.fence + 1, acquired_at = now(), expires_at = excluded.expires_at, queued_at = NULL,
    reading = NULL, resident_mb = NULL
WHERE l.owner IS NULL OR l.expires_at <= now()
RETURNING fence;

-- name: move_to_large
-- From now on the workspace's jobs belong into the large function. A lease is there: a run that needed it has had it.
UPDATE workspace_sync_leases SET large_until = clock_timestamp() + :seconds::float8 * interval '1 second'
WHERE ws_id = :ws_id::uuid;

-- name: stay_large
-- Of a run in the large function: as long as such runs need more than the small one has to spare, it is not tried again.
-- The small one's size is what its last run of the kind had.
UPDATE workspace_sync_leases l SET large_until = clock_timestamp() + :seconds::float8 * interval '1 second'
WHERE l.ws_id = :ws_id::uuid AND l.large_until IS NOT NULL AND :peak_mb::integer >= :roomy::float8 * (
    SELECT s.memory_mb FROM runs r JOIN runs s ON s.ws_id = r.ws_id AND s.kind = r.kind
    WHERE r.id = :run_id::uuid AND r.ws_id = l.ws_id AND s.memory_mb < :memory_mb::integer
    ORDER BY s.started_at DESC LIMIT 1
);

-- name: begin_reading
UPDATE workspace_sync_leases
SET reading = :connection_ids::uuid[], expires_at = clock_timestamp() + :seconds::float8 * interval '1 second'
WHERE ws_id = :ws_id::uuid AND owner = :run_id::uuid AND fence = :fence::bigint
RETURNING ws_id;

-- name: pause_provider
INSERT INTO provider_pauses AS p (provider, error_type, error, retry_at)
VALUES (:provider, :error_type, :error, now() + interval '1 minute')
ON CONFLICT (provider) DO UPDATE SET error_type = excluded.error_type, error = excluded.error,
    retry_at = now() + least(interval '15 minutes', greatest(interval '1 minute', now() - p.since));

-- name: resume_provider
DELETE FROM provider_pauses WHERE provider = :provider;

-- name: plan_to_ask_for
-- As due_for_replan, of one workspace, in the middle of its run; what the run has inserted is noted first.
SELECT almanac_note_change(w.id)::text FROM workspaces w WHERE w.id = :ws_id::uuid AND :inserted::boolean
UNION ALL
SELECT w.last_plan
FROM workspaces_to_replan w
WHERE w.id = :ws_id::uuid
    AND (:inserted::boolean OR EXISTS (SELECT 1 FROM unplanned_changes u WHERE u.ws_id = w.id));

-- name: has_changed
SELECT EXISTS (SELECT 1 FROM unplanned_changes u WHERE u.ws_id = :ws_id::uuid)
    OR NOT EXISTS (SELECT 1 FROM workspaces w WHERE w.id = :ws_id::uuid);

-- name: is_gone
SELECT 1 FROM workspaces WHERE id = :ws_id::uuid;

-- name: renew_lease
-- And who writes in this transaction, for the history.
UPDATE workspace_sync_leases
SET expires_at = clock_timestamp() + :seconds::float8 * interval '1 second'
WHERE ws_id = :ws_id::uuid AND owner = :run_id::uuid AND fence = :fence::bigint
RETURNING clock_timestamp(), set_config('almanac.run', :run_id::uuid::text, true), set_config('almanac.origin', (
    SELECT CASE r.kind WHEN 'schedule' THEN 'plan' ELSE 'sync' END FROM runs r WHERE r.id = :run_id::uuid
), true);

-- name: record_run
-- A run that begins, or one that does not take place; with its job, unless whoever asked has recorded that. A sync that is
-- skipped has used its message up, unless that comes back because another run is going on. Who begins with a fence holds
-- the lease, and knows by that that no other run of the workspace is alive that needs one; exports need none.
WITH stale AS (
    UPDATE runs
    SET status = 'failed', outcome = 'failed', finished_at = clock_timestamp(), error_type = 'stale',
        error = 'the run ended without a word; its lease expired'
    WHERE ws_id = :ws_id::uuid AND status = 'running' AND fence IS NOT NULL AND :fence::bigint IS NOT NULL
    RETURNING id
), used_up AS (
    UPDATE workspace_sync_leases SET queued_at = NULL
    WHERE ws_id = :ws_id::uuid AND :kind = 'sync' AND :status = 'skipped'
        AND :outcome::text NOT IN ('already_running', 'escalated')
), job AS (
    INSERT INTO jobs AS j (id, ws_id, kind, body, source, requested_by, sent_at)
    VALUES (:job_id, :ws_id::uuid, :kind, :body::jsonb, :source, :user_id, :sent_at::timestamptz)
    ON CONFLICT (id, ws_id, kind) DO UPDATE SET sent_at = excluded.sent_at WHERE j.sent_at IS NULL
)
INSERT INTO runs (id, ws_id, job_id, kind, source, user_id, message_id, scope, sent_at, memory_mb, status, outcome, fence,
    retry_after, started_at, finished_at)
SELECT :run_id::uuid, :ws_id::uuid, :job_id, :kind, :source, :user_id, :message_id, :scope::jsonb, :sent_at::timestamptz,
    :memory_mb::integer, :status, :outcome, :fence::bigint, :retry_after::float8,
    s.at, CASE :status WHEN 'skipped' THEN s.at END
FROM (SELECT count(*), clock_timestamp() AS at FROM stale) s; -- counted first: one run of a kind is alive in a workspace

-- name: record_jobs
-- Of whoever asks, before the messages are sent. A workspace that does not exist is told by its foreign key.
INSERT INTO jobs (id, ws_id, kind, body, source, requested_by)
SELECT * FROM unnest(:ids::text[], :ws_ids::uuid[], :kinds::text[], :bodies::jsonb[], :sources::text[], :requested_by::text[])
ON CONFLICT (id, ws_id, kind) DO NOTHING;

-- name: mark_sent
UPDATE jobs j SET sent_at = clock_timestamp()
FROM unnest(:ids::text[], :ws_ids::uuid[], :kinds::text[]) AS s (id, ws_id, kind)
WHERE j.id = s.id AND j.ws_id = s.ws_id AND j.kind = s.kind AND j.sent_at IS NULL;

-- name: withdraw_jobs
DELETE FROM jobs j
USING unnest(:ids::text[], :ws_ids::uuid[], :kinds::text[]) AS w (id, ws_id, kind)
WHERE j.id = w.id AND j.ws_id = w.ws_id AND j.kind = w.kind AND j.sent_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.job_id = j.id AND r.ws_id = j.ws_id AND r.kind = j.kind);

-- name: finish_run
-- `seen`: the snapshot that a plan was made of; what has changed before it is planned now.
WITH planned AS (
    DELETE FROM unplanned_changes u
    WHERE u.ws_id = :ws_id::uuid AND :seen::text IS NOT NULL
        AND (u.tx = pg_current_xact_id_if_assigned() OR pg_visible_in_snapshot(u.tx, :seen::text::pg_snapshot))
), run AS (
    UPDATE runs
    SET status = :status, outcome = :outcome, finished_at = clock_timestamp(), retry_after = :retry_after::float8,
        error_type = :error_type, error = :error, total_ms = :total_ms::integer, report = :report::jsonb
    WHERE id = :run_id::uuid AND ws_id = :ws_id::uuid AND status = 'running'
)
UPDATE workspace_sync_leases SET owner = NULL, expires_at = NULL, reading = NULL
WHERE ws_id = :ws_id::uuid AND owner = :run_id::uuid AND fence = :fence::bigint
RETURNING ws_id;

-- name: record_connection
WITH held AS (
    UPDATE workspace_sync_leases
    SET reading = array_remove(reading, :connection_id::uuid), expires_at = clock_timestamp() + :seconds::float8 * interval '1 second'
    WHERE ws_id = :ws_id::uuid AND owner = :run_id::uuid AND fence = :fence::bigint
    RETURNING ws_id, set_config('almanac.run', :run_id::uuid::text, true), set_config('almanac.origin', 'sync', true)
), child AS (
    INSERT INTO run_connections (
        run_id, connection_id, status, outcome, inserted, updated, deleted, unchanged, rejected, repaired, api_calls,
        pages, retries, token_ms, fetch_ms, map_ms, write_ms, total_ms, problems, error_type, error
    )
    SELECT
        :run_id::uuid, :connection_id::uuid, :status, :outcome, :inserted::integer, :updated::integer, :deleted::integer,
        :unchanged::integer, :rejected::integer, :repaired::integer, :api_calls::integer, :pages::integer,
        :retries::integer, :token_ms::integer, :fetch_ms::integer, :map_ms::integer, :write_ms::integer,
        :total_ms::integer, :problems::jsonb, :error_type, :error
    FROM held
    ON CONFLICT (run_id, connection_id) DO NOTHING
), connection AS (
    UPDATE calendar_connections c
    SET status = CASE :status::text
            WHEN 'completed' THEN CASE WHEN :outcome::text = 'continued' THEN c.status ELSE 'synced' END
            WHEN 'failed' THEN CASE WHEN :error_type::text IN ('access_denied', 'calendar_unreachable') THEN 'lost' ELSE 'error' END
            ELSE c.status END,
        last_error_type = CASE WHEN :status::text = 'failed' THEN :error_type::text WHEN :outcome::text <> 'continued' THEN NULL
            ELSE c.last_error_type END,
        last_error = CASE WHEN :status::text = 'failed' THEN :error::text WHEN :outcome::text <> 'continued' THEN NULL
            ELSE c.last_error END,
        failures = CASE WHEN :status::text <> 'failed' THEN 0 WHEN :blamed::boolean THEN c.failures + 1 ELSE c.failures END,
        failed_at = CASE :status::text WHEN 'failed' THEN now() ELSE c.failed_at END,
        retry_at = CASE :status::text WHEN 'failed' THEN :retry_at::timestamptz END,
        attempts = 0, updated_at = now()
    FROM held
    WHERE c.id = :connection_id::uuid AND c.ws_id = :ws_id::uuid AND :status::text <> 'skipped'
        AND (:status::text = 'failed' OR c.status <> 'synced' OR c.attempts > 0)
)
SELECT ws_id FROM held;

-- name: run_of_request
-- The notes with the titles of what they are about, and the members by their names: nobody knows a task by its id.
SELECT r.id, r.ws_id, status, outcome, request_id, started_at, finished_at, retry_after, window_start, window_end, attempts,
    tasks, habits, scheduled, late, partial, unscheduled, at_risk, left_out, inserted, moved, deleted, unchanged,
    search_cut_percent, objective, total_ms,
    (
        SELECT coalesce(jsonb_agg(note || jsonb_build_object('title', coalesce(t.title, h.name, m.title)) ORDER BY place), '[]')
        FROM jsonb_array_elements(warnings) WITH ORDINALITY AS noted (note, place)
        LEFT JOIN tasks t ON t.ws_id = r.ws_id AND t.id::text = note ->> 'id'
        LEFT JOIN workspace_habits h ON h.ws_id = r.ws_id AND h.id::text = note ->> 'id'
        LEFT JOIN meetings m ON m.ws_id = r.ws_id AND m.id::text = note ->> 'id'
    ),
    error_type, error,
    (SELECT coalesce(jsonb_agg(jsonb_build_array(w.user_id, w.name)), '[]') FROM workspace_members w WHERE w.ws_id = r.ws_id)
FROM workspace_scheduling_metadata r
WHERE r.ws_id = :ws_id::uuid AND request_id = :request_id
ORDER BY started_at DESC, r.id
LIMIT 1;
