-- Tasks, their blocks, and what events are attached to. A kind is one statement, as in events.sql.

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
    SELECT t.*,
        CASE WHEN t.start_date BETWEEN '0001-01-03 00:00+00' AND '9999-12-29 00:00+00' THEN t.start_date END AS begins,
        CASE WHEN t.end_date BETWEEN '0001-01-03 00:00+00' AND '9999-12-29 00:00+00' THEN t.end_date END AS ends,
        s.is_splittable, s.calendar_hours, s.auto_schedule,
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
        CASE WHEN begins < coalesce(ends, 'infinity') THEN begins END, ends,
        coalesce(nullif(replace(calendar_hours, '_hours', ''), ''), 'personal'),
        coalesce(auto_schedule, false), completed_at, coalesce(created_at, now())
    FROM sorted WHERE left_out IS NULL
    ON CONFLICT DO NOTHING
    RETURNING id
)
SELECT coalesce(left_out, 'fit'), count(*) FROM sorted GROUP BY 1
UNION ALL SELECT 'adopted', count(*) FROM put;

-- name: members
-- Where several people plan, each has a time of their own here: all who do, and all who have an account. Where one does,
-- the workspace stays one timeline, as the old planner saw it.
WITH planners AS (
    SELECT DISTINCT s.user_id
    FROM legacy.task_user_scheduling_settings s JOIN legacy.tasks t ON t.id = s.task_id
    WHERE t.ws_id = :ws_id::uuid AND t.deleted_at IS NULL AND s.auto_schedule AND s.user_id <> ''
), sorted AS (
    SELECT user_id FROM (
        SELECT user_id FROM planners UNION SELECT user_id FROM calendar_auth_tokens WHERE ws_id = :ws_id::uuid
    ) AS people
    WHERE (SELECT count(*) FROM planners) > 1
), put AS (
    INSERT INTO workspace_members (ws_id, user_id) SELECT :ws_id::uuid, user_id FROM sorted ORDER BY user_id
    ON CONFLICT DO NOTHING
    RETURNING user_id
)
SELECT 'fit', count(*) FROM sorted
UNION ALL SELECT 'adopted', count(*) FROM put;

-- name: assignees
WITH sorted AS (
    SELECT s.task_id, s.user_id,
        CASE WHEN s.total_duration > 0 THEN least(44640, greatest(1, round(s.total_duration * 60)))::integer END AS minutes,
        CASE WHEN o.id IS NULL THEN 'no_task' END AS left_out
    FROM legacy.task_user_scheduling_settings s
    JOIN legacy.tasks t ON t.id = s.task_id
    JOIN workspace_members m ON m.ws_id = :ws_id::uuid AND m.user_id = s.user_id
    LEFT JOIN tasks o ON o.id = s.task_id AND o.ws_id = :ws_id::uuid
    WHERE t.ws_id = :ws_id::uuid AND s.auto_schedule
), put AS (
    INSERT INTO task_assignees (task_id, ws_id, user_id, total_minutes)
    SELECT task_id, :ws_id::uuid, user_id, minutes FROM sorted WHERE left_out IS NULL
    ON CONFLICT DO NOTHING
    RETURNING task_id
)
SELECT coalesce(left_out, 'fit'), count(*) FROM sorted GROUP BY 1
UNION ALL SELECT 'adopted', count(*) FROM put;

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
        WHEN row_number() OVER (PARTITION BY s.event_id ORDER BY t.id IS NULL, b.completed IS NOT true, b.created_at, b.id) > 1
        THEN 'duplicate' END AS left_out
    FROM legacy.task_calendar_events b
    JOIN adoption_events s ON s.legacy_id = b.event_id
    LEFT JOIN tasks t ON t.id = b.task_id AND t.ws_id = :ws_id::uuid
), put AS (
    INSERT INTO task_calendar_events (event_id, ws_id, task_id, scheduled_minutes, scheduling_reason, completed, created_at)
    SELECT ours, :ws_id::uuid, task_id,
        least(44640, greatest(1, coalesce(nullif(scheduled_minutes, 0), round(lasts))))::integer,
        scheduling_reason, coalesce(completed, false), coalesce(created_at, now())
    FROM sorted WHERE left_out IS NULL
    ON CONFLICT DO NOTHING
    RETURNING event_id
)
SELECT coalesce(left_out, 'fit'), count(*) FROM sorted GROUP BY 1
UNION ALL SELECT 'adopted', count(*) FROM put;
