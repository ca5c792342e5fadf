-- Statements about jobs and the attempts at them, of every kind. Whoever may see only some workspaces gives their ids.

-- name: jobs
SELECT id, ws_id, kind, body, source::text, requested_by, created_at, sent_at, cancelled_at
FROM jobs WHERE id = :job_id AND (:ws_ids::uuid[] IS NULL OR ws_id = ANY (:ws_ids::uuid[]))
ORDER BY ws_id, kind LIMIT 1000;

-- name: runs_of_job
SELECT id, ws_id, kind, job_id, source::text, user_id, message_id, scope, status, outcome, sent_at, started_at, finished_at,
    retry_after, error_type, error, total_ms, report
FROM runs WHERE job_id = :job_id AND (:ws_ids::uuid[] IS NULL OR ws_id = ANY (:ws_ids::uuid[]))
ORDER BY started_at, id LIMIT 5000;

-- name: run
SELECT id, ws_id, kind, job_id, source::text, user_id, message_id, scope, status, outcome, sent_at, started_at, finished_at,
    retry_after, error_type, error, total_ms, report
FROM runs WHERE id = :run_id::uuid AND (:ws_ids::uuid[] IS NULL OR ws_id = ANY (:ws_ids::uuid[]));

-- name: runs
-- One look at an index a kind; failures have one of their own, and so has a workspace.
SELECT r.*
FROM unnest(:kinds::text[]) AS k (kind)
CROSS JOIN LATERAL (
    SELECT id, ws_id, kind, job_id, source::text, user_id, message_id, scope, status, outcome, sent_at, started_at,
        finished_at, retry_after, error_type, error, total_ms, report
    FROM runs
    WHERE kind = k.kind
        AND (:ws_ids::uuid[] IS NULL OR ws_id = ANY (:ws_ids::uuid[]))
        AND (:statuses::text[] IS NULL OR status = ANY (:statuses::text[]))
        AND (NOT :failed::boolean OR status IN ('failed', 'partial'))
        AND (:outcome::text IS NULL OR outcome = :outcome::text)
        AND (:error_type::text IS NULL OR error_type = :error_type::text)
        AND (:source::text IS NULL OR source = :source::text)
        AND (:since::timestamptz IS NULL OR started_at >= :since::timestamptz)
        AND (:until::timestamptz IS NULL OR started_at < :until::timestamptz)
        AND (:after_at::timestamptz IS NULL OR (started_at <= :after_at::timestamptz
            AND (started_at, id) < (:after_at::timestamptz, :after_id::uuid)))
    ORDER BY started_at DESC, id DESC
    LIMIT :limit::integer
) r
ORDER BY r.started_at DESC, r.id DESC
LIMIT :limit::integer;

-- name: cancel
UPDATE jobs j SET cancelled_at = now()
WHERE j.id = :job_id AND j.ws_id = :ws_id::uuid AND j.kind = :kind AND j.cancelled_at IS NULL
    AND NOT EXISTS (
        SELECT 1 FROM runs r
        WHERE r.job_id = j.id AND r.ws_id = j.ws_id AND r.kind = j.kind AND r.outcome IS DISTINCT FROM 'already_running'
    )
RETURNING j.id;
