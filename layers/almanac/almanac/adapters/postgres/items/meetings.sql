-- Statements about meetings, as operators set them up. Rows are always scoped by workspace.

-- name: add_meeting
-- Once, though a request may add it again whose answer was lost.
WITH meeting AS (
    INSERT INTO meetings
        (id, ws_id, title, duration_minutes, priority, calendar_hours, start_date, end_date, deadline_type)
    VALUES (:meeting_id::uuid, :ws_id::uuid, :title, :minutes, :priority, :hours, :earliest::timestamptz, :deadline::timestamptz,
        CASE WHEN :hard THEN 'hard' ELSE 'soft' END)
    ON CONFLICT (id) DO NOTHING
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

-- name: hold_meeting
-- Nobody changes it meanwhile; a plan that gives it a block need not wait.
SELECT id FROM meetings
WHERE ws_id = :ws_id::uuid AND id = :meeting_id::uuid AND completed_at IS NULL
FOR NO KEY UPDATE;

-- name: change_meeting
-- What is as it was is not written: a plan is asked for where something has changed.
UPDATE meetings
SET title = :title, duration_minutes = :minutes, priority = :priority, calendar_hours = :hours,
    start_date = :earliest::timestamptz, end_date = :deadline::timestamptz,
    deadline_type = CASE WHEN :hard THEN 'hard' ELSE 'soft' END, updated_at = now()
WHERE ws_id = :ws_id::uuid AND id = :meeting_id::uuid
    AND (title, duration_minutes, priority, calendar_hours, start_date, end_date, deadline_type = 'hard')
        IS DISTINCT FROM (:title, :minutes, :priority::scheduling_priority, :hours, :earliest::timestamptz,
            :deadline::timestamptz, :hard::boolean);

-- name: change_attendees
-- Who comes to its block follows: the table sees to it.
WITH wanted AS (
    SELECT a.user_id, a.is_optional FROM unnest(:users::text[], :optional::boolean[]) AS a (user_id, is_optional)
), gone AS (
    DELETE FROM meeting_attendees a
    WHERE a.ws_id = :ws_id::uuid AND a.meeting_id = :meeting_id::uuid AND a.user_id NOT IN (SELECT user_id FROM wanted)
)
INSERT INTO meeting_attendees AS a (meeting_id, ws_id, user_id, is_optional)
SELECT :meeting_id::uuid, :ws_id::uuid, user_id, is_optional FROM wanted
ON CONFLICT (meeting_id, user_id) DO UPDATE SET is_optional = excluded.is_optional
WHERE a.is_optional <> excluded.is_optional;

-- name: list_meetings
-- The open ones, or that one of them, with what the last plan of everybody says of them.
SELECT m.id, m.title,
    ARRAY(SELECT a.user_id FROM meeting_attendees a WHERE a.meeting_id = m.id AND NOT a.is_optional ORDER BY a.user_id),
    ARRAY(SELECT a.user_id FROM meeting_attendees a WHERE a.meeting_id = m.id AND a.is_optional ORDER BY a.user_id),
    m.duration_minutes, m.priority, m.calendar_hours, m.start_date, m.end_date, m.deadline_type = 'hard',
    e.start_at, e.end_at, b.attending, coalesce(e.locked, false), n.notes -> m.id::text
FROM meetings m
LEFT JOIN last_plan_notes n ON n.ws_id = :ws_id::uuid AND n.kind = 'meeting'
LEFT JOIN meeting_calendar_events b ON b.meeting_id = m.id
LEFT JOIN workspace_calendar_events e ON e.id = b.event_id
WHERE m.ws_id = :ws_id::uuid AND m.completed_at IS NULL AND m.id = coalesce(:meeting_id::uuid, m.id)
ORDER BY e.start_at NULLS FIRST, m.created_at, m.id;
