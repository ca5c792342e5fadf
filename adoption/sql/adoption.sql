-- Statements of `almanac adopt`: rows of the system that Almanac replaces, read from the views of docs/adopt in schema
-- `legacy`, into Almanac's own tables. Ids are kept. Each kind is one statement that sorts every row of the workspace:
-- why it is left out, or 'fit'; and inserts those that fit and are not there yet, as 'adopted'.

-- name: readable
SELECT to_regclass('legacy.workspaces') IS NOT NULL;

-- name: workspaces
SELECT id, name, timezone, creator_id FROM legacy.workspaces WHERE :ws_id::uuid IS NULL OR id = :ws_id::uuid ORDER BY id;

-- name: put_workspace
INSERT INTO workspaces (id, name, timezone, creator_id) VALUES (:ws_id::uuid, :name, :zone, :creator_id)
ON CONFLICT (id) DO NOTHING
RETURNING id;

-- name: refresh_workspace
UPDATE workspaces SET name = :name, timezone = :zone, creator_id = :creator_id, updated_at = now() WHERE id = :ws_id::uuid;

-- name: forget_events
DELETE FROM workspace_calendar_events WHERE ws_id = :ws_id::uuid AND provider = 'almanac';

-- name: forget_tasks
DELETE FROM tasks WHERE ws_id = :ws_id::uuid;

-- name: forget_habits
DELETE FROM workspace_habits WHERE ws_id = :ws_id::uuid;

-- name: forget_hours
DELETE FROM workspace_calendar_hour_settings WHERE ws_id = :ws_id::uuid;

-- name: prepare
-- Which account and which event of ours an old one has become; gone with the transaction.
CREATE TEMPORARY TABLE adoption_accounts (legacy_id uuid PRIMARY KEY, account_id uuid NOT NULL, email text NOT NULL)
ON COMMIT DROP;
CREATE TEMPORARY TABLE adoption_events (
    legacy_id   uuid PRIMARY KEY,
    kept_id     uuid, -- the old row that stands for this one: itself, or that of which it is a copy
    event_id    uuid, -- ours
    provider    text,
    calendar_id text,
    external_id text,
    start_at    timestamptz,
    end_at      timestamptz,
    start_date  date, -- all-day events only
    end_date    date,
    task_id     uuid,
    left_out    text
) ON COMMIT DROP;

-- name: accounts
SELECT id, user_id, provider, account_email, refresh_token, is_active
FROM legacy.calendar_auth_tokens
WHERE ws_id = :ws_id::uuid
ORDER BY is_active DESC, created_at DESC, id;

-- name: put_account
INSERT INTO calendar_auth_tokens (id, ws_id, user_id, provider, account_email, refresh_token, status)
VALUES (:id::uuid, :ws_id::uuid, :user_id, :provider, :email, :refresh_token, :status)
ON CONFLICT DO NOTHING
RETURNING id;

-- name: stored_account
SELECT id, refresh_token, status FROM calendar_auth_tokens
WHERE ws_id = :ws_id::uuid AND user_id = :user_id AND provider = :provider AND account_email = :email;

-- name: revive_account
UPDATE calendar_auth_tokens
SET refresh_token = :refresh_token, access_token = NULL, expires_at = NULL, version = version + 1, status = 'active',
    last_error = NULL, updated_at = now()
WHERE id = :id::uuid AND status = 'reconnect_required';

-- name: note_accounts
INSERT INTO adoption_accounts SELECT * FROM unnest(:legacy_ids::uuid[], :account_ids::uuid[], :emails::text[]);

-- name: connections
-- The alias `primary` becomes the account's address, which is the id of its primary calendar.
WITH named AS (
    SELECT c.*, a.account_id, a.email,
        CASE WHEN c.calendar_id = 'primary' OR lower(c.calendar_id) = a.email THEN a.email ELSE c.calendar_id END AS canonical
    FROM legacy.calendar_connections c
    LEFT JOIN adoption_accounts a ON a.legacy_id = c.auth_token_id
    WHERE c.ws_id = :ws_id::uuid
), sorted AS (
    SELECT *, CASE
        WHEN provider <> 'google' THEN 'microsoft'
        WHEN account_id IS NULL THEN 'no_account'
        WHEN coalesce(canonical, '') = '' THEN 'no_calendar_id'
        WHEN row_number() OVER (
            PARTITION BY account_id, canonical ORDER BY NOT is_enabled, calendar_id = 'primary', created_at, id) > 1
        THEN 'duplicate' END AS left_out
    FROM named
), put AS (
    INSERT INTO calendar_connections (id, ws_id, auth_token_id, provider, calendar_id, calendar_name, color, access_role,
        is_primary, is_enabled, sync_inbound_enabled, sync_outbound_enabled, sync_delete_enabled)
    SELECT id, :ws_id::uuid, account_id, provider, canonical, coalesce(calendar_name, ''), color, coalesce(access_role, 'writer'),
        canonical = email, is_enabled, sync_inbound_enabled, sync_outbound_enabled, sync_delete_enabled
    FROM sorted WHERE left_out IS NULL
    ON CONFLICT DO NOTHING
    RETURNING id
)
SELECT coalesce(left_out, 'fit'), count(*) FROM sorted GROUP BY 1
UNION ALL SELECT 'adopted', count(*) FROM put;

-- name: tasks
-- Only what somebody gave scheduling settings or a block: the rest are to-dos that no plan has ever looked at. Of
-- several people's settings those that plan it count, its creator's before others'.
WITH settings AS (
    SELECT DISTINCT ON (s.task_id) s.*
    FROM legacy.task_user_scheduling_settings s JOIN legacy.tasks t ON t.id = s.task_id
    WHERE t.ws_id = :ws_id::uuid
    ORDER BY s.task_id, NOT coalesce(s.auto_schedule, false), s.user_id IS DISTINCT FROM t.creator_id,
        s.updated_at DESC NULLS LAST, s.user_id
), sorted AS (
    SELECT t.*, s.is_splittable, s.calendar_hours, s.auto_schedule,
        CASE WHEN s.total_duration > 0 THEN least(44640, greatest(1, round(s.total_duration * 60)))::integer END AS minutes,
        CASE WHEN s.min_split_duration_minutes >= 1 THEN least(44640, s.min_split_duration_minutes)::integer END AS smallest,
        CASE WHEN s.max_split_duration_minutes >= 1 THEN least(44640, s.max_split_duration_minutes)::integer END AS largest,
        CASE
            WHEN t.deleted_at IS NOT NULL THEN 'deleted'
            WHEN s.task_id IS NULL AND NOT EXISTS (SELECT 1 FROM legacy.task_calendar_events b WHERE b.task_id = t.id)
            THEN 'never_scheduled'
        END AS left_out
    FROM legacy.tasks t LEFT JOIN settings s ON s.task_id = t.id
    WHERE t.ws_id = :ws_id::uuid
), put AS (
    INSERT INTO tasks (id, ws_id, creator_id, title, priority, total_minutes, is_splittable, min_split_duration_minutes,
        max_split_duration_minutes, start_date, end_date, calendar_hours, auto_schedule, completed_at, created_at)
    SELECT id, :ws_id::uuid, creator_id, coalesce(nullif(left(name, 255), ''), 'Untitled'),
        CASE WHEN priority IN ('critical', 'high', 'normal', 'low') THEN priority ELSE 'normal' END,
        minutes, coalesce(is_splittable, false),
        CASE WHEN smallest <= coalesce(largest, smallest) THEN smallest END,
        CASE WHEN largest >= coalesce(smallest, largest) THEN largest END,
        CASE WHEN start_date < coalesce(end_date, 'infinity') THEN start_date END,
        end_date,
        coalesce(nullif(replace(calendar_hours, '_hours', ''), ''), 'personal'),
        coalesce(auto_schedule, false), completed_at, coalesce(created_at, now())
    FROM sorted WHERE left_out IS NULL
    ON CONFLICT DO NOTHING
    RETURNING id
)
SELECT coalesce(left_out, 'fit'), count(*) FROM sorted GROUP BY 1
UNION ALL SELECT 'adopted', count(*) FROM put;

-- name: habits
-- A splittable habit's minutes were those of a day, here they are those of one block. A length that may not shrink below
-- half was the old planner's rule for habits that give no minimum; every Nth day was called custom.
WITH counted AS (
    SELECT *, CASE WHEN is_splittable THEN least(12, greatest(1, coalesce(ideal_instances_per_day, 1))) ELSE 1 END AS a_day
    FROM legacy.workspace_habits WHERE ws_id = :ws_id::uuid
), measured AS (
    SELECT *, least(1440, greatest(1, round(coalesce(duration_minutes, 30)::numeric / a_day)))::integer AS minutes,
        ARRAY(SELECT DISTINCT d % 7 FROM unnest(days_of_week) AS d WHERE d BETWEEN 0 AND 7 ORDER BY 1) AS days
    FROM counted
), sorted AS (
    SELECT *, CASE
        WHEN deleted_at IS NOT NULL THEN 'deleted'
        WHEN end_date < start_date THEN 'ends_before_start' END AS left_out
    FROM measured
), put AS (
    INSERT INTO workspace_habits (id, ws_id, creator_id, name, color, priority, calendar_hours, duration_minutes,
        min_duration_minutes, max_duration_minutes, ideal_time, time_preference, frequency, recurrence_interval,
        days_of_week, monthly_type, day_of_month, week_of_month, day_of_week_monthly, start_date, end_date,
        instances_per_day, dependency_habit_id, dependency_type, is_active, auto_schedule, created_at)
    SELECT id, :ws_id::uuid, creator_id, coalesce(nullif(left(name, 255), ''), 'Untitled'),
        CASE WHEN upper(color) IN ('RED', 'GREEN', 'YELLOW', 'ORANGE', 'PURPLE', 'PINK', 'INDIGO', 'CYAN', 'GRAY')
            THEN upper(color) ELSE 'BLUE' END,
        CASE WHEN priority IN ('critical', 'high', 'normal', 'low') THEN priority ELSE 'normal' END,
        coalesce(nullif(replace(calendar_hours, '_hours', ''), ''), 'personal'),
        minutes,
        CASE WHEN min_duration_minutes > 0 THEN least(minutes, min_duration_minutes)
            ELSE least(minutes, greatest(15, minutes / 2)) END,
        CASE WHEN max_duration_minutes > 0 THEN least(1440, greatest(minutes, max_duration_minutes)) END,
        ideal_time,
        CASE WHEN time_preference IN ('morning', 'afternoon', 'evening', 'night') THEN time_preference END,
        CASE WHEN frequency IN ('weekly', 'monthly', 'yearly') THEN frequency ELSE 'daily' END,
        least(1000, greatest(1, coalesce(recurrence_interval, 1))),
        nullif(days, '{}'),
        CASE WHEN monthly_type = 'day_of_week' AND (week_of_month IS NULL OR day_of_week_monthly IS NULL)
            THEN 'day_of_month' ELSE monthly_type END,
        CASE WHEN day_of_month BETWEEN 1 AND 31 THEN day_of_month END,
        CASE WHEN week_of_month BETWEEN 1 AND 5 THEN week_of_month END,
        CASE WHEN day_of_week_monthly BETWEEN 0 AND 6 THEN day_of_week_monthly END,
        coalesce(start_date, created_at::date, current_date), end_date, a_day,
        CASE WHEN chained THEN dependency_habit_id END, CASE WHEN chained THEN dependency_type END,
        coalesce(is_active, true), coalesce(auto_schedule, true) AND coalesce(is_visible_in_calendar, true),
        coalesce(created_at, now())
    FROM (SELECT s.*, coalesce(dependency_type IN ('after', 'before') AND dependency_habit_id <> id AND dependency_habit_id IN
            (SELECT o.id FROM sorted o WHERE o.left_out IS NULL), false) AS chained FROM sorted s) AS fitting
    WHERE left_out IS NULL
    ON CONFLICT DO NOTHING
    RETURNING id
)
SELECT coalesce(left_out, 'fit'), count(*) FROM sorted GROUP BY 1
UNION ALL SELECT 'adopted', count(*) FROM put;

-- name: skips
WITH sorted AS (
    SELECT s.*, CASE WHEN h.id IS NULL THEN 'no_habit' END AS left_out
    FROM legacy.habit_skipped_occurrences s
    LEFT JOIN workspace_habits h ON h.id = s.habit_id AND h.ws_id = s.ws_id
    WHERE s.ws_id = :ws_id::uuid
), put AS (
    INSERT INTO habit_skipped_occurrences (ws_id, habit_id, occurrence_date, created_by, created_at, revoked_at)
    SELECT ws_id, habit_id, occurrence_date, created_by, coalesce(created_at, now()), revoked_at
    FROM sorted WHERE left_out IS NULL
    ON CONFLICT DO NOTHING
    RETURNING habit_id
)
SELECT coalesce(left_out, 'fit'), count(*) FROM sorted GROUP BY 1
UNION ALL SELECT 'adopted', count(*) FROM put;

-- name: hours
WITH sorted AS (
    SELECT lower(type) AS type, data, CASE WHEN coalesce(type, '') = '' OR data IS NULL THEN 'empty' END AS left_out
    FROM legacy.workspace_calendar_hour_settings WHERE ws_id = :ws_id::uuid
), put AS (
    INSERT INTO workspace_calendar_hour_settings (ws_id, type, data)
    SELECT :ws_id::uuid, type, data FROM sorted WHERE left_out IS NULL
    ON CONFLICT DO NOTHING
    RETURNING type
)
SELECT coalesce(left_out, 'fit'), count(*) FROM sorted GROUP BY 1
UNION ALL SELECT 'adopted', count(*) FROM put;

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
        EXISTS (SELECT 1 FROM legacy.task_calendar_events b WHERE b.event_id = e.id AND NOT b.completed)
            OR EXISTS (SELECT 1 FROM legacy.habit_calendar_events b WHERE b.event_id = e.id AND NOT b.completed) AS is_open_block,
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
    CASE WHEN day_zone IS NULL THEN start_at ELSE (start_at AT TIME ZONE day_zone)::date::timestamp AT TIME ZONE zone END,
    CASE WHEN day_zone IS NULL THEN end_at ELSE (end_at AT TIME ZONE day_zone)::date::timestamp AT TIME ZONE zone END,
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

-- name: carry_tasks
-- What the app had attached to a row, to whichever row stands for it now; what is attached here already stays.
UPDATE workspace_calendar_events e SET task_id = chosen.task_id
FROM (SELECT s.event_id, min(t.id::text)::uuid AS task_id
    FROM adoption_events s JOIN tasks t ON t.id = s.task_id AND t.ws_id = :ws_id::uuid
    WHERE s.event_id IS NOT NULL GROUP BY 1) AS chosen
WHERE e.id = chosen.event_id AND e.ws_id = :ws_id::uuid AND e.task_id IS NULL;

-- name: task_blocks
WITH sorted AS (
    SELECT b.*, s.event_id AS ours, extract(epoch FROM s.end_at - s.start_at) / 60 AS lasts, CASE
        WHEN s.event_id IS NULL THEN 'no_event'
        WHEN t.id IS NULL THEN 'no_task'
        WHEN row_number() OVER (PARTITION BY s.event_id ORDER BY t.id IS NULL, NOT b.completed, b.created_at, b.id) > 1
        THEN 'duplicate' END AS left_out
    FROM legacy.task_calendar_events b
    JOIN adoption_events s ON s.legacy_id = b.event_id
    LEFT JOIN tasks t ON t.id = b.task_id AND t.ws_id = :ws_id::uuid
), put AS (
    INSERT INTO task_calendar_events (event_id, ws_id, task_id, scheduled_minutes, scheduling_reason, completed, created_at)
    SELECT ours, :ws_id::uuid, task_id,
        least(44640, greatest(1, coalesce(nullif(scheduled_minutes, 0), round(lasts)::integer))),
        scheduling_reason, completed, coalesce(created_at, now())
    FROM sorted WHERE left_out IS NULL
    ON CONFLICT DO NOTHING
    RETURNING event_id
)
SELECT coalesce(left_out, 'fit'), count(*) FROM sorted GROUP BY 1
UNION ALL SELECT 'adopted', count(*) FROM put;

-- name: habit_blocks
WITH found AS (
    SELECT b.*, s.event_id AS ours, s.start_at, extract(epoch FROM s.end_at - s.start_at) / 60 AS lasts, CASE
        WHEN s.event_id IS NULL THEN 'no_event'
        WHEN h.id IS NULL THEN 'no_habit'
        WHEN row_number() OVER (PARTITION BY s.event_id ORDER BY h.id IS NULL, NOT b.completed, b.created_at, b.id) > 1
        THEN 'duplicate' END AS left_out
    FROM legacy.habit_calendar_events b
    JOIN adoption_events s ON s.legacy_id = b.event_id
    LEFT JOIN workspace_habits h ON h.id = b.habit_id AND h.ws_id = :ws_id::uuid
), put AS (
    INSERT INTO habit_calendar_events
        (event_id, ws_id, habit_id, occurrence_date, instance, scheduled_minutes, scheduling_reason, completed, created_at)
    SELECT ours, :ws_id::uuid, habit_id, occurrence_date,
        row_number() OVER (PARTITION BY habit_id, occurrence_date ORDER BY start_at, ours),
        least(44640, greatest(1, round(lasts)::integer)), scheduling_reason, completed, coalesce(created_at, now())
    FROM found WHERE left_out IS NULL
    ON CONFLICT DO NOTHING
    RETURNING event_id
)
SELECT coalesce(left_out, 'fit'), count(*) FROM found GROUP BY 1
UNION ALL SELECT 'adopted', count(*) FROM put;

-- name: remarks
-- What was adopted and deserves a look.
SELECT
    (SELECT count(*) FROM adoption_events s JOIN legacy.workspace_calendar_events e ON e.id = s.legacy_id
     WHERE s.left_out IS NULL AND s.provider = 'almanac' AND e.is_encrypted),
    (SELECT count(*) FROM (SELECT s.task_id FROM legacy.task_user_scheduling_settings s
        JOIN tasks t ON t.id = s.task_id AND t.ws_id = :ws_id::uuid GROUP BY 1 HAVING count(*) > 1) AS shared);
