-- Statements about exports: what callers asked for, what rules found due, and the runs that make them.

-- name: begin
-- No row: no such workspace. The queue gives out one message of a workspace at a time, so that an earlier run is dead.
WITH dead AS (
    UPDATE runs
    SET status = 'failed', outcome = 'failed', finished_at = clock_timestamp(), error_type = 'stale',
        error = 'the run ended without a word'
    WHERE ws_id = :ws_id::uuid AND kind = 'export' AND status = 'running'
), added AS (
    INSERT INTO exports (id, ws_id, kind, user_id, since, until, sends, sent_at)
    SELECT :id::uuid, w.id, :kind, :user_id, :since::timestamptz, :until::timestamptz, 1, coalesce(:sent_at::timestamptz, now())
    FROM workspaces w WHERE w.id = :ws_id::uuid
    ON CONFLICT (id) DO NOTHING
    RETURNING id, user_id, day, since, until, status, kind, ws_id
)
SELECT x.user_id, x.day, x.since, x.until, x.status, x.kind,
    EXISTS (SELECT 1 FROM jobs j
            WHERE j.id = :job_id AND j.ws_id = x.ws_id AND j.kind = 'export' AND j.cancelled_at IS NOT NULL),
    x.day IS NOT NULL AND EXISTS (SELECT 1 FROM workspace_pauses p WHERE p.ws_id = x.ws_id)
FROM (
    SELECT user_id, day, since, until, status, kind, ws_id FROM added
    UNION ALL
    SELECT user_id, day, since, until, status, kind, ws_id FROM exports WHERE id = :id::uuid AND ws_id = :ws_id::uuid
) x;

-- name: readers
-- Whom a rule's export is mailed to, and how far that has come: a digest to its person, a report to those who want it.
SELECT m.user_id, coalesce(nullif(m.settings ->> 'email', ''), (
    SELECT a.account_email FROM calendar_auth_tokens a
    WHERE a.ws_id = m.ws_id AND a.user_id = m.user_id AND a.status <> 'disconnected'
    ORDER BY a.created_at, a.id LIMIT 1
)), CASE WHEN x.user_id IS NOT NULL THEN x.mail ELSE k.mail END
FROM exports x
JOIN workspace_members m ON m.ws_id = x.ws_id
    AND CASE WHEN x.user_id IS NOT NULL THEN m.user_id = x.user_id ELSE m.settings -> 'weekly_report' = 'true' END
LEFT JOIN export_mails k ON k.export_id = x.id AND k.user_id = m.user_id
WHERE x.id = :id::uuid AND x.ws_id = :ws_id::uuid
ORDER BY m.user_id;

-- name: note_mail
UPDATE exports SET mail = :mail WHERE id = :id::uuid AND ws_id = :ws_id::uuid;

-- name: note_report_mail
INSERT INTO export_mails (export_id, user_id, mail)
SELECT id, :user_id, :mail FROM exports WHERE id = :id::uuid AND ws_id = :ws_id::uuid
ON CONFLICT (export_id, user_id) DO UPDATE SET mail = excluded.mail, at = now();

-- name: forget_report_mail
DELETE FROM export_mails k USING exports x
WHERE x.id = :id::uuid AND x.ws_id = :ws_id::uuid AND k.export_id = x.id AND k.user_id = :user_id;

-- name: complete
UPDATE exports
SET status = 'completed', object_key = :key, items = :items::integer, bytes = :bytes::bigint, error_type = NULL,
    ended_at = clock_timestamp(), expires_at = clock_timestamp() + interval '7 days'
WHERE id = :id::uuid AND ws_id = :ws_id::uuid AND status <> 'completed'
RETURNING id;

-- name: announce
SELECT almanac_add_to_history(:ws_id::uuid, :kind, :id::uuid, :run_id::uuid, 'operator', :note::jsonb);

-- name: fail
UPDATE exports
SET status = CASE WHEN :again::boolean THEN 'queued' ELSE 'failed' END, error_type = :error_type,
    ended_at = CASE WHEN NOT :again::boolean THEN clock_timestamp() END
WHERE id = :id::uuid AND ws_id = :ws_id::uuid AND status <> 'completed';

-- name: end_run
UPDATE runs
SET status = :status, outcome = :outcome, finished_at = clock_timestamp(), retry_after = :retry_after::float8,
    error_type = :error_type, error = :error, total_ms = :total_ms::integer, report = :report::jsonb
WHERE id = :run_id::uuid AND ws_id = :ws_id::uuid AND status = 'running';

-- name: mornings
SELECT DISTINCT coalesce(m.timezone, w.timezone, 'UTC'),
    coalesce(almanac_digest_at(m.settings), :usual)
FROM workspace_members m JOIN workspaces w ON w.id = m.ws_id
WHERE m.settings -> 'digest' = 'true';

-- name: open_digests
-- Of the whole fleet: a rule asks it. A paused workspace is let alone; resumed in time, today's digest still comes.
WITH opened AS (
    INSERT INTO exports (id, ws_id, kind, user_id, day)
    SELECT gen_random_uuid(), m.ws_id, 'digest', m.user_id, z.day
    FROM workspace_members m
    JOIN workspaces w ON w.id = m.ws_id
    JOIN unnest(:zones::text[], :times::text[], :days::date[]) AS z (zone, at, day)
        ON z.zone = coalesce(m.timezone, w.timezone, 'UTC')
        AND z.at = coalesce(almanac_digest_at(m.settings), :usual)
    WHERE m.settings -> 'digest' = 'true' AND NOT EXISTS (
        SELECT 1 FROM exports x
        WHERE x.ws_id = m.ws_id AND x.user_id = m.user_id AND x.day = z.day AND x.kind = 'digest'
    ) AND NOT EXISTS (SELECT 1 FROM workspace_pauses p WHERE p.ws_id = m.ws_id)
    ORDER BY m.ws_id, m.user_id
    LIMIT :limit::integer
    ON CONFLICT (ws_id, user_id, day) WHERE kind = 'digest' AND day IS NOT NULL DO NOTHING
    RETURNING 1
)
SELECT count(*) FROM opened;

-- name: report_zones
SELECT DISTINCT coalesce(timezone, 'UTC') FROM workspaces WHERE settings -> 'weekly_report' = 'true';

-- name: open_reports
-- Likewise.
WITH opened AS (
    INSERT INTO exports (id, ws_id, kind, day)
    SELECT gen_random_uuid(), w.id, 'report', z.day
    FROM workspaces w
    JOIN unnest(:zones::text[], :days::date[]) AS z (zone, day) ON z.zone = coalesce(w.timezone, 'UTC')
    WHERE w.settings -> 'weekly_report' = 'true'
        AND NOT EXISTS (SELECT 1 FROM exports x WHERE x.ws_id = w.id AND x.day = z.day AND x.kind = 'report')
        AND NOT EXISTS (SELECT 1 FROM workspace_pauses p WHERE p.ws_id = w.id)
    ORDER BY w.id
    LIMIT :limit::integer
    ON CONFLICT (ws_id, day) WHERE kind = 'report' AND day IS NOT NULL DO NOTHING
    RETURNING 1
)
SELECT count(*) FROM opened;

-- name: unsent
-- What somebody asked for themselves is made in a paused workspace too; what a rule found due has a day, and waits.
SELECT id, ws_id, kind, user_id, day, since, until, sends
FROM exports x
WHERE status = 'queued' AND created_at >= now() - :young::float8 * interval '1 second'
    AND (sent_at IS NULL OR sent_at < now() - :again_after::float8 * interval '1 second')
    AND (day IS NULL OR NOT EXISTS (SELECT 1 FROM workspace_pauses p WHERE p.ws_id = x.ws_id))
ORDER BY created_at, id
LIMIT :limit::integer;

-- name: mark_sent
UPDATE exports SET sends = sends + 1, sent_at = clock_timestamp() WHERE id = ANY (:ids::uuid[]);

-- name: give_up
-- Counted is what nobody meant to hold up.
WITH given_up AS (
    UPDATE exports SET status = 'failed', error_type = coalesce(error_type, 'given_up'), ended_at = clock_timestamp()
    WHERE status = 'queued' AND created_at < now() - :after::float8 * interval '1 second'
    RETURNING ws_id, day
)
SELECT count(*) FROM given_up x
WHERE day IS NULL OR NOT EXISTS (SELECT 1 FROM workspace_pauses p WHERE p.ws_id = x.ws_id);

-- name: add
INSERT INTO exports (id, ws_id, kind, user_id, since, until, sends, sent_at)
VALUES (:id::uuid, :ws_id::uuid, :kind, :user_id, :since::timestamptz, :until::timestamptz, 1, clock_timestamp())
ON CONFLICT (id) DO NOTHING;

-- name: withdraw
DELETE FROM exports WHERE id = :id::uuid AND ws_id = :ws_id::uuid AND status = 'queued';

-- name: all
SELECT id, ws_id, kind, user_id, day, since, until, status, object_key, items, bytes, error_type, created_at, ended_at, expires_at
FROM exports
WHERE ws_id = :ws_id::uuid AND expires_at > now()
    AND (:after_at::timestamptz IS NULL OR (created_at, id) < (:after_at::timestamptz, :after_id::uuid))
ORDER BY created_at DESC, id DESC
LIMIT :limit::integer;

-- name: one
SELECT id, ws_id, kind, user_id, day, since, until, status, object_key, items, bytes, error_type, created_at, ended_at, expires_at
FROM exports WHERE ws_id = :ws_id::uuid AND id = :id::uuid AND expires_at > now();
