-- Statements that count runs: the time that the roll-up holds from run_rollup, the rest from runs.

-- name: hold_rollup
-- One adds at a time; whoever comes meanwhile has nothing to do.
SELECT pg_try_advisory_xact_lock(hashtext('almanac run_rollup'));

-- name: next_quarter
-- The quarter to be added next, to where, and whether that is not its end: up to two minutes ago, for a beginning is
-- committed well within them. The first one is a week ago.
SELECT q, until, until < q + interval '15 minutes'
FROM (
    SELECT q, least(q + interval '15 minutes', date_bin('1 minute', now() - interval '2 minutes', 'epoch')) AS until FROM (
        SELECT coalesce((SELECT max(began) + interval '15 minutes' FROM run_rollup_calls),
            date_bin('1 hour', now(), 'epoch') - interval '7 days') AS q
    ) n
) n
WHERE until > q AND NOT EXISTS (SELECT 1 FROM run_rollup_young y WHERE y.began = n.q AND y.until >= n.until);

-- name: late_quarters
-- Those with a run that went on when they were counted, and does no more; as above.
SELECT DISTINCT o.began, o.began + interval '15 minutes', false FROM run_rollup_open o
WHERE NOT EXISTS (SELECT 1 FROM runs r WHERE r.id = o.run_id AND r.status = 'running');

-- name: count_quarter
-- All of it in one statement, which sees one moment: a run is counted, or remembered as one that goes on. A young quarter is
-- one that goes on itself.
WITH found AS MATERIALIZED (
    SELECT * FROM counted_runs
    WHERE kind = ANY (:kinds::text[]) AND started_at >= :began::timestamptz AND started_at < :until::timestamptz
), calls AS (
    SELECT coalesce(sum(m.calls), 0) AS calls, coalesce(max(m.calls), 0) AS peak,
        (array_agg(m.minute ORDER BY m.calls DESC, m.minute))[1] AS peak_minute
    FROM (SELECT date_bin('1 minute', started_at, 'epoch') AS minute, sum(calls) AS calls FROM found GROUP BY 1) m
), whole AS (
    INSERT INTO run_rollup_calls (began, calls, peak, peak_minute)
    SELECT :began::timestamptz, calls, peak, peak_minute FROM calls WHERE NOT :young::boolean
    ON CONFLICT (began) DO UPDATE
    SET calls = excluded.calls, peak = excluded.peak, peak_minute = excluded.peak_minute
), young AS (
    INSERT INTO run_rollup_young (began, until, calls, peak, peak_minute, going)
    SELECT :began::timestamptz, :until::timestamptz, calls, peak, peak_minute,
        ARRAY (SELECT id FROM found WHERE status = 'running')
    FROM calls WHERE :young::boolean
    ON CONFLICT (one) DO UPDATE
    SET began = excluded.began, until = excluded.until, calls = excluded.calls, peak = excluded.peak,
        peak_minute = excluded.peak_minute, going = excluded.going
), counts AS (
    INSERT INTO run_rollup (began, kind, status, outcome, error_type, runs)
    SELECT :began::timestamptz, kind, status, outcome, error_type, count(*) FROM found
    WHERE status <> 'running' GROUP BY kind, status, outcome, error_type
    ON CONFLICT (began, kind, status, outcome, error_type) DO UPDATE SET runs = excluded.runs
), times AS (
    INSERT INTO run_rollup_times (began, kind, bucket, took, waited)
    SELECT :began::timestamptz, t.kind, t.bucket, sum(t.took), sum(t.waited)
    FROM (
        SELECT kind, took AS bucket, count(*) AS took, 0 AS waited FROM found WHERE took IS NOT NULL GROUP BY 1, 2
        UNION ALL
        SELECT kind, waited, 0, count(*) FROM found WHERE waited IS NOT NULL GROUP BY 1, 2
    ) t
    GROUP BY t.kind, t.bucket
    ON CONFLICT (began, kind, bucket) DO UPDATE SET took = excluded.took, waited = excluded.waited
), ended AS (
    DELETE FROM run_rollup_open o
    WHERE o.began = :began::timestamptz
        AND NOT EXISTS (SELECT 1 FROM found f WHERE f.id = o.run_id AND f.status = 'running')
)
INSERT INTO run_rollup_open (run_id, began)
SELECT id, :began::timestamptz FROM found WHERE status = 'running' AND NOT :young::boolean
ON CONFLICT (run_id) DO NOTHING;

-- name: rolled_span
-- What the roll-up holds of whole quarters from an instant on, and of the one that goes on: from, until. Both null if nothing.
SELECT min(began), max(until) FROM run_rollup_spans WHERE began >= :since::timestamptz;

-- name: rolled_counts
SELECT date_bin('1 hour', began, 'epoch'), kind, status, outcome, error_type, sum(runs)::bigint FROM run_rollup
WHERE began >= :since::timestamptz AND began < :until::timestamptz
GROUP BY 1, kind, status, outcome, error_type;

-- name: rolled_times
SELECT date_bin('1 hour', began, 'epoch'), kind, bucket, sum(took)::bigint, sum(waited)::bigint FROM run_rollup_times
WHERE began >= :since::timestamptz AND began < :until::timestamptz
GROUP BY 1, kind, bucket;

-- name: rolled_calls
SELECT sum(calls)::bigint, max(peak)::bigint, (array_agg(peak_minute ORDER BY peak DESC, began))[1] FROM run_rollup_spans
WHERE began >= :since::timestamptz AND began < :until::timestamptz;

-- name: live
-- One pass over the runs that the roll-up does not hold: before its quarters, after them, and those in them that went on
-- when they were counted. Each row is one of four: an ending, a time that was taken or waited for, a minute's calls.
SELECT
    CASE WHEN grouping(minute) = 0 THEN 'calls' WHEN grouping(took) = 0 THEN 'took' WHEN grouping(waited) = 0 THEN 'waited'
        ELSE 'ending' END,
    hour, kind, status, outcome, error_type, coalesce(took, waited), minute, count(*), sum(calls)::bigint
FROM (
    SELECT date_bin('1 hour', started_at, 'epoch') AS hour, date_bin('1 minute', started_at, 'epoch') AS minute, kind,
        status, outcome, error_type, took, waited, calls
    FROM (
        SELECT * FROM counted_runs WHERE started_at >= :end::timestamptz
        UNION ALL
        SELECT * FROM counted_runs
        WHERE started_at >= :since::timestamptz AND started_at < :begin::timestamptz
        UNION ALL
        SELECT c.* FROM run_rollup_going o JOIN counted_runs c ON c.id = o.run_id
        WHERE c.started_at >= :begin::timestamptz AND c.started_at < :end::timestamptz
    ) r
    WHERE kind = ANY (:kinds::text[]) AND (:ws_ids::uuid[] IS NULL OR ws_id = ANY (:ws_ids::uuid[]))
) r
GROUP BY GROUPING SETS ((hour, kind, status, outcome, error_type), (hour, kind, took), (hour, kind, waited), (minute));

-- name: waiting
-- Since when the oldest scheduled message waits that has not arrived, accounts that have to be connected again, and
-- workspaces that are let alone.
SELECT
    (SELECT min(queued_at) FROM workspace_sync_leases
     WHERE queued_at > now() - interval '1 hour' AND (:ws_ids::uuid[] IS NULL OR ws_id = ANY (:ws_ids::uuid[]))),
    (SELECT count(*) FROM calendar_auth_tokens
     WHERE status = 'reconnect_required' AND (:ws_ids::uuid[] IS NULL OR ws_id = ANY (:ws_ids::uuid[]))),
    (SELECT count(*) FROM workspace_pauses WHERE :ws_ids::uuid[] IS NULL OR ws_id = ANY (:ws_ids::uuid[]));
