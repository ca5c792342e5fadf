-- Workspaces of the system that Almanac replaces, read from the views of docs/adopt in schema `legacy`; what one run of
-- `almanac adopt` begins and ends with.

-- name: readable
SELECT to_regclass('legacy.workspaces') IS NOT NULL;

-- name: zones
-- Those that the column takes: W-SU and GMT+0 are IANA names, too.
SELECT name FROM pg_timezone_names WHERE name ~ '^[A-Za-z]\w*(/[A-Za-z0-9_+-]+)*$';

-- name: workspaces
SELECT id, name, timezone, creator_id FROM legacy.workspaces WHERE :ws_id::uuid IS NULL OR id = :ws_id::uuid ORDER BY id;

-- name: put_workspace
INSERT INTO workspaces (id, name, timezone, creator_id)
VALUES (:ws_id::uuid, coalesce(:name::text, 'Workspace'), :zone, :creator_id)
ON CONFLICT (id) DO NOTHING
RETURNING id;

-- name: refresh_workspace
-- What the old system does not say was said here: whoever had no usable zone there has been given one.
UPDATE workspaces
SET name = coalesce(:name, name), timezone = coalesce(:zone, timezone), creator_id = coalesce(:creator_id, creator_id),
    updated_at = now()
WHERE id = :ws_id::uuid;

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

-- name: remarks
-- What was adopted and deserves a look.
SELECT
    (SELECT count(*) FROM workspaces WHERE id = :ws_id::uuid AND timezone IS NULL),
    (SELECT count(*) FROM adoption_events s JOIN legacy.workspace_calendar_events e ON e.id = s.legacy_id
     WHERE s.left_out IS NULL AND s.provider = 'almanac' AND e.is_encrypted),
    (SELECT count(*) FROM (SELECT s.task_id FROM legacy.task_user_scheduling_settings s
        JOIN tasks t ON t.id = s.task_id AND t.ws_id = :ws_id::uuid GROUP BY 1 HAVING count(*) > 1) AS shared);
