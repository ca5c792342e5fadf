-- Events. A kind is one statement that sorts every old row of the workspace: why it is left out, or 'fit'; and inserts
-- those that fit and are not there yet, as 'adopted'. Ids are kept.

-- name: sort_events
-- Whose calendar `primary` was is known when the workspace has one account, or when the same event is there under an
-- account's address too. The old system knew no all-day events: days from midnight to midnight, in UTC as its servers
-- wrote Google's, or in the workspace's zone, as people made their own. A native row that equals a Google event in title
-- and times was pushed there by a path that kept no record of it.
INSERT INTO adoption_events
WITH only_account AS (
    SELECT CASE WHEN count(DISTINCT email) = 1 THEN min(email) END AS email FROM adoption_accounts
), twins AS (
    SELECT o.external_event_id, min(a.email) AS email
    FROM legacy.workspace_calendar_events o JOIN adoption_accounts a ON lower(o.external_calendar_id) = a.email
    WHERE o.ws_id = :ws_id::uuid
    GROUP BY 1
), placed AS (
    SELECT e.*, coalesce(w.timezone, 'UTC') AS zone,
        CASE
            WHEN e.provider <> 'google' THEN NULL
            WHEN coalesce(e.external_calendar_id, '') IN ('', 'primary') THEN coalesce(o.email, t.email)
            ELSE coalesce(own.email, e.external_calendar_id)
        END AS calendar_id,
        lower(regexp_replace(btrim(e.title), '\s+', ' ', 'g')) AS said,
        EXISTS (SELECT 1 FROM legacy.task_calendar_events b WHERE b.event_id = e.id AND b.completed IS NOT true)
            OR EXISTS (SELECT 1 FROM legacy.habit_calendar_events b WHERE b.event_id = e.id AND b.completed IS NOT true)
            AS is_open_block,
        (e.start_at AT TIME ZONE coalesce(w.timezone, 'UTC'))::time = '00:00'
            AND (e.end_at AT TIME ZONE coalesce(w.timezone, 'UTC'))::time = '00:00' AS days_in_zone,
        (e.start_at AT TIME ZONE 'UTC')::time = '00:00' AND (e.end_at AT TIME ZONE 'UTC')::time = '00:00' AS days_in_utc
    FROM legacy.workspace_calendar_events e
    JOIN workspaces w ON w.id = e.ws_id
    CROSS JOIN only_account o
    LEFT JOIN twins t ON t.external_event_id = e.external_event_id
    LEFT JOIN (SELECT DISTINCT email FROM adoption_accounts) own ON own.email = lower(e.external_calendar_id)
    WHERE e.ws_id = :ws_id::uuid
), sorted AS (
    SELECT p.*,
        CASE
            WHEN provider = 'microsoft' THEN 'microsoft'
            WHEN start_at < '0001-01-03 00:00+00' OR end_at > '9999-12-29 00:00+00' THEN 'no_such_time'
            WHEN end_at < start_at THEN 'ends_before_start'
            WHEN provider = 'google' AND coalesce(external_event_id, '') = '' THEN 'no_event_id'
            WHEN provider = 'google' AND calendar_id IS NULL THEN 'whose_primary'
            WHEN provider = 'google' AND calendar_id NOT IN (
                SELECT c.calendar_id FROM calendar_connections c WHERE c.ws_id = :ws_id::uuid)
            THEN 'calendar_not_connected'
            WHEN :again::boolean AND is_open_block AND NOT locked AND provider = 'almanac' AND start_at > now()
                AND id NOT IN (SELECT e.id FROM workspace_calendar_events e WHERE e.ws_id = :ws_id::uuid)
            THEN 'planned_here'
        END AS unfit,
        CASE
            WHEN start_at >= end_at THEN NULL
            WHEN provider = 'google' AND days_in_utc THEN 'UTC'
            WHEN days_in_zone THEN zone
            WHEN days_in_utc THEN 'UTC'
        END AS day_zone
    FROM placed p
), ranked AS (
    SELECT *, first_value(id) OVER (
        PARTITION BY unfit, provider, calendar_id,
            CASE WHEN unfit IS NULL AND provider = 'google' THEN external_event_id ELSE id::text END
        ORDER BY task_id IS NULL, external_calendar_id = 'primary', last_synced_at DESC NULLS LAST, id) AS first_id
    FROM sorted
), paired AS (
    SELECT *, min(first_id::text) FILTER (WHERE provider = 'google' AND unfit IS NULL AND NOT is_encrypted)
        OVER (PARTITION BY start_at, end_at, said)::uuid AS google_id
    FROM ranked
), judged AS (
    SELECT *, provider = 'almanac' AND unfit IS NULL AND said <> '' AND NOT is_encrypted AND google_id IS NOT NULL AS is_mirrored
    FROM paired
)
SELECT id,
    CASE WHEN unfit IS NOT NULL THEN NULL WHEN is_mirrored THEN google_id ELSE first_id END,
    NULL, provider, calendar_id, external_event_id,
    CASE WHEN unfit IS NOT NULL THEN NULL WHEN day_zone IS NULL THEN start_at
        ELSE (start_at AT TIME ZONE day_zone)::date::timestamp AT TIME ZONE zone END,
    CASE WHEN unfit IS NOT NULL THEN NULL WHEN day_zone IS NULL THEN end_at
        ELSE (end_at AT TIME ZONE day_zone)::date::timestamp AT TIME ZONE zone END,
    (start_at AT TIME ZONE day_zone)::date, (end_at AT TIME ZONE day_zone)::date, task_id,
    CASE WHEN unfit IS NOT NULL THEN unfit WHEN is_mirrored THEN 'mirrored' WHEN first_id <> id THEN 'duplicate' END
FROM judged;

-- name: learn_events
-- No autovacuum looks at a temporary table; without statistics the next joins would be nested loops.
ANALYZE adoption_events;

-- name: events
-- Encrypted text cannot be read here: Google's comes back with the first sync, of other rows only the times are adopted.
WITH put AS (
    INSERT INTO workspace_calendar_events (id, ws_id, provider, external_calendar_id, external_event_id, title, description,
        location, start_at, end_at, all_day, start_date, end_date, color, locked, sync_status, last_synced_at,
        external_updated_at, created_at)
    SELECT s.legacy_id, :ws_id::uuid, s.provider, s.calendar_id, s.external_id,
        CASE WHEN e.is_encrypted THEN '' ELSE left(e.title, 255) END,
        CASE WHEN e.is_encrypted THEN '' ELSE left(e.description, 10000) END,
        CASE WHEN e.is_encrypted THEN '' ELSE left(coalesce(e.location, ''), 1000) END,
        s.start_at, s.end_at, s.start_date IS NOT NULL, s.start_date, s.end_date,
        CASE WHEN upper(e.color) IN ('RED', 'GREEN', 'YELLOW', 'ORANGE', 'PURPLE', 'PINK', 'INDIGO', 'CYAN', 'GRAY')
            THEN upper(e.color) ELSE 'BLUE' END,
        e.locked AND s.provider = 'almanac', -- the old sync locked whatever it read: nobody's choice
        CASE s.provider WHEN 'google' THEN 'synced' ELSE 'local_only' END,
        e.last_synced_at, e.external_updated_at, coalesce(e.created_at, now())
    FROM adoption_events s JOIN legacy.workspace_calendar_events e ON e.id = s.legacy_id
    WHERE s.left_out IS NULL
    ON CONFLICT DO NOTHING
    RETURNING id
)
SELECT coalesce(left_out, 'fit'), count(*) FROM adoption_events GROUP BY 1
UNION ALL SELECT 'adopted', count(*) FROM put;

-- name: find_events
-- Ours for each old one: of the same id, or of the same identity at Google when a sync was faster.
WITH ours AS (
    SELECT k.legacy_id, e.id
    FROM adoption_events k JOIN workspace_calendar_events e ON e.id = k.legacy_id AND e.ws_id = :ws_id::uuid
    WHERE k.provider = 'almanac'
    UNION ALL
    SELECT k.legacy_id, e.id
    FROM adoption_events k JOIN workspace_calendar_events e ON e.ws_id = :ws_id::uuid AND e.provider = 'google'
        AND e.external_calendar_id = k.calendar_id AND e.external_event_id = k.external_id
    WHERE k.provider = 'google'
)
UPDATE adoption_events s SET event_id = ours.id FROM ours WHERE ours.legacy_id = s.kept_id;
