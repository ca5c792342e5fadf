-- Statements of the command line about members and meetings. Rows are always scoped by workspace.

-- name: add_member
-- What is not given stays as it is.
INSERT INTO workspace_members AS m (ws_id, user_id, name, timezone)
SELECT w.id, :user_id, coalesce(:name, ''), :zone FROM workspaces w WHERE w.id = :ws_id::uuid
ON CONFLICT (ws_id, user_id) DO UPDATE
SET name = coalesce(:name, m.name), timezone = coalesce(:zone, m.timezone), updated_at = now()
RETURNING m.name, m.timezone;

-- name: set_digest
UPDATE workspace_members
SET settings = settings || jsonb_strip_nulls(jsonb_build_object(
        'digest', :on::boolean, 'digest_at', :at::text, 'email', :email::text, 'weekly_report', :weekly::boolean
    )),
    updated_at = now()
WHERE ws_id = :ws_id::uuid AND user_id = :user_id
RETURNING user_id;

-- name: remove_member
DELETE FROM workspace_members WHERE ws_id = :ws_id::uuid AND user_id = :user_id RETURNING user_id;

-- name: list_members
WITH members AS (
    SELECT m.*, row_number() OVER (ORDER BY (m.user_id = w.creator_id) IS TRUE DESC, m.created_at, m.user_id) = 1 AS is_default
    FROM workspace_members m JOIN workspaces w ON w.id = m.ws_id
    WHERE m.ws_id = :ws_id::uuid
)
SELECT m.user_id, m.name, m.timezone,
    (SELECT count(*) FROM calendar_auth_tokens a
     WHERE a.ws_id = m.ws_id AND a.user_id = m.user_id AND a.status <> 'disconnected'),
    (SELECT count(*) FROM task_assignees t JOIN tasks o ON o.id = t.task_id AND o.completed_at IS NULL
     WHERE t.ws_id = m.ws_id AND t.user_id = m.user_id),
    m.is_default, m.settings -> 'digest' = 'true',
    coalesce(almanac_digest_at(m.settings), :usual),
    nullif(m.settings ->> 'email', ''), m.settings -> 'weekly_report' = 'true'
FROM members m ORDER BY m.created_at, m.user_id;

-- name: add_meeting
WITH meeting AS (
    INSERT INTO meetings
        (ws_id, title, duration_minutes, priority, calendar_hours, start_date, end_date, deadline_type)
    VALUES (:ws_id::uuid, :title, :minutes, :priority, :hours, :earliest::timestamptz, :deadline::timestamptz,
        CASE WHEN :hard THEN 'hard' ELSE 'soft' END)
    RETURNING id, ws_id
), attendees AS (
    INSERT INTO meeting_attendees (meeting_id, ws_id, user_id, is_optional)
    SELECT m.id, m.ws_id, a.user_id, a.is_optional
    FROM meeting m, unnest(:users::text[], :optional::boolean[]) AS a (user_id, is_optional)
)
SELECT id FROM meeting;

-- name: remove_meeting
-- Its block loses its meeting by that, so that the next plan takes it away.
DELETE FROM meetings WHERE ws_id = :ws_id::uuid AND id = :meeting_id::uuid RETURNING id;

-- name: list_meetings
SELECT m.id, m.title,
    ARRAY(SELECT a.user_id FROM meeting_attendees a WHERE a.meeting_id = m.id AND NOT a.is_optional ORDER BY a.user_id),
    ARRAY(SELECT a.user_id FROM meeting_attendees a WHERE a.meeting_id = m.id AND a.is_optional ORDER BY a.user_id),
    m.duration_minutes, m.priority, m.start_date, m.end_date, e.start_at, e.end_at, b.attending
FROM meetings m
LEFT JOIN meeting_calendar_events b ON b.meeting_id = m.id
LEFT JOIN workspace_calendar_events e ON e.id = b.event_id
WHERE m.ws_id = :ws_id::uuid AND m.completed_at IS NULL
ORDER BY e.start_at NULLS FIRST, m.created_at, m.id;
