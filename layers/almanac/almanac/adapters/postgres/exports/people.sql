-- What digests are made of, beside events and their history. Rows are always scoped by workspace.

-- name: workspace
SELECT w.name, w.timezone FROM workspaces w WHERE w.id = :ws_id::uuid;

-- name: member
SELECT w.name, coalesce(nullif(m.name, ''), m.user_id), coalesce(m.timezone, w.timezone)
FROM workspaces w JOIN workspace_members m ON m.ws_id = w.id
WHERE w.id = :ws_id::uuid AND m.user_id = :user_id;

-- name: notes
-- Of the last plan that was made, with the titles of what they are about and whose that is; what has gone or is done since
-- is left out. The default member is told of what is nobody's, or of nobody who is still a member.
WITH plan AS (
    SELECT r.ws_id, r.finished_at, r.report -> 'warnings' AS warnings FROM runs r
    WHERE r.ws_id = :ws_id::uuid AND r.kind = 'schedule' AND r.status = 'completed'
    ORDER BY r.started_at DESC LIMIT 1
), default_member AS (
    SELECT m.user_id FROM workspace_members m JOIN workspaces w ON w.id = m.ws_id
    WHERE m.ws_id = :ws_id::uuid
    ORDER BY (m.user_id = w.creator_id) IS TRUE DESC, m.created_at, m.user_id LIMIT 1
)
SELECT p.finished_at, coalesce(t.title, h.name, g.title), n.note ->> 'status', n.note ->> 'reason', n.note ->> 'hint'
FROM plan p
LEFT JOIN LATERAL jsonb_array_elements(p.warnings) WITH ORDINALITY AS n (note, place) ON true
LEFT JOIN tasks t ON t.ws_id = p.ws_id AND t.id::text = n.note ->> 'id' AND t.completed_at IS NULL
LEFT JOIN workspace_habits h ON h.ws_id = p.ws_id AND h.id::text = n.note ->> 'id' AND h.is_active
LEFT JOIN meetings g ON g.ws_id = p.ws_id AND g.id::text = n.note ->> 'id' AND g.completed_at IS NULL
WHERE :user_id::text IS NULL OR n.note IS NULL OR CASE
    WHEN EXISTS (SELECT 1 FROM task_assignees a JOIN workspace_members m ON m.ws_id = a.ws_id AND m.user_id = a.user_id
            WHERE a.task_id = t.id)
        -- a task of several may be late for one of them
        THEN EXISTS (SELECT 1 FROM task_assignees a WHERE a.task_id = t.id AND a.user_id = :user_id)
            AND coalesce(nullif(n.note -> 'people', '[]') @> to_jsonb(:user_id::text), true)
    WHEN t.id IS NOT NULL THEN :user_id = (SELECT user_id FROM default_member)
    WHEN h.id IS NOT NULL THEN :user_id = coalesce(
        (SELECT m.user_id FROM workspace_members m WHERE m.ws_id = h.ws_id AND m.user_id = h.user_id),
        (SELECT user_id FROM default_member))
    WHEN g.id IS NOT NULL THEN EXISTS (SELECT 1 FROM meeting_attendees a WHERE a.meeting_id = g.id AND a.user_id = :user_id)
    END
ORDER BY n.place;

-- name: members_of_calendars
SELECT c.provider, c.calendar_id, CASE WHEN NOT bool_or(c.is_shared) THEN
    coalesce(array_agg(DISTINCT a.user_id) FILTER (WHERE c.is_primary), array_agg(DISTINCT a.user_id)) END
FROM calendar_connections c JOIN calendar_auth_tokens a ON a.id = c.auth_token_id
WHERE c.ws_id = :ws_id::uuid AND c.is_enabled AND a.status <> 'disconnected'
GROUP BY c.provider, c.calendar_id;

-- name: members_of_events
SELECT id, user_ids FROM events_of_members WHERE ws_id = :ws_id::uuid;

-- name: blocks
SELECT event_id, 'task' FROM task_calendar_events WHERE ws_id = :ws_id::uuid
UNION ALL
SELECT event_id, 'habit' FROM habit_calendar_events WHERE ws_id = :ws_id::uuid
UNION ALL
SELECT event_id, 'meeting' FROM meeting_calendar_events WHERE ws_id = :ws_id::uuid;
