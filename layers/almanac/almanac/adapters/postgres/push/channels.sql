-- Statements of push channels. Rows are always scoped by workspace and installation; a statement that writes during a run
-- checks its lease's fence.

-- name: load_channels
-- What may still ring, is waited for, or has to be stopped; with its account, whatever has become of that.
SELECT p.id, p.account_id, p.connection_id, p.resource_id, p.address_fingerprint, p.status, p.created_at, p.verified_at,
    p.expires_at, p.last_message_at, p.changed_at, p.missed_pushes, p.failures, p.retry_at,
    a.provider, a.account_email, a.access_token, a.refresh_token, a.expires_at, a.status, a.version
FROM calendar_push_channels p
JOIN calendar_auth_tokens a ON a.id = p.account_id
WHERE p.ws_id = :ws_id::uuid AND p.installation = :installation AND p.status <> 'stopped'
    AND (p.expires_at IS NULL OR p.expires_at > now())
ORDER BY p.created_at;

-- name: pauses
-- Of the calendars whose channel is healthy, in seconds; with the database's time.
SELECT now(), jsonb_object_agg(k.id, k.seconds) FILTER (WHERE k.seconds IS NOT NULL)
FROM (
    SELECT c.id, extract(epoch FROM almanac_poll_pause(c.id, :installation, :address_fingerprint)) AS seconds
    FROM calendar_connections c WHERE c.ws_id = :ws_id::uuid
) k;

-- name: next_start
-- Of all workspaces: some at once, then one after the other. No row when the next turn is too far ahead.
INSERT INTO starting_channels AS s (provider, next_start_at)
VALUES (:provider, clock_timestamp() + (2 - :at_once::float8) * :interval::float8 * interval '1 second')
ON CONFLICT (provider) DO UPDATE SET next_start_at = :interval::float8 * interval '1 second'
    + greatest(s.next_start_at, clock_timestamp() + (1 - :at_once::float8) * :interval::float8 * interval '1 second')
WHERE s.next_start_at <= clock_timestamp() + :longest::float8 * interval '1 second'
RETURNING greatest(extract(epoch FROM s.next_start_at - clock_timestamp())::float8 - :interval::float8, 0);

-- name: open_channel
-- In the place of earlier attempts, whose number it takes over. What can ring no more goes with them, of any calendar.
WITH held AS (
    UPDATE workspace_sync_leases
    SET expires_at = clock_timestamp() + :seconds::float8 * interval '1 second'
    WHERE ws_id = :ws_id::uuid AND owner = :run_id::uuid AND fence = :fence::bigint
    RETURNING ws_id
), ended AS (
    DELETE FROM calendar_push_channels p USING held
    WHERE p.ws_id = held.ws_id AND p.installation = :installation AND (
        p.expires_at < now() - interval '1 day'
        OR (p.status IN ('stopped', 'stopping') AND p.expires_at IS NULL AND p.created_at < now() - interval '9 days')
    )
), earlier AS (
    DELETE FROM calendar_push_channels p USING held
    WHERE p.ws_id = held.ws_id AND p.connection_id = :connection_id::uuid AND p.installation = :installation
        AND p.status IN ('failed', 'unsupported')
    RETURNING p.failures
), opened AS (
    INSERT INTO calendar_push_channels
        (id, ws_id, account_id, connection_id, installation, address_fingerprint, failures)
    SELECT :channel_id::uuid, c.ws_id, c.auth_token_id, c.id, :installation, :address_fingerprint,
        (SELECT coalesce(max(failures), 0) FROM earlier)
    FROM held JOIN calendar_connections c ON c.ws_id = held.ws_id AND c.id = :connection_id::uuid
)
SELECT ws_id FROM held;

-- name: retire_active
-- Before the new one is active: the index allows one. Where the previous one had expired there is nothing to stop.
UPDATE calendar_push_channels p
SET status = 'stopping'
FROM calendar_push_channels n
WHERE n.id = :channel_id::uuid AND n.ws_id = :ws_id::uuid AND p.ws_id = n.ws_id AND p.connection_id = n.connection_id
    AND p.installation = n.installation AND p.status = 'active' AND p.id <> n.id;

-- name: activate_channel
UPDATE calendar_push_channels
SET status = 'active', resource_id = :resource_id, expires_at = :expires_at::timestamptz, failures = 0, retry_at = NULL,
    last_error_type = NULL
WHERE id = :channel_id::uuid AND ws_id = :ws_id::uuid;

-- name: close_channel
WITH held AS (
    UPDATE workspace_sync_leases
    SET expires_at = clock_timestamp() + :seconds::float8 * interval '1 second'
    WHERE ws_id = :ws_id::uuid AND owner = :run_id::uuid AND fence = :fence::bigint
    RETURNING ws_id
), closed AS (
    UPDATE calendar_push_channels p
    SET status = :status, retry_at = :retry_at::timestamptz, last_error_type = :error_type,
        failures = p.failures + CASE WHEN :status IN ('failed', 'unsupported') THEN 1 ELSE 0 END
    FROM held WHERE p.id = :channel_id::uuid AND p.ws_id = held.ws_id
)
SELECT ws_id FROM held;

-- name: stopped_channel
UPDATE calendar_push_channels SET status = 'stopped', retry_at = NULL
WHERE id = :channel_id::uuid AND ws_id = :ws_id::uuid;

-- name: ring_channel
-- A ring may come before the answer to the watch has: then its resource is not known yet. Rings of a channel whose attempt
-- failed name what is needed to stop it.
UPDATE calendar_push_channels p
SET last_message_at = clock_timestamp(), verified_at = coalesce(p.verified_at, clock_timestamp()), missed_pushes = 0,
    resource_id = coalesce(p.resource_id, :resource_id),
    status = CASE p.status WHEN 'failed' THEN 'stopping' WHEN 'unsupported' THEN 'stopping' ELSE p.status END
WHERE p.id = :channel_id::uuid AND p.ws_id = :ws_id::uuid AND p.installation = :installation
    AND coalesce(p.resource_id, :resource_id) = :resource_id
RETURNING p.status IN ('active', 'pending') AND p.connection_id = :connection_id::uuid,
    EXISTS (SELECT 1 FROM calendar_sync_states s
        WHERE s.connection_id = p.connection_id AND s.last_synced_at >= p.created_at);

-- name: keep_unknown_channel
-- Rows were lost, or the channel is older than what was restored: the ring names all that is needed to stop it.
INSERT INTO calendar_push_channels
    (id, ws_id, account_id, connection_id, installation, address_fingerprint, resource_id, status, last_message_at)
SELECT :channel_id::uuid, c.ws_id, c.auth_token_id, c.id, :installation, :address_fingerprint, :resource_id, 'stopping',
    clock_timestamp()
FROM calendar_connections c
WHERE c.id = :connection_id::uuid AND c.ws_id = :ws_id::uuid
ON CONFLICT (id) DO NOTHING;

-- name: found_change
WITH held AS (
    UPDATE workspace_sync_leases
    SET expires_at = clock_timestamp() + :seconds::float8 * interval '1 second'
    WHERE ws_id = :ws_id::uuid AND owner = :run_id::uuid AND fence = :fence::bigint
    RETURNING ws_id
), noted AS (
    UPDATE calendar_push_channels p
    SET changed_at = clock_timestamp(), missed_pushes = p.missed_pushes + CASE WHEN :missed::boolean THEN 1 ELSE 0 END
    FROM held
    WHERE p.ws_id = held.ws_id AND p.connection_id = :connection_id::uuid AND p.installation = :installation
        AND p.status = 'active'
)
SELECT ws_id FROM held;

-- name: installation
SELECT name FROM installation;

-- name: list_channels
SELECT p.id, p.ws_id, w.name, p.connection_id, c.calendar_name, c.calendar_id, p.status, p.verified_at, p.expires_at,
    p.last_message_at, p.missed_pushes, p.retry_at, p.last_error_type, p.installation = :installation,
    p.address_fingerprint = :address_fingerprint,
    almanac_poll_pause(p.connection_id, :installation, :address_fingerprint) IS NOT NULL AND p.status = 'active'
FROM calendar_push_channels p
JOIN workspaces w ON w.id = p.ws_id
LEFT JOIN calendar_connections c ON c.id = p.connection_id
WHERE (:ws_id::uuid IS NULL OR p.ws_id = :ws_id::uuid) AND p.status <> 'stopped'
ORDER BY lower(w.name), p.ws_id, c.calendar_name NULLS LAST, c.calendar_id, p.created_at;

-- name: channel_states
-- Of this installation: active ones, those that never rang, those that should have been renewed a night ago, calendars
-- that cannot be watched for now, calendars without push.
SELECT
    count(*) FILTER (WHERE status = 'active' AND expires_at > now()),
    count(*) FILTER (WHERE status = 'active' AND expires_at > now() AND verified_at IS NULL
        AND created_at < now() - interval '1 hour'),
    count(*) FILTER (WHERE status = 'active' AND expires_at < now() + interval '24 hours' AND connection_id IS NOT NULL),
    count(*) FILTER (WHERE status = 'failed' AND failures > 2),
    count(*) FILTER (WHERE status = 'unsupported')
FROM calendar_push_channels
WHERE installation = :installation;
