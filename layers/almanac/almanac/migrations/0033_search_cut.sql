-- How much of a plan's search there was no time for, in percent. The view is the one of 0007 with this column at its end.
CREATE OR REPLACE VIEW workspace_scheduling_metadata AS
SELECT r.id, r.ws_id, r.source::text AS source, r.user_id, r.job_id AS request_id,
    (r.scope ->> 'window_days')::integer AS window_days, (r.scope ->> 'force_reschedule')::boolean AS force_reschedule,
    r.scope ->> 'apply' AS apply, r.status, r.outcome, r.fence, r.started_at, r.finished_at, r.retry_after,
    (r.report ->> 'window_start')::timestamptz AS window_start, (r.report ->> 'window_end')::timestamptz AS window_end,
    coalesce((r.report ->> 'attempts')::integer, 0) AS attempts,
    coalesce((r.report ->> 'tasks')::integer, 0) AS tasks,
    coalesce((r.report ->> 'habits')::integer, 0) AS habits,
    coalesce((r.report ->> 'scheduled')::integer, 0) AS scheduled,
    coalesce((r.report ->> 'late')::integer, 0) AS late,
    coalesce((r.report ->> 'partial')::integer, 0) AS partial,
    coalesce((r.report ->> 'unscheduled')::integer, 0) AS unscheduled,
    coalesce((r.report ->> 'at_risk')::integer, 0) AS at_risk,
    coalesce((r.report ->> 'left_out')::integer, 0) AS left_out,
    coalesce((r.report ->> 'inserted')::integer, 0) AS inserted,
    coalesce((r.report ->> 'moved')::integer, 0) AS moved,
    coalesce((r.report ->> 'deleted')::integer, 0) AS deleted,
    coalesce((r.report ->> 'unchanged')::integer, 0) AS unchanged,
    (r.report ->> 'objective')::double precision AS objective,
    coalesce((r.report ->> 'load_ms')::integer, 0) AS load_ms,
    coalesce((r.report ->> 'plan_ms')::integer, 0) AS plan_ms,
    r.total_ms, coalesce(r.report -> 'warnings', '[]') AS warnings, r.error_type, r.error, r.sent_at, r.message_id,
    coalesce((r.report ->> 'search_cut_percent')::integer, 0) AS search_cut_percent
FROM runs r
WHERE r.kind = 'schedule';
