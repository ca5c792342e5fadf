-- Accounts of the old system, and the calendars that they connect. A kind is one statement, as in events.sql.

-- name: accounts
SELECT id, user_id, provider, account_email, refresh_token, is_active
FROM legacy.calendar_auth_tokens
WHERE ws_id = :ws_id::uuid
ORDER BY is_active DESC, created_at DESC, id;

-- name: put_account
INSERT INTO calendar_auth_tokens (id, ws_id, user_id, provider, account_email, refresh_token, status)
VALUES (:id::uuid, :ws_id::uuid, :user_id, :provider, :email, :refresh_token, :status)
ON CONFLICT DO NOTHING
RETURNING id;

-- name: stored_account
-- The row itself, whose address may have changed in the old system since, or one that somebody has connected here.
SELECT id, account_email, refresh_token, status FROM calendar_auth_tokens
WHERE ws_id = :ws_id::uuid
    AND (id = :id::uuid OR (user_id = :user_id AND provider = :provider AND account_email = :email))
ORDER BY id <> :id::uuid LIMIT 1;

-- name: revive_account
UPDATE calendar_auth_tokens
SET refresh_token = :refresh_token, access_token = NULL, expires_at = NULL, version = version + 1, status = 'active',
    last_error = NULL, updated_at = now()
WHERE id = :id::uuid AND status = 'reconnect_required';

-- name: note_accounts
INSERT INTO adoption_accounts SELECT * FROM unnest(:legacy_ids::uuid[], :account_ids::uuid[], :emails::text[]);

-- name: connections
-- The alias `primary` becomes the account's address, which is the id of its primary calendar.
WITH named AS (
    SELECT c.*, a.account_id, a.email,
        CASE WHEN c.calendar_id = 'primary' OR lower(c.calendar_id) = a.email THEN a.email ELSE c.calendar_id END AS canonical
    FROM legacy.calendar_connections c
    LEFT JOIN adoption_accounts a ON a.legacy_id = c.auth_token_id
    WHERE c.ws_id = :ws_id::uuid
), sorted AS (
    SELECT *, CASE
        WHEN provider <> 'google' THEN 'microsoft'
        WHEN account_id IS NULL THEN 'no_account'
        WHEN coalesce(canonical, '') = '' THEN 'no_calendar_id'
        WHEN row_number() OVER (
            PARTITION BY account_id, canonical ORDER BY NOT is_enabled, calendar_id = 'primary', created_at, id) > 1
        THEN 'duplicate' END AS left_out
    FROM named
), put AS (
    INSERT INTO calendar_connections (id, ws_id, auth_token_id, provider, calendar_id, calendar_name, color, access_role,
        is_primary, is_enabled, sync_inbound_enabled, sync_outbound_enabled, sync_delete_enabled)
    SELECT id, :ws_id::uuid, account_id, provider, canonical, coalesce(calendar_name, ''), color, coalesce(access_role, 'writer'),
        canonical = email, is_enabled, sync_inbound_enabled, sync_outbound_enabled, sync_delete_enabled
    FROM sorted WHERE left_out IS NULL
    ON CONFLICT DO NOTHING
    RETURNING id
)
SELECT coalesce(left_out, 'fit'), count(*) FROM sorted GROUP BY 1
UNION ALL SELECT 'adopted', count(*) FROM put;
