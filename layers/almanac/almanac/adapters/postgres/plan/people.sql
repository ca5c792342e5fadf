-- Statements about people and meetings, asked of a workspace that has members.

-- name: load_people
-- One row of JSON lists: members, assignees of open tasks, meetings with who must come and who may, what waits for them.
SELECT
    (SELECT coalesce(json_agg(json_build_array(user_id, name, timezone, settings -> 'scheduling') ORDER BY created_at, user_id), '[]')
     FROM workspace_members WHERE ws_id = :ws_id::uuid),
    (SELECT coalesce(json_agg(json_build_array(a.task_id, a.user_id, a.total_minutes, a.done_minutes)
                              ORDER BY a.task_id, a.created_at, a.user_id), '[]')
     FROM task_assignees a JOIN tasks t ON t.id = a.task_id AND t.auto_schedule AND t.completed_at IS NULL
     WHERE a.ws_id = :ws_id::uuid),
    (SELECT coalesce(json_agg(json_build_array(
            m.id, m.title, m.color, m.priority, m.duration_minutes, m.start_date, m.end_date, m.deadline_type = 'hard',
            m.calendar_hours, coalesce(a.required, '{}'), coalesce(a.optional, '{}'), coalesce(r.slots, '[]')) ORDER BY m.created_at, m.id), '[]')
     FROM meetings m
     LEFT JOIN LATERAL (
        SELECT array_agg(user_id ORDER BY user_id) FILTER (WHERE NOT is_optional) AS required,
            array_agg(user_id ORDER BY user_id) FILTER (WHERE is_optional) AS optional
        FROM meeting_attendees WHERE meeting_id = m.id
     ) a ON true
     LEFT JOIN LATERAL (
        SELECT json_agg(json_build_array(s.start_at, s.end_at) ORDER BY s.start_at, s.end_at) AS slots
        FROM refused_meeting_slots s WHERE s.meeting_id = m.id AND s.ws_id = m.ws_id
     ) r ON true
     WHERE m.ws_id = :ws_id::uuid AND m.auto_schedule AND m.completed_at IS NULL),
    (SELECT coalesce(json_agg(json_build_array(coalesce(d.task_id, d.meeting_id),
            coalesce(d.depends_on_task_id, d.depends_on_meeting_id), coalesce(t.completed_at, m.completed_at) IS NOT NULL,
            coalesce(t.title, m.title, ''))), '[]')
     FROM meeting_dependencies d
     LEFT JOIN tasks t ON t.id = d.depends_on_task_id
     LEFT JOIN meetings m ON m.id = d.depends_on_meeting_id
     WHERE d.ws_id = :ws_id::uuid);

-- name: load_events_of_people
-- As load_events, and whose time each takes: null is everybody's, nobody at all the default member's. A calendar is that
-- of the accounts whose primary one it is, else of all that have connected it; a shared one is everybody's. What the
-- workspace itself has is of those who work on its task, else of the members among its organizer and its guests.
WITH readers AS (
    SELECT c.provider, c.calendar_id, bool_or(c.is_shared) AS is_shared,
        coalesce(array_agg(DISTINCT a.user_id) FILTER (WHERE c.is_primary), array_agg(DISTINCT a.user_id)) AS users
    FROM calendar_connections c
    JOIN calendar_auth_tokens a ON a.id = c.auth_token_id
    WHERE c.ws_id = :ws_id::uuid AND c.is_enabled AND c.sync_inbound_enabled AND a.status <> 'disconnected'
    GROUP BY c.provider, c.calendar_id
), addresses AS (
    SELECT DISTINCT a.account_email AS email, a.user_id
    FROM calendar_auth_tokens a
    JOIN calendar_connections c ON c.auth_token_id = a.id
    JOIN workspace_members m ON m.ws_id = a.ws_id AND m.user_id = a.user_id
    WHERE a.ws_id = :ws_id::uuid
)
SELECT e.id, e.title, e.start_at, e.end_at, e.transparency, e.response, e.event_type, e.ical_uid, e.own_block, e.all_day,
    CASE WHEN e.provider = 'almanac' THEN coalesce(working.users, invited.users) WHEN NOT r.is_shared THEN r.users END
FROM workspace_calendar_events e
LEFT JOIN readers r ON r.provider = e.provider AND r.calendar_id = e.external_calendar_id
LEFT JOIN LATERAL (
    SELECT ARRAY(
        SELECT a.user_id FROM task_assignees a JOIN workspace_members m ON m.ws_id = a.ws_id AND m.user_id = a.user_id
        WHERE a.task_id = t.id) AS users
    FROM tasks t WHERE t.id = e.task_id AND t.ws_id = e.ws_id
) working ON e.provider = 'almanac'
LEFT JOIN LATERAL (
    WITH guests AS (
        SELECT lower(g ->> 'email') AS email, coalesce(g ->> 'response', '') = 'declined' AS declined
        FROM jsonb_array_elements(CASE jsonb_typeof(e.attendees) WHEN 'array' THEN e.attendees ELSE '[]' END) g
    )
    SELECT array_agg(DISTINCT a.user_id) AS users
    FROM addresses a
    WHERE a.email IN (SELECT g.email FROM guests g WHERE NOT g.declined)
        OR (a.email = lower(coalesce(e.organizer_email, e.creator_email))
            AND NOT EXISTS (SELECT 1 FROM guests g WHERE g.email = a.email AND g.declined))
) invited ON e.provider = 'almanac'
WHERE e.ws_id = :ws_id::uuid AND e.end_at > :since::timestamptz AND e.start_at < :until::timestamptz
    AND (e.provider = 'almanac' OR r.calendar_id IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM task_calendar_events b WHERE b.event_id = e.id)
    AND NOT EXISTS (SELECT 1 FROM habit_calendar_events b WHERE b.event_id = e.id)
    AND NOT EXISTS (SELECT 1 FROM meeting_calendar_events b WHERE b.event_id = e.id);
