-- Statements of who looks through a workspace's history.

-- name: browse
SELECT version, kind, subject, at, origin, run_id, was, note
FROM workspace_history
WHERE ws_id = :ws_id::uuid AND (:before::bigint IS NULL OR version < :before::bigint)
    AND (:kind::text IS NULL OR kind = :kind::text OR (right(:kind::text, 1) = '.' AND starts_with(kind, :kind::text)))
    AND (:subject::uuid IS NULL OR subject = :subject::uuid)
    AND (:origin::text IS NULL OR origin = :origin::text)
    AND (:since::timestamptz IS NULL OR at >= :since::timestamptz)
    AND (:until::timestamptz IS NULL OR at < :until::timestamptz)
ORDER BY version DESC
LIMIT :limit::integer;

-- name: of_subjects
SELECT version, kind, subject, at, origin, run_id, was, note
FROM workspace_history
WHERE ws_id = :ws_id::uuid AND version > :after::bigint AND subject = ANY (:subjects::uuid[]) AND was IS NOT NULL
ORDER BY version;

-- name: states
SELECT id, almanac_event_state(e) FROM workspace_calendar_events e
WHERE ws_id = :ws_id::uuid AND id = ANY (:subjects::uuid[]);
