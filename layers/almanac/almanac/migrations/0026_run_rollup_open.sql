-- A quarter of an hour is added to the roll-up soon after it is over: runs that still go on then are remembered, and their
-- quarter is counted again when they have ended.

CREATE TABLE run_rollup_open (
    run_id uuid PRIMARY KEY, -- no foreign key: a check a row would cost whoever deletes runs
    began  timestamptz NOT NULL -- its quarter
);

-- What is counted of a run, whoever counts. Buckets as in run_rollup_times: how long it took, if it was tried, and how long
-- after its message it was done, if it was.
CREATE VIEW counted_runs AS
SELECT r.id, r.ws_id, r.kind, r.started_at, r.status, r.outcome, coalesce(r.error_type, '') AS error_type,
    CASE WHEN r.status NOT IN ('running', 'skipped') THEN almanac_bucket(r.total_ms) END AS took,
    CASE WHEN r.status IN ('completed', 'partial') AND r.sent_at IS NOT NULL
        THEN almanac_bucket(date_part('epoch', r.finished_at - r.sent_at) * 1000) END AS waited,
    CASE WHEN r.kind = 'sync' AND r.status <> 'running' THEN coalesce((r.report ->> 'api_calls')::integer, 0) ELSE 0 END
        AS calls
FROM runs r;
