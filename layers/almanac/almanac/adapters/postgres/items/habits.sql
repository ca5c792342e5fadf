-- Statements about habits, as people set them up. Rows are always scoped by workspace.

-- name: add_habit
-- Once, though a request may add it again whose answer was lost.
INSERT INTO workspace_habits (id, ws_id, user_id, name, color, priority, calendar_hours, duration_minutes, min_duration_minutes,
    max_duration_minutes, ideal_time, time_preference, frequency, recurrence_interval, days_of_week, monthly_type,
    day_of_month, week_of_month, day_of_week_monthly, start_date, end_date, instances_per_day, dependency_habit_id,
    dependency_type, when_block_deleted, is_active)
SELECT :habit_id::uuid, :ws_id::uuid, n.user_id, n.name, n.color, n.priority, n.calendar_hours, n.duration_minutes, n.min_duration_minutes,
    n.max_duration_minutes, n.ideal_time, n.time_preference, n.frequency, n.recurrence_interval, n.days_of_week,
    n.monthly_type, n.day_of_month, n.week_of_month, n.day_of_week_monthly, n.start_date, n.end_date, n.instances_per_day,
    n.dependency_habit_id, n.dependency_type, n.when_block_deleted, n.is_active
FROM jsonb_populate_record(NULL::workspace_habits, :columns::jsonb) n
ON CONFLICT (id) DO NOTHING;

-- name: hold_habit
-- Nobody changes it meanwhile; a plan that gives it a block need not wait.
SELECT id FROM workspace_habits WHERE ws_id = :ws_id::uuid AND id = :habit_id::uuid FOR NO KEY UPDATE;

-- name: change_habit
-- Of a column that is not among those that change, the value stays as a product has written it.
UPDATE workspace_habits h
SET (user_id, name, color, priority, calendar_hours, duration_minutes, min_duration_minutes, max_duration_minutes,
        ideal_time, time_preference, frequency, recurrence_interval, days_of_week, monthly_type, day_of_month,
        week_of_month, day_of_week_monthly, start_date, end_date, instances_per_day, dependency_habit_id, dependency_type,
        when_block_deleted, is_active, updated_at) = (
    SELECT n.user_id, n.name, n.color, n.priority, n.calendar_hours, n.duration_minutes, n.min_duration_minutes,
        n.max_duration_minutes, n.ideal_time, n.time_preference, n.frequency, n.recurrence_interval, n.days_of_week,
        n.monthly_type, n.day_of_month, n.week_of_month, n.day_of_week_monthly, n.start_date, n.end_date,
        n.instances_per_day, n.dependency_habit_id, n.dependency_type, n.when_block_deleted, n.is_active, now()
    FROM jsonb_populate_record(h, :columns::jsonb) n
)
WHERE ws_id = :ws_id::uuid AND id = :habit_id::uuid;

-- name: remove_habit
-- Its blocks lose their habit by that, so that the next plan takes those to come away.
DELETE FROM workspace_habits WHERE ws_id = :ws_id::uuid AND id = :habit_id::uuid RETURNING id;

-- name: skip
INSERT INTO habit_skipped_occurrences AS s (ws_id, habit_id, occurrence_date)
SELECT h.ws_id, h.id, :date::date FROM workspace_habits h WHERE h.ws_id = :ws_id::uuid AND h.id = :habit_id::uuid
ON CONFLICT (habit_id, occurrence_date) DO UPDATE SET revoked_at = NULL WHERE s.revoked_at IS NOT NULL;

-- name: unskip
UPDATE habit_skipped_occurrences SET revoked_at = now()
WHERE ws_id = :ws_id::uuid AND habit_id = :habit_id::uuid AND occurrence_date = :date::date AND revoked_at IS NULL;

-- name: zone
-- Of the member, or of the one whose everything is that says nothing of a person; else the workspace's.
SELECT coalesce(m.timezone, w.timezone)
FROM workspaces w
LEFT JOIN workspace_members m ON m.ws_id = w.id AND m.user_id = coalesce(:user_id::text, m.user_id)
WHERE w.id = :ws_id::uuid
ORDER BY (m.user_id = w.creator_id) IS TRUE DESC, m.created_at, m.user_id
LIMIT 1;

-- name: list_habits
-- All of them, or that one.
SELECT h.id, h.name, h.user_id, h.duration_minutes, h.min_duration_minutes, h.max_duration_minutes, h.priority,
    h.calendar_hours, h.color, (EXTRACT(hour FROM h.ideal_time) * 60 + EXTRACT(minute FROM h.ideal_time))::integer,
    h.time_preference, h.frequency, h.recurrence_interval, h.start_date, h.end_date, h.days_of_week, h.monthly_type,
    h.day_of_month, h.week_of_month, h.day_of_week_monthly, h.instances_per_day, h.dependency_habit_id, h.dependency_type,
    h.when_block_deleted, h.is_active, h.auto_schedule,
    (SELECT json_agg(json_build_array(b.event_id, b.occurrence_date, b.start_at, b.end_at, b.locked) ORDER BY b.start_at, b.event_id)
     FROM (
        SELECT b.event_id, least(b.occurrence_date, '9999-12-29') AS occurrence_date, r.start_at, r.end_at, e.locked
        FROM habit_calendar_events b
        JOIN workspace_calendar_events e ON e.id = b.event_id
        CROSS JOIN LATERAL almanac_in_readable_years(e) r
        WHERE b.habit_id = h.id AND e.end_at > now()
        ORDER BY e.start_at, e.id LIMIT 3
     ) b),
    (SELECT array_agg(s.occurrence_date ORDER BY s.occurrence_date) FROM habit_skipped_occurrences s
     WHERE s.habit_id = h.id AND s.revoked_at IS NULL AND s.occurrence_date BETWEEN current_date - 1 AND '9999-12-29'),
    n.notes -> h.id::text
FROM workspace_habits h
LEFT JOIN last_plan_notes n ON n.ws_id = :ws_id::uuid AND n.kind = 'habit'
WHERE h.ws_id = :ws_id::uuid AND h.id = coalesce(:habit_id::uuid, h.id)
ORDER BY (h.is_active AND h.auto_schedule) DESC, h.created_at, h.id;
