-- Statements that count runs by the hour: hours that are over from run_rollup, what is younger from runs.

-- name: next_hour
-- The hour to be added next, when it has been over for longer than any run of it can live. A week back at most.
SELECT h FROM (
    SELECT greatest((SELECT max(hour) + interval '1 hour' FROM run_rollup_calls),
        date_trunc('hour', now(), 'UTC') - interval '7 days') AS h
) n
WHERE h + interval '80 minutes' <= now();

-- name: claim_hour
-- With its provider's calls. No row: somebody else is adding it, or has.
INSERT INTO run_rollup_calls (hour, calls, peak, peak_minute)
SELECT :hour::timestamptz, coalesce(sum(m.calls), 0), coalesce(max(m.calls), 0),
    (array_agg(m.minute ORDER BY m.calls DESC, m.minute))[1]
FROM (
    SELECT date_bin('1 minute', started_at, 'epoch') AS minute, sum(coalesce((report ->> 'api_calls')::integer, 0)) AS calls
    FROM runs
    WHERE kind = 'sync' AND started_at >= :hour::timestamptz AND started_at < :hour::timestamptz + interval '1 hour'
    GROUP BY 1
) m
ON CONFLICT (hour) DO NOTHING
RETURNING hour;

-- name: add_counts
INSERT INTO run_rollup (hour, kind, status, outcome, error_type, runs)
SELECT :hour::timestamptz, kind, status, outcome, coalesce(error_type, ''), count(*)
FROM runs
WHERE kind = ANY (:kinds::text[]) AND started_at >= :hour::timestamptz AND started_at < :hour::timestamptz + interval '1 hour'
    AND status <> 'running'
GROUP BY kind, status, outcome, coalesce(error_type, '')
ON CONFLICT DO NOTHING;

-- name: add_times
INSERT INTO run_rollup_times (hour, kind, bucket, took, waited)
SELECT :hour::timestamptz, kind, bucket, sum(took), sum(waited)
FROM (
    SELECT kind, almanac_bucket(total_ms) AS bucket, 1 AS took, 0 AS waited FROM runs
    WHERE kind = ANY (:kinds::text[]) AND started_at >= :hour::timestamptz
        AND started_at < :hour::timestamptz + interval '1 hour' AND status NOT IN ('running', 'skipped')
    UNION ALL
    SELECT kind, almanac_bucket(extract(epoch FROM finished_at - sent_at)::float8 * 1000), 0, 1 FROM runs
    WHERE kind = ANY (:kinds::text[]) AND started_at >= :hour::timestamptz
        AND started_at < :hour::timestamptz + interval '1 hour' AND status IN ('completed', 'partial') AND sent_at IS NOT NULL
) t
GROUP BY kind, bucket
ON CONFLICT DO NOTHING;

-- name: rolled_until
-- The first instant that no row of the roll-up covers.
SELECT max(hour) + interval '1 hour' FROM run_rollup_calls;

-- name: rolled_counts
SELECT hour, kind, status, error_type, sum(runs)::bigint FROM run_rollup
WHERE hour >= :since::timestamptz AND hour < :until::timestamptz
GROUP BY hour, kind, status, error_type;

-- name: rolled_times
SELECT hour, kind, bucket, took, waited FROM run_rollup_times
WHERE hour >= :since::timestamptz AND hour < :until::timestamptz;

-- name: rolled_calls
SELECT sum(calls)::bigint, max(peak)::bigint, (array_agg(peak_minute ORDER BY peak DESC, hour))[1] FROM run_rollup_calls
WHERE hour >= :since::timestamptz AND hour < :until::timestamptz;

-- name: live_counts
SELECT date_trunc('hour', started_at, 'UTC'), kind, status, coalesce(error_type, ''), count(*)
FROM runs
WHERE kind = ANY (:kinds::text[]) AND started_at >= :since::timestamptz
    AND (:ws_ids::uuid[] IS NULL OR ws_id = ANY (:ws_ids::uuid[]))
GROUP BY 1, 2, 3, 4;

-- name: live_times
SELECT hour, kind, bucket, sum(took)::bigint, sum(waited)::bigint
FROM (
    SELECT date_trunc('hour', started_at, 'UTC') AS hour, kind, almanac_bucket(total_ms) AS bucket, 1 AS took, 0 AS waited
    FROM runs
    WHERE kind = ANY (:kinds::text[]) AND started_at >= :since::timestamptz AND status NOT IN ('running', 'skipped')
        AND (:ws_ids::uuid[] IS NULL OR ws_id = ANY (:ws_ids::uuid[]))
    UNION ALL
    SELECT date_trunc('hour', started_at, 'UTC'), kind,
        almanac_bucket(extract(epoch FROM finished_at - sent_at)::float8 * 1000), 0, 1
    FROM runs
    WHERE kind = ANY (:kinds::text[]) AND started_at >= :since::timestamptz AND status IN ('completed', 'partial')
        AND sent_at IS NOT NULL AND (:ws_ids::uuid[] IS NULL OR ws_id = ANY (:ws_ids::uuid[]))
) t
GROUP BY hour, kind, bucket;

-- name: live_calls
SELECT sum(m.calls)::bigint, max(m.calls)::bigint, (array_agg(m.minute ORDER BY m.calls DESC, m.minute))[1]
FROM (
    SELECT date_bin('1 minute', started_at, 'epoch') AS minute, sum(coalesce((report ->> 'api_calls')::integer, 0)) AS calls
    FROM runs
    WHERE kind = 'sync' AND started_at >= :since::timestamptz
        AND (:ws_ids::uuid[] IS NULL OR ws_id = ANY (:ws_ids::uuid[]))
    GROUP BY 1
) m;

-- name: waiting
-- Since when the oldest scheduled message waits that has not arrived, and accounts that have to be connected again.
SELECT
    (SELECT min(queued_at) FROM workspace_sync_leases
     WHERE queued_at > now() - interval '1 hour' AND (:ws_ids::uuid[] IS NULL OR ws_id = ANY (:ws_ids::uuid[]))),
    (SELECT count(*) FROM calendar_auth_tokens
     WHERE status = 'reconnect_required' AND (:ws_ids::uuid[] IS NULL OR ws_id = ANY (:ws_ids::uuid[])));
