-- Statements about people and meetings, asked of a workspace that has members.

-- name: load_members
SELECT user_id, name, timezone, settings -> 'scheduling' FROM workspace_members
WHERE ws_id = :ws_id::uuid ORDER BY created_at, user_id;

-- name: load_assignees
SELECT a.task_id, a.user_id, a.total_minutes, a.done_minutes
FROM task_assignees a JOIN tasks t ON t.id = a.task_id AND t.auto_schedule AND t.completed_at IS NULL
WHERE a.ws_id = :ws_id::uuid ORDER BY a.task_id, a.created_at, a.user_id;

-- name: load_meetings
SELECT m.id, m.title, m.color, m.priority, m.duration_minutes, m.start_date, m.end_date, m.deadline_type = 'hard',
    m.calendar_hours,
    ARRAY(SELECT a.user_id FROM meeting_attendees a WHERE a.meeting_id = m.id AND NOT a.is_optional ORDER BY a.user_id),
    ARRAY(SELECT a.user_id FROM meeting_attendees a WHERE a.meeting_id = m.id AND a.is_optional ORDER BY a.user_id)
FROM meetings m
WHERE m.ws_id = :ws_id::uuid AND m.auto_schedule AND m.completed_at IS NULL
ORDER BY m.created_at, m.id;

-- name: load_meeting_dependencies
SELECT coalesce(d.task_id, d.meeting_id), coalesce(d.depends_on_task_id, d.depends_on_meeting_id),
    coalesce(t.completed_at, m.completed_at) IS NOT NULL
FROM meeting_dependencies d
LEFT JOIN tasks t ON t.id = d.depends_on_task_id
LEFT JOIN meetings m ON m.id = d.depends_on_meeting_id
WHERE d.ws_id = :ws_id::uuid;

-- name: load_meeting_blocks
-- Of open meetings all there ever were, for one that has been held needs no time any more; else what is still ahead.
SELECT e.id, 'meeting', b.meeting_id, e.title, e.start_at, e.end_at, b.scheduled_minutes, e.locked OR e.provider <> 'almanac',
    b.started_at IS NOT NULL, b.completed, NULL::date, 1, NULL, b.attending
FROM meeting_calendar_events b
JOIN workspace_calendar_events e ON e.id = b.event_id
LEFT JOIN meetings m ON m.id = b.meeting_id AND m.auto_schedule AND m.completed_at IS NULL
WHERE b.ws_id = :ws_id::uuid AND (m.id IS NOT NULL OR e.end_at > :since::timestamptz);

-- name: load_events_of_people
-- As load_events, and on whose calendars each is: null is everybody's. A calendar is that of the accounts whose primary
-- one it is, else of all that have connected it; what the workspace itself has, and shared calendars, are everybody's.
WITH readers AS (
    SELECT c.provider, c.calendar_id, bool_or(c.is_shared) AS is_shared,
        coalesce(array_agg(DISTINCT a.user_id) FILTER (WHERE c.is_primary), array_agg(DISTINCT a.user_id)) AS users
    FROM calendar_connections c
    JOIN calendar_auth_tokens a ON a.id = c.auth_token_id
    WHERE c.ws_id = :ws_id::uuid AND c.is_enabled AND c.sync_inbound_enabled AND a.status <> 'disconnected'
    GROUP BY c.provider, c.calendar_id
)
SELECT e.id, e.title, e.start_at, e.end_at, e.transparency, e.response, e.event_type, e.ical_uid, e.own_block, e.all_day,
    CASE WHEN NOT r.is_shared THEN r.users END
FROM workspace_calendar_events e
LEFT JOIN readers r ON r.provider = e.provider AND r.calendar_id = e.external_calendar_id
WHERE e.ws_id = :ws_id::uuid AND e.end_at > :since::timestamptz AND e.start_at < :until::timestamptz
    AND (e.provider = 'almanac' OR r.calendar_id IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM task_calendar_events b WHERE b.event_id = e.id)
    AND NOT EXISTS (SELECT 1 FROM habit_calendar_events b WHERE b.event_id = e.id)
    AND NOT EXISTS (SELECT 1 FROM meeting_calendar_events b WHERE b.event_id = e.id);
