-- Statements about blocks of plans, as people look at them and keep them. Rows are always scoped by workspace.

-- name: list_blocks
-- Those that end after `since` and begin before `until`, or that one.
SELECT e.id, CASE WHEN t.event_id IS NOT NULL THEN 'task' WHEN h.event_id IS NOT NULL THEN 'habit' ELSE 'meeting' END,
    e.title, e.start_at, e.end_at, p.user_ids, e.locked
FROM workspace_calendar_events e
LEFT JOIN task_calendar_events t ON t.event_id = e.id
LEFT JOIN habit_calendar_events h ON h.event_id = e.id
LEFT JOIN events_of_members p ON p.id = e.id AND p.ws_id = e.ws_id
WHERE e.ws_id = :ws_id::uuid AND e.provider = 'almanac' AND almanac_is_block(e.id)
    AND (:event_id::uuid IS NULL OR e.id = :event_id::uuid)
    AND (:since::timestamptz IS NULL OR e.end_at > :since::timestamptz)
    AND (:until::timestamptz IS NULL OR e.start_at < :until::timestamptz)
ORDER BY e.start_at, e.id;

-- name: lock
-- What is so already is not written: a plan is asked for where something has changed.
UPDATE workspace_calendar_events e
SET locked = :locked::boolean, updated_at = now()
WHERE e.ws_id = :ws_id::uuid AND e.id = :event_id::uuid AND e.provider = 'almanac' AND almanac_is_block(e.id)
    AND e.locked <> :locked::boolean;
