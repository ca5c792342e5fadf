-- Push: who rings when a calendar changes. Channels are kept by state (almanac/domain/push/channels.py); a row stays until
-- its channel can ring no more.

-- Names this installation, unless ALMANAC_INSTALLATION does, so that a copy of it never takes its channels for its own.
CREATE TABLE installation (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    name     text NOT NULL DEFAULT gen_random_uuid()::text CHECK (char_length(name) BETWEEN 1 AND 100)
);
INSERT INTO installation DEFAULT VALUES;

CREATE TABLE calendar_push_channels (
    id                  uuid PRIMARY KEY, -- the channel's name at the provider: a new one for every attempt
    ws_id               uuid NOT NULL,
    account_id          uuid NOT NULL,
    connection_id       uuid REFERENCES calendar_connections ON DELETE SET NULL, -- null = removed: to be stopped
    installation        text NOT NULL, -- whose it is; another's is neither adopted nor stopped
    address_fingerprint text NOT NULL, -- of the address it rings at
    resource_id         text, -- opaque; null = nobody knows
    status              text NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'active', 'stopping', 'stopped', 'unsupported', 'failed')),
    created_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    verified_at         timestamptz, -- it has rung
    expires_at          timestamptz, -- as the provider's answer says
    last_message_at     timestamptz,
    changed_at          timestamptz, -- a run found a change of its calendar
    missed_pushes       integer NOT NULL DEFAULT 0 CHECK (missed_pushes >= 0), -- in a row
    failures            integer NOT NULL DEFAULT 0 CHECK (failures >= 0), -- of the calendar's attempts, in a row
    retry_at            timestamptz, -- no other attempt before
    last_error_type     text,
    FOREIGN KEY (account_id, ws_id) REFERENCES calendar_auth_tokens (id, ws_id) ON DELETE CASCADE,
    CHECK (status <> 'active' OR (resource_id IS NOT NULL AND expires_at IS NOT NULL))
);
CREATE INDEX calendar_push_channels_ws_id ON calendar_push_channels (ws_id);
CREATE INDEX calendar_push_channels_connection_id ON calendar_push_channels (connection_id);
CREATE UNIQUE INDEX calendar_push_channels_one_active
    ON calendar_push_channels (connection_id, installation) WHERE status = 'active';
CREATE UNIQUE INDEX calendar_push_channels_one_pending
    ON calendar_push_channels (connection_id, installation) WHERE status = 'pending';

-- How long a calendar need not be asked: an hour, give or take a quarter (always the same for one calendar), while a
-- channel of this installation and address is healthy: it has rung, has missed nothing, and outlives the next two polls.
-- Else null. Both arguments are null where push is off.
CREATE FUNCTION almanac_poll_pause(connection uuid, of_installation text, at_address text) RETURNS interval
LANGUAGE sql STABLE AS $$
    SELECT interval '1 hour' * (0.75 + 0.5 * (abs(hashtext(p.connection_id::text)::bigint) % 1000) / 1000.0)
    FROM calendar_push_channels p
    WHERE p.connection_id = connection AND p.status = 'active'
        AND p.installation = of_installation AND p.address_fingerprint = at_address
        AND p.verified_at IS NOT NULL AND p.missed_pushes = 0 AND p.expires_at > now() + interval '3 hours'
$$;
