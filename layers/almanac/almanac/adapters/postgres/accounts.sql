-- Statements of the command line: set a workspace up, connect an account, look at its calendars.

-- name: add_workspace
INSERT INTO workspaces (id, name, timezone) VALUES (:ws_id::uuid, :name, :zone) ON CONFLICT (id) DO NOTHING;

-- name: workspace
SELECT name, timezone FROM workspaces WHERE id = :ws_id::uuid;

-- name: paused_since
SELECT p.since, p.paused_by FROM workspaces w LEFT JOIN workspace_pauses p ON p.ws_id = w.id WHERE w.id = :ws_id::uuid;

-- name: paused_of
SELECT ws_id FROM workspace_pauses WHERE ws_id = ANY (:ws_ids::uuid[]);

-- name: pause_workspace
-- Who pauses what is paused changes nothing: it says since when, and by whom.
INSERT INTO workspace_pauses (ws_id, since, paused_by)
SELECT w.id, coalesce(:since::timestamptz, now()), :paused_by FROM workspaces w WHERE w.id = :ws_id::uuid
ON CONFLICT (ws_id) DO NOTHING;

-- name: end_pause
-- What has changed meanwhile is planned after it, however long ago that was.
WITH gone AS (
    DELETE FROM workspace_pauses WHERE ws_id = :ws_id::uuid RETURNING ws_id, since, paused_by
)
SELECT g.since, g.paused_by, almanac_note_change(g.ws_id)::text FROM gone g;

-- name: live_workspaces
SELECT DISTINCT c.ws_id
FROM calendar_connections c JOIN calendar_auth_tokens a ON a.id = c.auth_token_id AND a.status = 'active'
WHERE c.is_enabled AND c.sync_inbound_enabled AND c.access_role <> 'freeBusyReader'
    AND NOT EXISTS (SELECT 1 FROM workspace_pauses p WHERE p.ws_id = c.ws_id)
ORDER BY c.ws_id;

-- name: primary_calendar
-- Of an account that is connected already, whatever has become of it.
SELECT c.calendar_id
FROM calendar_connections c JOIN calendar_auth_tokens a ON a.id = c.auth_token_id
WHERE a.ws_id = :ws_id::uuid AND a.user_id = :user_id AND a.provider = :provider AND a.account_email = :email
    AND c.is_primary;

-- name: put_account
-- New tokens revive an account, also one that was leaving: its blocks still go, it does not. The raised version tells a run
-- that holds the old tokens to load these.
INSERT INTO calendar_auth_tokens AS a (ws_id, user_id, provider, account_email, access_token, refresh_token, expires_at, scopes)
VALUES (:ws_id::uuid, :user_id, :provider, :email, :access_token, :refresh_token, :expires_at::timestamptz, :scopes::text[])
ON CONFLICT (ws_id, user_id, provider, account_email) DO UPDATE SET
    access_token = excluded.access_token, refresh_token = excluded.refresh_token, expires_at = excluded.expires_at,
    version = a.version + 1, status = 'active', last_error = NULL, scopes = excluded.scopes, listed_at = now(),
    leaving_since = NULL, updated_at = now()
RETURNING id, provider, account_email, access_token, refresh_token, expires_at, status, version;

-- name: put_connections
-- A known connection keeps its switches and its state, and loses its errors and its pause. A calendar whose events the
-- account could not see was switched off by us, so it is switched on when that changes.
INSERT INTO calendar_connections AS c
    (ws_id, auth_token_id, provider, calendar_id, calendar_name, color, access_role, time_zone, is_primary, is_enabled)
SELECT :ws_id::uuid, :account_id::uuid, :provider, p.calendar_id, p.name, p.color, p.access_role, p.time_zone, p.is_primary, p.readable
FROM unnest(:calendar_ids::text[], :names::text[], :colors::text[], :access_roles::text[], :time_zones::text[],
    :primaries::boolean[], :readable::boolean[])
    AS p (calendar_id, name, color, access_role, time_zone, is_primary, readable)
ON CONFLICT (auth_token_id, calendar_id) DO UPDATE SET
    calendar_name = excluded.calendar_name, color = excluded.color, access_role = excluded.access_role,
    time_zone = excluded.time_zone, is_primary = excluded.is_primary,
    is_enabled = c.is_enabled OR (excluded.is_enabled AND c.access_role IN ('freeBusyReader', 'none')),
    status = CASE
        WHEN c.status IN ('new', 'synced') THEN c.status
        WHEN EXISTS (SELECT 1 FROM calendar_sync_states s WHERE s.connection_id = c.id AND s.last_synced_at IS NOT NULL)
        THEN 'synced' ELSE 'new' END,
    last_error_type = NULL, last_error = NULL, failures = 0, retry_at = NULL, updated_at = now(),
    outbound_held_until = NULL, outbound_slowed = 0
WHERE c.ws_id = excluded.ws_id;

-- name: mark_unlisted
UPDATE calendar_connections
SET status = 'lost', last_error_type = :error_type, last_error = 'the account''s calendar list no longer has it',
    updated_at = now()
WHERE ws_id = :ws_id::uuid AND auth_token_id = :account_id::uuid AND calendar_id <> ALL (:calendar_ids::text[]);

-- name: connections
SELECT c.id, c.calendar_id, c.calendar_name, a.id, a.account_email, a.user_id, a.status, c.access_role,
    c.is_primary, c.is_enabled,
    c.sync_inbound_enabled, c.sync_outbound_enabled, c.sync_delete_enabled,
    c.is_enabled AND c.sync_inbound_enabled AND c.access_role <> 'freeBusyReader' AND a.status <> 'disconnected',
    s.last_synced_at, s.full_synced_at, c.status, c.last_error_type, c.last_error, c.failures, c.retry_at
FROM calendar_connections c
JOIN calendar_auth_tokens a ON a.id = c.auth_token_id
LEFT JOIN calendar_sync_states s ON s.connection_id = c.id
WHERE c.ws_id = :ws_id::uuid AND (:account_id::uuid IS NULL OR a.id = :account_id::uuid)
ORDER BY a.account_email, a.id, NOT c.is_primary, c.calendar_name, c.calendar_id;

-- name: list_workspaces
SELECT w.id, w.name, w.timezone,
    (SELECT count(*)::integer FROM calendar_auth_tokens a WHERE a.ws_id = w.id AND a.status <> 'disconnected'),
    (SELECT count(DISTINCT c.calendar_id)::integer
        FROM calendar_connections c JOIN calendar_auth_tokens a ON a.id = c.auth_token_id
        WHERE c.ws_id = w.id AND c.is_enabled AND c.sync_inbound_enabled AND c.access_role <> 'freeBusyReader'
            AND a.status <> 'disconnected'),
    (SELECT max(s.last_synced_at) FROM calendar_connections c JOIN calendar_sync_states s ON s.connection_id = c.id
        WHERE c.ws_id = w.id),
    (SELECT p.since FROM workspace_pauses p WHERE p.ws_id = w.id)
FROM workspaces w
ORDER BY lower(w.name), w.id;

-- name: workspaces_named
SELECT id FROM workspaces WHERE lower(name) = lower(:name) ORDER BY id;

-- name: workspace_names
SELECT id, name FROM workspaces WHERE id = ANY (:ws_ids::uuid[]);

-- name: has_weekly_report
SELECT settings -> 'weekly_report' = 'true' FROM workspaces WHERE id = :ws_id::uuid;

-- name: set_workspace
UPDATE workspaces
SET name = coalesce(:name::text, name), timezone = coalesce(:zone::text, timezone),
    settings = settings || jsonb_strip_nulls(jsonb_build_object('weekly_report', :weekly_report::boolean)),
    updated_at = now()
WHERE id = :ws_id::uuid
RETURNING name, timezone, settings -> 'weekly_report' = 'true';

-- name: remove_workspace
-- An account that is let go has had its channels stopped and its blocks taken back, or left on purpose.
DELETE FROM workspaces w
WHERE w.id = :ws_id::uuid
    AND NOT EXISTS (SELECT 1 FROM calendar_auth_tokens a WHERE a.ws_id = w.id AND a.status <> 'disconnected')
RETURNING w.id;

-- name: list_accounts
SELECT a.id, a.ws_id, w.name, a.account_email, a.user_id,
    CASE WHEN a.status = 'active' AND a.leaving_since IS NOT NULL THEN 'leaving' ELSE a.status END, a.last_error, count(c.id)::integer,
    count(c.id) FILTER (WHERE c.is_enabled AND c.sync_inbound_enabled AND c.access_role <> 'freeBusyReader'
        AND a.status <> 'disconnected')::integer
FROM calendar_auth_tokens a
JOIN workspaces w ON w.id = a.ws_id
LEFT JOIN calendar_connections c ON c.auth_token_id = a.id
WHERE :ws_id::uuid IS NULL OR a.ws_id = :ws_id::uuid
GROUP BY a.id, w.name
ORDER BY lower(w.name), a.ws_id, a.account_email, a.id;

-- name: disconnect_account
-- A trigger notes since when: upkeep counts the grace of its calendars from there.
UPDATE calendar_auth_tokens SET status = 'disconnected', updated_at = now()
WHERE ws_id = :ws_id::uuid AND id = :account_id::uuid;

-- name: switch_calendar
-- Who switches a calendar on wants it read, so the direction that reads is switched on with it.
UPDATE calendar_connections
SET is_enabled = :enabled::boolean, sync_inbound_enabled = sync_inbound_enabled OR :enabled::boolean, updated_at = now()
WHERE ws_id = :ws_id::uuid AND id = :connection_id::uuid;
