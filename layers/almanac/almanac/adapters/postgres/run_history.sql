-- Statements about what ran: lists, single runs, the runs of a request or of a message. All of them only read. The runs of
-- one kind are read through its view, which has a column a figure; what holds for all kinds is read from `runs`.

-- name: sync_runs
SELECT r.id, r.ws_id, r.source, r.requested_mode, r.calendar_id, r.user_id, r.request_id, r.message_id, r.status, r.outcome,
    r.sent_at, r.started_at, r.finished_at, r.retry_after, r.connections, r.error_type, r.error, r.inserted, r.updated,
    r.deleted, r.unchanged, r.rejected, r.repaired, r.api_calls, r.pages, r.retries, r.token_ms, r.fetch_ms, r.map_ms,
    r.write_ms, r.total_ms
FROM workspace_calendar_sync_log r
WHERE (:ws_id::uuid IS NULL OR r.ws_id = :ws_id::uuid)
    AND (:run_id::uuid IS NULL OR r.id = :run_id::uuid)
    AND (:request_id::text IS NULL OR r.request_id = :request_id::text)
    AND (NOT :failed::boolean OR r.status IN ('failed', 'partial'))
ORDER BY r.started_at DESC, r.id
LIMIT :limit::integer;

-- name: plan_runs
SELECT r.id, r.ws_id, r.source, r.window_days, r.force_reschedule, r.apply, r.user_id, r.request_id, r.message_id, r.status,
    r.outcome, r.sent_at, r.started_at, r.finished_at, r.retry_after, r.error_type, r.error, r.attempts, r.tasks, r.habits,
    r.scheduled, r.late, r.partial, r.unscheduled, r.at_risk, r.left_out, r.inserted, r.moved, r.deleted, r.unchanged,
    r.search_cut_percent, r.objective, r.load_ms, r.plan_ms, r.total_ms
FROM workspace_scheduling_metadata r
WHERE (:ws_id::uuid IS NULL OR r.ws_id = :ws_id::uuid)
    AND (:run_id::uuid IS NULL OR r.id = :run_id::uuid)
    AND (NOT :failed::boolean OR r.status IN ('failed', 'partial'))
ORDER BY r.started_at DESC, r.id
LIMIT :limit::integer;

-- name: run_connections
SELECT k.connection_id, c.calendar_id, c.calendar_name, k.status, k.outcome, k.error_type, k.error, k.problems, k.inserted,
    k.updated, k.deleted, k.unchanged, k.rejected, k.repaired, k.api_calls, k.pages, k.retries, k.token_ms, k.fetch_ms,
    k.map_ms, k.write_ms, k.total_ms
FROM run_connections k
LEFT JOIN calendar_connections c ON c.id = k.connection_id
WHERE k.run_id = :run_id::uuid
ORDER BY k.status, c.calendar_name, k.connection_id;

-- name: plan_notes
SELECT coalesce(report -> 'warnings', '[]') FROM runs WHERE id = :run_id::uuid;

-- name: remarks
-- Names in a run's message that mean nothing, and megabytes that it has held and that it might have.
SELECT coalesce(j.body -> 'ignored', '[]'), (r.report ->> 'peak_mb')::integer, r.memory_mb
FROM runs r LEFT JOIN jobs j ON j.id = r.job_id AND j.ws_id = r.ws_id AND j.kind = r.kind
WHERE r.id = :run_id::uuid;

-- name: progress
-- Of a running run: calendars that are done, and events listed in them and in those that are not done yet. And of how many
-- calendars: its lease holds those that it has still to read, and nothing before it knows them.
SELECT count(*), coalesce(sum(k.inserted + k.updated + k.unchanged + k.rejected), 0)
    + coalesce((
        SELECT sum((s.checkpoint ->> 'listed')::integer)
        FROM calendar_sync_states s JOIN calendar_connections c ON c.id = s.connection_id
        WHERE c.ws_id = :ws_id::uuid
    ), 0),
    count(*) + (
        SELECT cardinality(l.reading) FROM workspace_sync_leases l
        WHERE l.ws_id = :ws_id::uuid AND l.owner = :run_id::uuid
    )
FROM run_connections k
WHERE k.run_id = :run_id::uuid;

-- name: failed_runs_of_messages
-- The latest run of each message that failed, or that began and has not said how it ended. Of a sync with several failed
-- calendars the bug counts: it is what keeps a message from being done.
SELECT DISTINCT ON (r.message_id) r.message_id, r.id, r.status, coalesce(k.error_type, r.error_type), coalesce(k.error, r.error)
FROM (
    SELECT message_id, id, status, error_type, error, started_at FROM runs
    WHERE message_id = ANY (:message_ids::text[]) AND status IN ('failed', 'partial')
    UNION ALL
    SELECT message_id, id, status, error_type, error, started_at FROM runs
    WHERE ws_id = ANY (:ws_ids::uuid[]) AND status = 'running' AND message_id = ANY (:message_ids::text[])
) r
LEFT JOIN LATERAL (
    SELECT c.error_type, c.error FROM run_connections c
    WHERE c.run_id = r.id AND c.error_type IN ('internal', 'storage_failed')
    LIMIT 1
) k ON true
ORDER BY r.message_id, r.started_at DESC;

-- name: known_workspaces
SELECT id FROM workspaces WHERE id = ANY (:ws_ids::uuid[]);
