-- Runs by the quarter of an hour in which they began, so that an overview does not count a million rows. Quarters are
-- added when they are over; what is younger is counted from `runs`.

CREATE TABLE run_rollup (
    began      timestamptz NOT NULL,
    kind       text NOT NULL,
    status     text NOT NULL,
    outcome    text NOT NULL,
    error_type text NOT NULL, -- '' = none
    runs       bigint NOT NULL,
    PRIMARY KEY (began, kind, status, outcome, error_type)
);

-- How long they took, in buckets that grow by a tenth: bucket b holds [1.1^b, 1.1^(b+1)) milliseconds.
CREATE TABLE run_rollup_times (
    began  timestamptz NOT NULL,
    kind   text NOT NULL,
    bucket smallint NOT NULL,
    took   bigint NOT NULL, -- runs that took so long
    waited bigint NOT NULL, -- messages that were done so long after they were sent
    PRIMARY KEY (began, kind, bucket)
);

-- Calls of the provider: of a quarter the whole, and its fullest minute.
CREATE TABLE run_rollup_calls (
    began       timestamptz PRIMARY KEY,
    calls       bigint NOT NULL,
    peak        bigint NOT NULL,
    peak_minute timestamptz
);

CREATE FUNCTION almanac_bucket(ms double precision) RETURNS smallint LANGUAGE sql IMMUTABLE AS $$
    SELECT least(200, floor(ln(greatest(ms, 1)) / ln(1.1)))::smallint
$$;
