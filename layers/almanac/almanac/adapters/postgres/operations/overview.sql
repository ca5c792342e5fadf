-- Statements that count runs: quarters of an hour that are over from run_rollup, what is younger from runs.

-- name: next_quarter
-- The quarter to be added next, when it has been over for longer than any run of it can live. A week back at most.
SELECT q FROM (
    SELECT greatest((SELECT max(began) + interval '15 minutes' FROM run_rollup_calls),
        date_bin('1 hour', now(), 'epoch') - interval '7 days') AS q
) n
WHERE q + interval '35 minutes' <= now();

-- name: claim_quarter
-- With its provider's calls. No row: somebody else is adding it, or has.
INSERT INTO run_rollup_calls (began, calls, peak, peak_minute)
SELECT :began::timestamptz, coalesce(sum(m.calls), 0), coalesce(max(m.calls), 0),
    (array_agg(m.minute ORDER BY m.calls DESC, m.minute))[1]
FROM (
    SELECT date_bin('1 minute', started_at, 'epoch') AS minute, sum(coalesce((report ->> 'api_calls')::integer, 0)) AS calls
    FROM runs
    WHERE kind = 'sync' AND started_at >= :began::timestamptz AND started_at < :began::timestamptz + interval '15 minutes'
    GROUP BY 1
) m
ON CONFLICT (began) DO NOTHING
RETURNING began;

-- name: add_counts
INSERT INTO run_rollup (began, kind, status, outcome, error_type, runs)
SELECT :began::timestamptz, kind, status, outcome, coalesce(error_type, ''), count(*)
FROM runs
WHERE kind = ANY (:kinds::text[]) AND started_at >= :began::timestamptz
    AND started_at < :began::timestamptz + interval '15 minutes' AND status <> 'running'
GROUP BY kind, status, outcome, coalesce(error_type, '')
ON CONFLICT DO NOTHING;

-- name: add_times
INSERT INTO run_rollup_times (began, kind, bucket, took, waited)
SELECT :began::timestamptz, t.kind, t.bucket, sum(t.took), sum(t.waited)
FROM run_times t
WHERE t.kind = ANY (:kinds::text[]) AND t.started_at >= :began::timestamptz
    AND t.started_at < :began::timestamptz + interval '15 minutes'
GROUP BY t.kind, t.bucket
ON CONFLICT DO NOTHING;

-- name: rolled_until
-- The first instant that no row of the roll-up covers.
SELECT max(began) + interval '15 minutes' FROM run_rollup_calls;

-- name: rolled_counts
SELECT date_bin('1 hour', began, 'epoch'), kind, status, error_type, sum(runs)::bigint FROM run_rollup
WHERE began >= :since::timestamptz AND began < :until::timestamptz
GROUP BY 1, kind, status, error_type;

-- name: rolled_times
SELECT date_bin('1 hour', began, 'epoch'), kind, bucket, sum(took)::bigint, sum(waited)::bigint FROM run_rollup_times
WHERE began >= :since::timestamptz AND began < :until::timestamptz
GROUP BY 1, kind, bucket;

-- name: rolled_calls
SELECT sum(calls)::bigint, max(peak)::bigint, (array_agg(peak_minute ORDER BY peak DESC, began))[1] FROM run_rollup_calls
WHERE began >= :since::timestamptz AND began < :until::timestamptz;

-- name: live_counts
SELECT date_bin('1 hour', started_at, 'epoch'), kind, status, coalesce(error_type, ''), count(*)
FROM runs
WHERE kind = ANY (:kinds::text[]) AND started_at >= :since::timestamptz
    AND (:ws_ids::uuid[] IS NULL OR ws_id = ANY (:ws_ids::uuid[]))
GROUP BY 1, 2, 3, 4;

-- name: live_times
SELECT date_bin('1 hour', t.started_at, 'epoch'), t.kind, t.bucket, sum(t.took)::bigint, sum(t.waited)::bigint
FROM run_times t
WHERE t.kind = ANY (:kinds::text[]) AND t.started_at >= :since::timestamptz
    AND (:ws_ids::uuid[] IS NULL OR t.ws_id = ANY (:ws_ids::uuid[]))
GROUP BY 1, 2, 3;

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
