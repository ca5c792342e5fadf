-- The quarter of an hour that goes on is added to the roll-up as well, anew each minute, so that an overview counts a few
-- minutes run by run and not a quarter.

-- One row. Endings and times of its quarter are in run_rollup and run_rollup_times; that run_rollup_calls has none of it keeps
-- them out of sight of the release before, which goes on from the last whole quarter.
CREATE TABLE run_rollup_young (
    one         boolean PRIMARY KEY DEFAULT true CHECK (one),
    began       timestamptz NOT NULL,
    until       timestamptz NOT NULL, -- what began before is counted
    calls       bigint NOT NULL,
    peak        bigint NOT NULL,
    peak_minute timestamptz,
    going       uuid[] NOT NULL -- runs that went on then
);

-- What the roll-up holds, without a gap: whole quarters, and what there is of the one after them.
CREATE VIEW run_rollup_spans AS
SELECT began, began + interval '15 minutes' AS until, calls, peak, peak_minute FROM run_rollup_calls
UNION ALL
SELECT began, until, calls, peak, peak_minute FROM run_rollup_young
WHERE began = (SELECT max(began) + interval '15 minutes' FROM run_rollup_calls);

-- Runs in them that went on when they were counted.
CREATE VIEW run_rollup_going AS
SELECT run_id FROM run_rollup_open
UNION ALL
SELECT unnest(going) FROM run_rollup_young
WHERE began = (SELECT max(began) + interval '15 minutes' FROM run_rollup_calls);
