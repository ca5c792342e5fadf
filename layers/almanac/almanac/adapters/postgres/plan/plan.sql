-- Statements of the plan store. Rows are always scoped by workspace; plans are written under the workspace's lease.

-- name: load_workspace
SELECT timezone, settings -> 'scheduling', creator_id,
    EXISTS (SELECT 1 FROM workspace_members m WHERE m.ws_id = w.id)
FROM workspaces w WHERE id = :ws_id::uuid;

-- name: version
-- Differs whenever a row that a plan depends on was added, changed or removed: xmin names the transaction that wrote a
-- row version, so no writer has to remember to touch a column.
SELECT pg_current_snapshot()::text, md5(concat_ws('|',
    (SELECT w.xmin::text || coalesce(w.timezone, '') || w.settings::text FROM workspaces w WHERE w.id = :ws_id::uuid),
    (SELECT string_agg(e.id::text || e.xmin::text, ',' ORDER BY e.id) FROM workspace_calendar_events e
     WHERE e.ws_id = :ws_id::uuid AND e.end_at > :since::timestamptz AND e.start_at < :until::timestamptz),
    -- Not xmin: every sync writes what came of a connection, and that moves nobody's plan.
    (SELECT string_agg(
            c.id::text || c.is_enabled || c.sync_inbound_enabled || c.is_shared || (a.status = 'disconnected') || a.user_id,
            ',' ORDER BY c.id)
     FROM calendar_connections c JOIN calendar_auth_tokens a ON a.id = c.auth_token_id WHERE c.ws_id = :ws_id::uuid),
    (SELECT string_agg(t.id::text || t.xmin::text, ',' ORDER BY t.id) FROM tasks t
     WHERE t.ws_id = :ws_id::uuid AND t.completed_at IS NULL),
    (SELECT string_agg(r.task_id::text || r.start_at || r.end_at, ',' ORDER BY r.task_id, r.start_at, r.end_at)
     FROM refused_slots r WHERE r.ws_id = :ws_id::uuid),
    (SELECT string_agg(r.habit_id::text || r.start_at || r.end_at, ',' ORDER BY r.habit_id, r.start_at, r.end_at)
     FROM refused_habit_slots r WHERE r.ws_id = :ws_id::uuid),
    (SELECT string_agg(r.meeting_id::text || r.start_at || r.end_at, ',' ORDER BY r.meeting_id, r.start_at, r.end_at)
     FROM refused_meeting_slots r WHERE r.ws_id = :ws_id::uuid),
    (SELECT string_agg(d.task_id::text || d.depends_on_task_id::text, ',' ORDER BY d.task_id, d.depends_on_task_id)
     FROM task_dependencies d WHERE d.ws_id = :ws_id::uuid),
    (SELECT string_agg(b.event_id::text || b.xmin::text, ',' ORDER BY b.event_id) FROM task_calendar_events b
     WHERE b.ws_id = :ws_id::uuid),
    (SELECT string_agg(h.id::text || h.xmin::text, ',' ORDER BY h.id) FROM workspace_habits h WHERE h.ws_id = :ws_id::uuid),
    (SELECT string_agg(b.event_id::text || b.xmin::text, ',' ORDER BY b.event_id) FROM habit_calendar_events b
     WHERE b.ws_id = :ws_id::uuid AND b.occurrence_date >= :since::timestamptz::date - 1),
    (SELECT string_agg(s.habit_id::text || s.occurrence_date::text || s.xmin::text, ',' ORDER BY s.habit_id, s.occurrence_date)
     FROM habit_skipped_occurrences s WHERE s.ws_id = :ws_id::uuid),
    (SELECT string_agg(h.type || h.xmin::text, ',' ORDER BY h.type, h.user_id) FROM workspace_calendar_hour_settings h
     WHERE h.ws_id = :ws_id::uuid),
    -- Not xmin: where a member's blocks are written moves nobody's plan.
    (SELECT string_agg(m.user_id || m.name || coalesce(m.timezone, '') || m.settings::text, ',' ORDER BY m.user_id)
     FROM workspace_members m WHERE m.ws_id = :ws_id::uuid),
    (SELECT string_agg(a.task_id::text || a.user_id || a.xmin::text, ',' ORDER BY a.task_id, a.user_id)
     FROM task_assignees a WHERE a.ws_id = :ws_id::uuid),
    (SELECT string_agg(m.id::text || m.xmin::text, ',' ORDER BY m.id) FROM meetings m
     WHERE m.ws_id = :ws_id::uuid AND m.completed_at IS NULL),
    (SELECT string_agg(a.meeting_id::text || a.user_id || a.xmin::text, ',' ORDER BY a.meeting_id, a.user_id)
     FROM meeting_attendees a WHERE a.ws_id = :ws_id::uuid),
    (SELECT string_agg(b.event_id::text || b.xmin::text, ',' ORDER BY b.event_id) FROM meeting_calendar_events b
     WHERE b.ws_id = :ws_id::uuid),
    (SELECT string_agg(d::text, ',' ORDER BY d::text) FROM meeting_dependencies d WHERE d.ws_id = :ws_id::uuid)
));

-- name: load_tasks
SELECT id, title, priority, total_minutes, done_minutes, is_splittable, min_split_duration_minutes,
    max_split_duration_minutes, start_date, end_date, deadline_type = 'hard', calendar_hours, r.starts, r.ends
FROM tasks t
LEFT JOIN LATERAL (
    SELECT array_agg(s.start_at ORDER BY s.start_at, s.end_at) AS starts, array_agg(s.end_at ORDER BY s.start_at, s.end_at) AS ends
    FROM refused_slots s WHERE s.task_id = t.id AND s.ws_id = t.ws_id
) r ON true
WHERE t.ws_id = :ws_id::uuid AND t.auto_schedule AND t.completed_at IS NULL
ORDER BY t.created_at, t.id;

-- name: load_dependencies
SELECT d.task_id, d.depends_on_task_id, p.completed_at IS NOT NULL, p.title
FROM task_dependencies d
JOIN tasks t ON t.id = d.task_id AND t.auto_schedule AND t.completed_at IS NULL
JOIN tasks p ON p.id = d.depends_on_task_id
WHERE d.ws_id = :ws_id::uuid;

-- name: load_habits
SELECT id, name, color, priority, calendar_hours, coalesce(min_duration_minutes, duration_minutes), duration_minutes,
    coalesce(max_duration_minutes, duration_minutes),
    (EXTRACT(hour FROM ideal_time) * 60 + EXTRACT(minute FROM ideal_time))::integer, time_preference,
    frequency, recurrence_interval, start_date, end_date, days_of_week, monthly_type, day_of_month, week_of_month,
    day_of_week_monthly, instances_per_day, dependency_habit_id, dependency_type, user_id, r.starts, r.ends
FROM workspace_habits h
LEFT JOIN LATERAL (
    SELECT array_agg(s.start_at ORDER BY s.start_at, s.end_at) AS starts, array_agg(s.end_at ORDER BY s.start_at, s.end_at) AS ends
    FROM refused_habit_slots s WHERE s.habit_id = h.id AND s.ws_id = h.ws_id
) r ON true
WHERE ws_id = :ws_id::uuid AND is_active AND auto_schedule
ORDER BY created_at, id;

-- name: load_skips
SELECT habit_id, occurrence_date FROM habit_skipped_occurrences
WHERE ws_id = :ws_id::uuid AND revoked_at IS NULL AND occurrence_date >= :since::timestamptz::date - 1;

-- name: load_hours
SELECT CASE WHEN user_id IS NULL THEN type ELSE left(type, -1 - char_length(user_id)) END, data, user_id
FROM workspace_calendar_hour_settings WHERE ws_id = :ws_id::uuid;

-- name: load_events
-- A calendar that nobody reads any more says nothing about anybody's time: switched off, disconnected or removed.
SELECT e.id, e.title, e.start_at, e.end_at, e.transparency, e.response, e.event_type, e.ical_uid, e.own_block, e.all_day
FROM workspace_calendar_events e
WHERE e.ws_id = :ws_id::uuid AND e.end_at > :since::timestamptz AND e.start_at < :until::timestamptz
    AND (e.provider = 'almanac' OR (e.provider, e.external_calendar_id) IN (
        SELECT c.provider, c.calendar_id
        FROM calendar_connections c
        JOIN calendar_auth_tokens a ON a.id = c.auth_token_id
        WHERE c.ws_id = :ws_id::uuid AND c.is_enabled AND c.sync_inbound_enabled AND a.status <> 'disconnected'
    ))
    AND NOT EXISTS (SELECT 1 FROM task_calendar_events b WHERE b.event_id = e.id)
    AND NOT EXISTS (SELECT 1 FROM habit_calendar_events b WHERE b.event_id = e.id)
    AND NOT EXISTS (SELECT 1 FROM meeting_calendar_events b WHERE b.event_id = e.id);

-- name: load_blocks
-- Of open tasks all there ever were, for they are work done, and of open meetings, for one that was held needs no time
-- any more; else what is still ahead or going on. A provider's event that somebody linked to a task is not Almanac's to
-- move, and takes its time whatever became of the task. Meetings are planned where there are members.
SELECT e.id, 'task', b.task_id, e.title, e.start_at, e.end_at, b.scheduled_minutes, e.locked OR e.provider <> 'almanac',
    b.started_at IS NOT NULL, b.completed, NULL::date, 1, b.user_id, k.event_id IS NOT NULL,
    e.provider = 'almanac' AND (b.completed OR d.completed_at IS NOT NULL), NULL::text[]
FROM task_calendar_events b
JOIN workspace_calendar_events e ON e.id = b.event_id
LEFT JOIN kept_blocks k ON k.event_id = e.id AND k.start_at = e.start_at AND k.end_at = e.end_at
LEFT JOIN tasks d ON d.id = b.task_id
LEFT JOIN tasks t ON t.id = d.id AND t.auto_schedule AND t.completed_at IS NULL
WHERE b.ws_id = :ws_id::uuid AND (t.id IS NOT NULL OR e.end_at > :since::timestamptz)
UNION ALL
SELECT e.id, 'habit', b.habit_id, e.title, e.start_at, e.end_at, b.scheduled_minutes, e.locked OR e.provider <> 'almanac',
    b.started_at IS NOT NULL, b.completed, b.occurrence_date, b.instance, h.user_id, k.event_id IS NOT NULL,
    e.provider = 'almanac' AND b.completed, NULL
FROM habit_calendar_events b
JOIN workspace_calendar_events e ON e.id = b.event_id
LEFT JOIN workspace_habits h ON h.id = b.habit_id
LEFT JOIN kept_blocks k ON k.event_id = e.id AND k.start_at = e.start_at AND k.end_at = e.end_at
WHERE b.ws_id = :ws_id::uuid AND (e.end_at > :since::timestamptz OR b.occurrence_date >= :since::timestamptz::date - 1)
UNION ALL
SELECT e.id, 'meeting', b.meeting_id, e.title, e.start_at, e.end_at, b.scheduled_minutes, e.locked OR e.provider <> 'almanac',
    b.started_at IS NOT NULL, b.completed, NULL::date, 1, NULL, k.event_id IS NOT NULL,
    e.provider = 'almanac' AND (b.completed OR d.completed_at IS NOT NULL), b.attending
FROM meeting_calendar_events b
JOIN workspace_calendar_events e ON e.id = b.event_id
LEFT JOIN kept_blocks k ON k.event_id = e.id AND k.start_at = e.start_at AND k.end_at = e.end_at
LEFT JOIN meetings d ON d.id = b.meeting_id
LEFT JOIN meetings m ON m.id = d.id AND m.auto_schedule AND m.completed_at IS NULL
WHERE b.ws_id = :ws_id::uuid AND (m.id IS NOT NULL OR e.end_at > :since::timestamptz)
    AND EXISTS (SELECT 1 FROM workspace_members p WHERE p.ws_id = :ws_id::uuid);

-- name: keep_basis
-- In one statement, so that what has not changed is neither sent back nor written. The first plan differs from none. A
-- plan of one person leaves the basis as it is: the next of everybody has the same to explain. An overtaken run keeps
-- nothing.
WITH held AS (
    SELECT r.ws_id, r.user_id FROM workspace_sync_leases l JOIN runs r ON r.id = l.owner AND r.ws_id = l.ws_id
    WHERE l.ws_id = :ws_id::uuid AND l.owner = :run_id::uuid AND l.fence = :fence::bigint
), was AS (
    SELECT facts FROM plan_basis WHERE ws_id = :ws_id::uuid -- under the run's lease: a lock would miss what is written below
), differing AS (
    SELECT key, jsonb_build_array(o.value, n.value) AS sides
    FROM jsonb_each((SELECT facts FROM was)) o (key, value)
    FULL JOIN jsonb_each(:facts::jsonb) n (key, value) USING (key)
    WHERE EXISTS (SELECT 1 FROM held) AND EXISTS (SELECT 1 FROM was) AND o.value IS DISTINCT FROM n.value
    ORDER BY key LIMIT 1000
), noted AS (
    INSERT INTO plan_input_changes (run_id, ws_id, changes)
    SELECT :run_id::uuid, :ws_id::uuid, jsonb_object_agg(key, sides) FROM differing HAVING count(*) > 0
    ON CONFLICT (run_id) DO UPDATE SET changes = excluded.changes
)
INSERT INTO plan_basis AS b (ws_id, facts)
SELECT h.ws_id, :facts::jsonb FROM held h WHERE h.user_id IS NULL OR NOT EXISTS (SELECT 1 FROM was)
ON CONFLICT (ws_id) DO UPDATE SET facts = excluded.facts, updated_at = now() WHERE b.facts IS DISTINCT FROM excluded.facts;

-- name: insert_blocks
WITH new AS (
    SELECT * FROM unnest(
        :id::uuid[], :kind::text[], :owner::uuid[], :title::text[], :color::text[], :start_at::timestamptz[],
        :end_at::timestamptz[], :minutes::integer[], :reason::text[], :explanation::jsonb[], :date::date[],
        :instance::integer[], :user_id::text[], :attending::jsonb[]
    ) AS n (id, kind, owner, title, color, start_at, end_at, minutes, reason, explanation, date, instance, user_id, attending)
), events AS (
    INSERT INTO workspace_calendar_events (id, ws_id, provider, title, start_at, end_at, time_zone, color, task_id)
    SELECT id, :ws_id::uuid, 'almanac', title, start_at, end_at, :time_zone, color, CASE kind WHEN 'task' THEN owner END
    FROM new
    RETURNING id
), habits AS (
    INSERT INTO habit_calendar_events
        (event_id, ws_id, habit_id, occurrence_date, instance, scheduled_minutes, scheduling_reason, scheduling_explanation)
    SELECT id, :ws_id::uuid, owner, date, instance, minutes, reason, explanation
    FROM new JOIN events USING (id) WHERE kind = 'habit'
), meetings AS (
    INSERT INTO meeting_calendar_events
        (event_id, ws_id, meeting_id, attending, scheduled_minutes, scheduling_reason, scheduling_explanation)
    SELECT id, :ws_id::uuid, owner, ARRAY(SELECT jsonb_array_elements_text(attending)), minutes, reason, explanation
    FROM new JOIN events USING (id) WHERE kind = 'meeting'
)
INSERT INTO task_calendar_events
    (event_id, ws_id, task_id, user_id, scheduled_minutes, scheduling_reason, scheduling_explanation)
SELECT id, :ws_id::uuid, owner, user_id, minutes, reason, explanation FROM new JOIN events USING (id) WHERE kind = 'task';

-- name: move_blocks
-- Only what is still Almanac's to move; the caller counts.
WITH new AS (
    SELECT * FROM unnest(
        :id::uuid[], :title::text[], :start_at::timestamptz[], :end_at::timestamptz[], :minutes::integer[],
        :reason::text[], :explanation::jsonb[], :attending::jsonb[]
    ) AS n (id, title, start_at, end_at, minutes, reason, explanation, attending)
), events AS (
    UPDATE workspace_calendar_events e
    SET title = n.title, start_at = n.start_at, end_at = n.end_at, updated_at = now()
    FROM new n
    WHERE e.id = n.id AND e.ws_id = :ws_id::uuid AND e.provider = 'almanac' AND NOT e.locked
    RETURNING e.id
), tasks AS (
    UPDATE task_calendar_events b
    SET scheduled_minutes = n.minutes, scheduling_reason = coalesce(n.reason, b.scheduling_reason),
        scheduling_explanation = coalesce(n.explanation, b.scheduling_explanation), updated_at = now()
    FROM new n JOIN events USING (id)
    WHERE b.event_id = n.id AND NOT b.completed AND b.started_at IS NULL
    RETURNING b.event_id
), habits AS (
    UPDATE habit_calendar_events b
    SET scheduled_minutes = n.minutes, scheduling_reason = coalesce(n.reason, b.scheduling_reason),
        scheduling_explanation = coalesce(n.explanation, b.scheduling_explanation), updated_at = now()
    FROM new n JOIN events USING (id)
    WHERE b.event_id = n.id AND NOT b.completed AND b.started_at IS NULL
    RETURNING b.event_id
), meetings AS (
    UPDATE meeting_calendar_events b
    SET scheduled_minutes = n.minutes, scheduling_reason = coalesce(n.reason, b.scheduling_reason),
        scheduling_explanation = coalesce(n.explanation, b.scheduling_explanation),
        attending = ARRAY(SELECT jsonb_array_elements_text(n.attending)), updated_at = now()
    FROM new n JOIN events USING (id)
    WHERE b.event_id = n.id AND NOT b.completed AND b.started_at IS NULL
    RETURNING b.event_id
)
SELECT (SELECT count(*) FROM tasks) + (SELECT count(*) FROM habits) + (SELECT count(*) FROM meetings);

-- name: lock_blocks
-- Before the first of two statements that change blocks. That one takes the head of the workspace's history, for which
-- everybody waits who changes an event meanwhile, with its row locked: the second must not want such a row.
SELECT e.id FROM workspace_calendar_events e
WHERE e.ws_id = :ws_id::uuid AND e.id = ANY (:ids::uuid[])
ORDER BY e.id
FOR UPDATE OF e;

-- name: delete_blocks
-- What said whose piece each is goes with it, and is kept for whoever undoes the plan.
WITH doomed AS (
    SELECT e.id FROM workspace_calendar_events e
    WHERE e.ws_id = :ws_id::uuid AND e.id = ANY (:ids::uuid[]) AND e.provider = 'almanac' AND NOT e.locked
        AND NOT EXISTS (
            SELECT 1 FROM task_calendar_events b WHERE b.event_id = e.id AND (b.completed OR b.started_at IS NOT NULL)
        )
        AND NOT EXISTS (
            SELECT 1 FROM habit_calendar_events b WHERE b.event_id = e.id AND (b.completed OR b.started_at IS NOT NULL)
        )
        AND NOT EXISTS (
            SELECT 1 FROM meeting_calendar_events b WHERE b.event_id = e.id AND (b.completed OR b.started_at IS NOT NULL)
        )
), kept AS (
    INSERT INTO removed_block_links (event_id, ws_id, owner, link)
    SELECT d.id, :ws_id::uuid, b.owner, b.link
    FROM doomed d CROSS JOIN LATERAL (
        SELECT 'task' AS owner, to_jsonb(t) AS link FROM task_calendar_events t WHERE t.event_id = d.id
        UNION ALL
        SELECT 'habit', to_jsonb(h) FROM habit_calendar_events h WHERE h.event_id = d.id
        UNION ALL
        SELECT 'meeting', to_jsonb(m) FROM meeting_calendar_events m WHERE m.event_id = d.id
    ) b
    ON CONFLICT (event_id) DO UPDATE SET owner = excluded.owner, link = excluded.link, removed_at = now()
)
DELETE FROM workspace_calendar_events e USING doomed d WHERE e.id = d.id AND e.ws_id = :ws_id::uuid
    AND NOT e.locked
RETURNING e.id;
