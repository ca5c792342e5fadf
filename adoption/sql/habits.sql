-- Habits, skipped occurrences and blocks. A kind is one statement, as in events.sql.

-- name: habits
-- A splittable habit's minutes were those of a day, here they are those of one block. A length that may not shrink below
-- half was the old planner's rule for habits that give no minimum; every Nth day was called custom.
WITH counted AS (
    SELECT *, CASE WHEN is_splittable THEN least(12, greatest(1, coalesce(ideal_instances_per_day, 1))) ELSE 1 END AS a_day
    FROM legacy.workspace_habits WHERE ws_id = :ws_id::uuid
), measured AS (
    SELECT *, least(1440, greatest(1, round(coalesce(duration_minutes, 30)::numeric / a_day)))::integer AS minutes,
        ARRAY(SELECT DISTINCT d % 7 FROM unnest(days_of_week) AS d WHERE d BETWEEN 0 AND 7 ORDER BY 1) AS days,
        least('9999-12-29', greatest('0001-01-03', coalesce(start_date, created_at::date, current_date))) AS begins
    FROM counted
), sorted AS (
    SELECT *, CASE
        WHEN deleted_at IS NOT NULL THEN 'deleted'
        WHEN end_date < begins THEN 'ends_before_start' END AS left_out
    FROM measured
), put AS (
    INSERT INTO workspace_habits (id, ws_id, creator_id, name, color, priority, calendar_hours, duration_minutes,
        min_duration_minutes, max_duration_minutes, ideal_time, time_preference, frequency, recurrence_interval,
        days_of_week, monthly_type, day_of_month, week_of_month, day_of_week_monthly, start_date, end_date,
        instances_per_day, dependency_habit_id, dependency_type, is_active, auto_schedule, created_at)
    SELECT id, :ws_id::uuid, creator_id, coalesce(nullif(left(name, 255), ''), 'Untitled'),
        CASE WHEN upper(color) IN ('RED', 'GREEN', 'YELLOW', 'ORANGE', 'PURPLE', 'PINK', 'INDIGO', 'CYAN', 'GRAY')
            THEN upper(color) ELSE 'BLUE' END,
        CASE WHEN priority IN ('critical', 'high', 'normal', 'low') THEN priority ELSE 'normal' END,
        coalesce(nullif(replace(calendar_hours, '_hours', ''), ''), 'personal'),
        minutes,
        CASE WHEN min_duration_minutes > 0 THEN least(minutes, min_duration_minutes)
            ELSE least(minutes, greatest(15, minutes / 2)) END,
        CASE WHEN max_duration_minutes > 0 THEN least(1440, greatest(minutes, max_duration_minutes)) END,
        ideal_time,
        CASE WHEN time_preference IN ('morning', 'afternoon', 'evening', 'night') THEN time_preference END,
        CASE WHEN frequency IN ('weekly', 'monthly', 'yearly') THEN frequency ELSE 'daily' END,
        least(1000, greatest(1, coalesce(recurrence_interval, 1))),
        nullif(days, '{}'),
        CASE WHEN monthly_type = 'day_of_week' AND (week_of_month IS NULL OR day_of_week_monthly IS NULL)
            THEN 'day_of_month' ELSE monthly_type END,
        CASE WHEN day_of_month BETWEEN 1 AND 31 THEN day_of_month END,
        CASE WHEN week_of_month BETWEEN 1 AND 5 THEN week_of_month END,
        CASE WHEN day_of_week_monthly BETWEEN 0 AND 6 THEN day_of_week_monthly END,
        begins, CASE WHEN end_date <= '9999-12-29' THEN end_date END, a_day,
        CASE WHEN chained THEN dependency_habit_id END, CASE WHEN chained THEN dependency_type END,
        coalesce(is_active, true), coalesce(auto_schedule, true) AND coalesce(is_visible_in_calendar, true),
        coalesce(created_at, now())
    FROM (SELECT s.*, coalesce(dependency_type IN ('after', 'before') AND dependency_habit_id <> id AND dependency_habit_id IN
            (SELECT o.id FROM sorted o WHERE o.left_out IS NULL), false) AS chained FROM sorted s) AS fitting
    WHERE left_out IS NULL
    ON CONFLICT DO NOTHING
    RETURNING id
)
SELECT coalesce(left_out, 'fit'), count(*) FROM sorted GROUP BY 1
UNION ALL SELECT 'adopted', count(*) FROM put;

-- name: skips
WITH sorted AS (
    SELECT s.*, CASE WHEN h.id IS NULL THEN 'no_habit' END AS left_out
    FROM legacy.habit_skipped_occurrences s
    LEFT JOIN workspace_habits h ON h.id = s.habit_id AND h.ws_id = s.ws_id
    WHERE s.ws_id = :ws_id::uuid
), put AS (
    INSERT INTO habit_skipped_occurrences (ws_id, habit_id, occurrence_date, created_by, created_at, revoked_at)
    SELECT ws_id, habit_id, occurrence_date, created_by, coalesce(created_at, now()), revoked_at
    FROM sorted WHERE left_out IS NULL
    ON CONFLICT DO NOTHING
    RETURNING habit_id
)
SELECT coalesce(left_out, 'fit'), count(*) FROM sorted GROUP BY 1
UNION ALL SELECT 'adopted', count(*) FROM put;

-- name: habit_blocks
WITH found AS (
    SELECT b.*, s.event_id AS ours, s.start_at, extract(epoch FROM s.end_at - s.start_at) / 60 AS lasts, CASE
        WHEN s.event_id IS NULL THEN 'no_event'
        WHEN h.id IS NULL THEN 'no_habit'
        WHEN row_number() OVER (PARTITION BY s.event_id ORDER BY h.id IS NULL, b.completed IS NOT true, b.created_at, b.id) > 1
        THEN 'duplicate' END AS left_out
    FROM legacy.habit_calendar_events b
    JOIN adoption_events s ON s.legacy_id = b.event_id
    LEFT JOIN workspace_habits h ON h.id = b.habit_id AND h.ws_id = :ws_id::uuid
), put AS (
    INSERT INTO habit_calendar_events
        (event_id, ws_id, habit_id, occurrence_date, instance, scheduled_minutes, scheduling_reason, completed, created_at)
    SELECT ours, :ws_id::uuid, habit_id, occurrence_date,
        row_number() OVER (PARTITION BY habit_id, occurrence_date ORDER BY start_at, ours),
        least(44640, greatest(1, round(lasts)))::integer, scheduling_reason, coalesce(completed, false),
        coalesce(created_at, now())
    FROM found WHERE left_out IS NULL
    ON CONFLICT DO NOTHING
    RETURNING event_id
)
SELECT coalesce(left_out, 'fit'), count(*) FROM found GROUP BY 1
UNION ALL SELECT 'adopted', count(*) FROM put;

-- name: own_habits
-- A habit was its creator's.
UPDATE workspace_habits h SET user_id = h.creator_id
FROM workspace_members m
WHERE h.ws_id = :ws_id::uuid AND m.ws_id = h.ws_id AND m.user_id = h.creator_id AND h.user_id IS NULL;
