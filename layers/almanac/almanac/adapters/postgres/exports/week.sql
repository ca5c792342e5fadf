-- The figures of reports. Rows are always scoped by workspace; dates are those of a zone.

-- name: workspace
SELECT name, timezone FROM workspaces WHERE id = :ws_id::uuid;

-- name: days
WITH ended AS (
    SELECT (r.started_at AT TIME ZONE :zone)::date AS day,
        count(*) FILTER (WHERE r.kind = 'sync' AND r.status IN ('completed', 'partial')) AS syncs,
        count(*) FILTER (WHERE r.kind = 'sync' AND r.status = 'failed') AS syncs_failed,
        coalesce(sum(coalesce((r.report ->> 'inserted')::bigint, 0) + coalesce((r.report ->> 'updated')::bigint, 0)
            + coalesce((r.report ->> 'deleted')::bigint, 0)) FILTER (WHERE r.kind = 'sync'), 0) AS written,
        count(*) FILTER (WHERE r.kind = 'schedule' AND r.status = 'completed') AS plans
    FROM runs r
    WHERE r.ws_id = :ws_id::uuid AND r.kind IN ('sync', 'schedule')
        AND r.started_at >= :since::timestamptz AND r.started_at < :until::timestamptz
        AND r.status NOT IN ('running', 'skipped')
    GROUP BY 1
), changed AS (
    SELECT (h.at AT TIME ZONE :zone)::date AS day, count(*) FILTER (WHERE h.kind = 'block.placed') AS placed,
        count(*) FILTER (WHERE h.kind = 'block.moved') AS moved, count(*) FILTER (WHERE h.kind = 'block.removed') AS removed
    FROM workspace_history h
    WHERE h.ws_id = :ws_id::uuid AND h.at >= :since::timestamptz AND h.at < :until::timestamptz
        AND h.kind IN ('block.placed', 'block.moved', 'block.removed')
        AND h.version > coalesce((
            SELECT b.version FROM workspace_history b WHERE b.ws_id = :ws_id::uuid AND b.at < :since::timestamptz
            ORDER BY b.version DESC LIMIT 1
        ), 0)
    GROUP BY 1
)
SELECT coalesce(e.day, c.day), coalesce(e.syncs, 0), coalesce(e.syncs_failed, 0), coalesce(e.written, 0)::bigint,
    coalesce(e.plans, 0), coalesce(c.placed, 0), coalesce(c.moved, 0), coalesce(c.removed, 0)
FROM ended e FULL JOIN changed c ON c.day = e.day;

-- name: done
SELECT count(*) FILTER (WHERE d.completed_at <= d.end_date), count(*) FILTER (WHERE d.completed_at > d.end_date),
    count(*) FILTER (WHERE d.end_date IS NULL)
FROM (
    SELECT t.completed_at, t.end_date FROM tasks t WHERE t.ws_id = :ws_id::uuid
    UNION ALL
    SELECT m.completed_at, m.end_date FROM meetings m WHERE m.ws_id = :ws_id::uuid
) d
WHERE d.completed_at >= :since::timestamptz AND d.completed_at < :until::timestamptz;

-- name: last_plan
SELECT coalesce((r.report ->> 'scheduled')::integer, 0), coalesce((r.report ->> 'late')::integer, 0),
    coalesce((r.report ->> 'unscheduled')::integer, 0), coalesce((r.report ->> 'at_risk')::integer, 0)
FROM runs r
WHERE r.ws_id = :ws_id::uuid AND r.kind = 'schedule' AND r.status = 'completed' AND r.started_at < :until::timestamptz
ORDER BY r.started_at DESC
LIMIT 1;

-- name: hours
-- What takes no time is left out: whole days, what is shown as free, what was declined.
SELECT w.what, (sum(date_part('epoch', least(w.end_at, :until::timestamptz) - greatest(w.start_at, :since::timestamptz))) / 60)::bigint
FROM (
    SELECT e.start_at, e.end_at, CASE
        WHEN b.event_id IS NOT NULL THEN 'tasks, ' || coalesce(t.calendar_hours, 'other')
        WHEN o.event_id IS NOT NULL THEN 'habits, ' || coalesce(h.calendar_hours, 'other')
        WHEN g.event_id IS NOT NULL THEN 'meetings'
        WHEN e.event_type = 'focusTime' THEN 'focus time'
        WHEN e.event_type = 'outOfOffice' THEN 'out of office'
        ELSE 'events' END AS what
    FROM workspace_calendar_events e
    LEFT JOIN task_calendar_events b ON b.event_id = e.id
    LEFT JOIN tasks t ON t.id = b.task_id
    LEFT JOIN habit_calendar_events o ON o.event_id = e.id
    LEFT JOIN workspace_habits h ON h.id = o.habit_id
    LEFT JOIN meeting_calendar_events g ON g.event_id = e.id
    WHERE e.ws_id = :ws_id::uuid AND e.end_at > :since::timestamptz AND e.start_at < :until::timestamptz
        AND NOT e.all_day AND e.transparency = 'opaque' AND e.response IS DISTINCT FROM 'declined'
        AND e.event_type NOT IN ('birthday', 'workingLocation')
) w
GROUP BY w.what
ORDER BY 2 DESC, 1;
