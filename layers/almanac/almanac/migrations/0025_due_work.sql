-- What several statements ask in the same words, as views: each rule stands once, and its plans are those of the words.

-- Something to place, or a block still ahead whose task or habit is gone.
CREATE VIEW workspaces_to_plan AS
SELECT w.id
FROM workspaces w
WHERE EXISTS (SELECT 1 FROM tasks t WHERE t.ws_id = w.id AND t.auto_schedule AND t.completed_at IS NULL)
    OR EXISTS (SELECT 1 FROM workspace_habits h WHERE h.ws_id = w.id AND h.is_active AND h.auto_schedule)
    OR EXISTS (SELECT 1 FROM meetings m WHERE m.ws_id = w.id AND m.auto_schedule AND m.completed_at IS NULL)
    OR EXISTS (
        SELECT 1 FROM workspace_calendar_events e
        WHERE e.ws_id = w.id AND e.start_at > now() AND NOT e.locked
            AND (EXISTS (SELECT 1 FROM task_calendar_events b WHERE b.event_id = e.id)
                OR EXISTS (SELECT 1 FROM habit_calendar_events b WHERE b.event_id = e.id))
    );

-- Workspaces for which a plan may follow a change, each with its last plan's run, which makes the message known: as long as
-- it is the last one, the same message is asked for. At most one such plan in two minutes, and an hour after one that failed.
CREATE VIEW workspaces_to_replan AS
SELECT w.id, coalesce((
    SELECT r.id::text FROM runs r WHERE r.ws_id = w.id AND r.kind = 'schedule' AND r.status <> 'skipped'
    ORDER BY r.started_at DESC LIMIT 1
), 'none') AS last_plan
FROM workspaces_to_plan w
WHERE NOT EXISTS (
    SELECT 1 FROM runs r
    WHERE r.ws_id = w.id AND r.kind = 'schedule' AND r.source = 'sync' AND r.started_at > now()
        - CASE WHEN r.status = 'failed' THEN interval '1 hour' ELSE interval '2 minutes' END
        AND r.status <> 'skipped'
);

-- Events of providers that no window reaches again and that the app has given nothing: what has left every window is never
-- read again, neither its changes nor its end. What a sync token still tells of is not among them.
CREATE VIEW events_out_of_reach AS
SELECT e.id, e.ws_id, e.start_at, e.end_at
FROM workspace_calendar_events e
WHERE e.provider <> 'almanac' AND e.task_id IS NULL AND NOT e.locked AND e.color_override IS NULL
    AND NOT EXISTS (SELECT 1 FROM task_calendar_events b WHERE b.event_id = e.id)
    AND NOT EXISTS (SELECT 1 FROM habit_calendar_events b WHERE b.event_id = e.id)
    AND NOT EXISTS (
        SELECT 1 FROM calendar_connections c JOIN calendar_sync_states s ON s.connection_id = c.id
        WHERE c.ws_id = e.ws_id AND c.provider = e.provider AND c.calendar_id = e.external_calendar_id
            AND s.window_start < e.end_at + interval '10 days'
    );

-- How long runs took, and how long they were waited for, by the buckets of the roll-up: a row of each for every run.
CREATE VIEW run_times AS
SELECT r.ws_id, r.kind, r.started_at, t.bucket, t.took, t.waited
FROM runs r
CROSS JOIN LATERAL (VALUES
    (almanac_bucket(r.total_ms), 1, 0),
    (almanac_bucket(date_part('epoch', r.finished_at - r.sent_at) * 1000), 0,
        (r.status IN ('completed', 'partial') AND r.sent_at IS NOT NULL)::integer)
) t (bucket, took, waited)
WHERE r.status NOT IN ('running', 'skipped') AND t.took + t.waited > 0;
