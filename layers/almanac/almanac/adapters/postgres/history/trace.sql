-- Statements that follow a change from what asked for it to who was told. Whoever may see only some workspaces gives
-- their ids: rows of others neither come nor count, and to look for them takes as long as for none.

-- name: runs_of_job
SELECT ws_id, id FROM runs
WHERE job_id = :name AND (:ws_ids::uuid[] IS NULL OR ws_id = ANY (:ws_ids::uuid[]))
ORDER BY started_at LIMIT 20;

-- name: is_run
SELECT ws_id, id FROM runs WHERE id = :id::uuid AND (:ws_ids::uuid[] IS NULL OR ws_id = ANY (:ws_ids::uuid[]));

-- name: runs_of_delivery
SELECT DISTINCT d.ws_id, h.run_id
FROM webhook_deliveries d
JOIN workspace_history h ON h.ws_id = d.ws_id AND h.version BETWEEN d.from_version AND d.to_version
WHERE d.id = :id::uuid AND h.run_id IS NOT NULL AND (:ws_ids::uuid[] IS NULL OR d.ws_id = ANY (:ws_ids::uuid[]))
LIMIT 20;

-- name: versions_of_delivery
SELECT ws_id, to_version FROM webhook_deliveries
WHERE id = :id::uuid AND (:ws_ids::uuid[] IS NULL OR ws_id = ANY (:ws_ids::uuid[]));

-- name: last_of_event
SELECT e.ws_id, max(h.version)
FROM workspace_calendar_events e JOIN workspace_history h ON h.ws_id = e.ws_id AND h.subject = e.id
WHERE e.id = :id::uuid AND (:ws_ids::uuid[] IS NULL OR e.ws_id = ANY (:ws_ids::uuid[]))
GROUP BY e.ws_id;

-- name: run_of_version
SELECT run_id FROM workspace_history WHERE ws_id = :ws_id::uuid AND version = :version::bigint;

-- name: run
SELECT r.id, r.kind, r.status, r.outcome, r.error_type, r.started_at, r.finished_at, r.sent_at, j.id,
    coalesce(j.source, r.source)::text, coalesce(j.requested_by, r.user_id), j.created_at
FROM runs r LEFT JOIN jobs j ON j.id = r.job_id AND j.ws_id = r.ws_id AND j.kind = r.kind
WHERE r.id = :id::uuid AND r.ws_id = :ws_id::uuid;

-- name: changes_of_run
SELECT kind, count(*), min(version), max(version), max(at) FROM workspace_history
WHERE ws_id = :ws_id::uuid AND run_id = :id::uuid GROUP BY kind ORDER BY kind;

-- name: change
SELECT kind, 1, version, version, at FROM workspace_history WHERE ws_id = :ws_id::uuid AND version = :version::bigint;

-- name: published
SELECT published FROM workspace_history_heads WHERE ws_id = :ws_id::uuid;

-- name: deliveries
SELECT d.id, d.endpoint_id, d.from_version, d.to_version, d.status, d.attempts, a.status_code, a.at
FROM webhook_deliveries d
LEFT JOIN LATERAL (
    SELECT t.status_code, t.at FROM webhook_attempts t WHERE t.delivery_id = d.id ORDER BY t.n DESC LIMIT 1
) a ON true
WHERE d.ws_id = :ws_id::uuid AND d.from_version <= :last::bigint AND d.to_version >= :first::bigint
ORDER BY d.created_at, d.id
LIMIT 100;

-- name: planned_by
SELECT id FROM runs
WHERE ws_id = :ws_id::uuid AND kind = 'schedule' AND started_at >= :since::timestamptz AND id <> :id::uuid
ORDER BY started_at LIMIT 1;
