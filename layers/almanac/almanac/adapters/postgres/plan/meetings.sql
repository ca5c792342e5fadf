-- Statements about meetings, as operators set them up. Rows are always scoped by workspace.

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
