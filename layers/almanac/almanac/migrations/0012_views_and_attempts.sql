-- Through whom a calendar's rows were read, what each calendar costs whoever reads it, and trouble that is nobody's but the
-- project's.

-- An etag tells versions apart, not views: a reader sees less of a private event than its owner does.
CREATE TABLE calendar_views (
    ws_id         uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    provider      text NOT NULL,
    calendar_id   text NOT NULL,
    connection_id uuid, -- null: a pass through another one has begun. No foreign key: rows outlive their reader
    access_role   text, -- null: not known
    PRIMARY KEY (ws_id, provider, calendar_id)
);
INSERT INTO calendar_views (ws_id, provider, calendar_id, connection_id)
SELECT c.ws_id, c.provider, c.calendar_id, c.id
FROM calendar_connections c JOIN calendar_sync_states s ON s.connection_id = c.id
WHERE s.sync_token IS NOT NULL
ON CONFLICT DO NOTHING;

ALTER TABLE calendar_connections
    ADD COLUMN attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0), -- begun and never ended: their processes died
    ADD COLUMN page_limit integer CHECK (page_limit > 0), -- events a page, where a whole one was too much
    ADD COLUMN failed_at timestamptz; -- when an attempt failed last
ALTER TABLE workspace_sync_leases
    ADD COLUMN reading uuid[]; -- the connections that its owner has still to read, in order: the first one is being read
ALTER TABLE calendar_auth_tokens
    ADD COLUMN listed_at timestamptz NOT NULL DEFAULT now(); -- when its calendar list was read last
UPDATE calendar_auth_tokens SET listed_at = now() - random() * interval '1 day'; -- not all of them tomorrow at this hour

-- A provider that refuses our client or project: nobody's account or calendar is to blame. The row goes with the first
-- request that is answered.
CREATE TABLE provider_pauses (
    provider   text PRIMARY KEY,
    error_type text NOT NULL,
    error      text NOT NULL CHECK (char_length(error) <= 1000),
    since      timestamptz NOT NULL DEFAULT now(),
    retry_at   timestamptz NOT NULL
);
