-- Keys that end by themselves, that see one job, or that may only be used so often a day.

ALTER TABLE api_keys
    ADD COLUMN expires_at  timestamptz, -- a token that a browser was given; null: a key, good until it is revoked
    ADD COLUMN job_id      text CHECK (char_length(job_id) BETWEEN 1 AND 255), -- all that a token may look at
    ADD COLUMN daily_limit integer CHECK (daily_limit > 0), -- calls of a day in UTC; null: as many as come
    ADD COLUMN calls_on    date, -- the day that is counted; only where there is a limit
    ADD COLUMN calls       integer NOT NULL DEFAULT 0;
CREATE INDEX api_keys_expires_at ON api_keys (expires_at) WHERE expires_at IS NOT NULL;
