-- Webhooks: who is told, where each of them stands in each workspace, what is under way, and how its attempts went.

-- Secrets are Fernet ciphertext; the checks make a plain one unstorable.
CREATE TABLE webhook_endpoints (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    ws_id           uuid REFERENCES workspaces ON DELETE CASCADE, -- null: all workspaces
    url             text NOT NULL CHECK (char_length(url) BETWEEN 8 AND 2000),
    kinds           text[] NOT NULL DEFAULT '{}', -- of changes; none: all
    secret          text NOT NULL CHECK (secret LIKE 'gAAAA%'),
    old_secret      text CHECK (old_secret LIKE 'gAAAA%'),
    old_until       timestamptz, -- deliveries are signed with the old secret too
    status          text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'paused', 'disabled')),
    disabled_reason text,
    failing_since   timestamptz, -- of its first failure since anything succeeded
    failures        integer NOT NULL DEFAULT 0, -- in a row
    retry_at        timestamptz, -- it asked to be left alone until then: all its lanes wait
    told            boolean NOT NULL DEFAULT false, -- the bus has heard that it was disabled
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    CHECK ((old_secret IS NULL) = (old_until IS NULL)),
    CHECK ((status = 'disabled') = (disabled_reason IS NOT NULL))
);

-- A lane: one endpoint in one workspace. Lanes do not wait for each other. No row: it begins at version 0.
CREATE TABLE webhook_cursors (
    endpoint_id    uuid NOT NULL REFERENCES webhook_endpoints ON DELETE CASCADE,
    ws_id          uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    version        bigint NOT NULL, -- everything up to here was delivered, or is of no interest
    replayed_until bigint NOT NULL DEFAULT 0, -- changes up to here have been delivered before
    claimed_until  timestamptz, -- somebody is delivering
    PRIMARY KEY (endpoint_id, ws_id)
);
CREATE INDEX webhook_cursors_workspace ON webhook_cursors (ws_id);

-- A range of versions, frozen once it is sent: a repetition has the same id and the same content.
CREATE TABLE webhook_deliveries (
    id              uuid PRIMARY KEY, -- the header webhook-id
    endpoint_id     uuid NOT NULL REFERENCES webhook_endpoints ON DELETE CASCADE,
    ws_id           uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    from_version    bigint NOT NULL,
    to_version      bigint NOT NULL,
    more            boolean NOT NULL, -- there were changes after it when it was cut
    replayed        boolean NOT NULL,
    status          text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'given_up', 'cancelled')),
    attempts        integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    created_at      timestamptz NOT NULL DEFAULT now(),
    CHECK (from_version <= to_version)
);
CREATE UNIQUE INDEX webhook_deliveries_one_pending ON webhook_deliveries (endpoint_id, ws_id) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_of_endpoint ON webhook_deliveries (endpoint_id, created_at DESC);
CREATE INDEX webhook_deliveries_of_workspace ON webhook_deliveries (ws_id);
CREATE INDEX webhook_deliveries_created_at ON webhook_deliveries (created_at);

CREATE TABLE webhook_attempts (
    delivery_id   uuid NOT NULL REFERENCES webhook_deliveries ON DELETE CASCADE,
    n             integer NOT NULL,
    at            timestamptz NOT NULL DEFAULT clock_timestamp(),
    status_code   integer, -- null: no answer
    ms            integer NOT NULL,
    error_type    text,
    response_head text CHECK (char_length(response_head) <= 256),
    PRIMARY KEY (delivery_id, n)
);
