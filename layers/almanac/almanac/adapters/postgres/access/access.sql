-- Statements about who may call through HTTP, and what was called.

-- name: add_key
INSERT INTO api_keys (id, name, secret_hash, scopes, ws_ids, daily_limit)
VALUES (:id, :name, :secret_hash, :scopes::text[], :ws_ids::uuid[], :daily_limit::integer);

-- name: add_token
INSERT INTO api_keys (id, name, secret_hash, scopes, ws_ids, job_id, expires_at)
VALUES (:id, :name, :secret_hash, '{read}', ARRAY [:ws_id::uuid], :job_id, now() + :seconds::float8 * interval '1 second')
RETURNING expires_at;

-- name: keys
SELECT id, name, scopes, ws_ids, created_at, revoked_at, last_used_on, daily_limit, job_id
FROM api_keys WHERE expires_at IS NULL ORDER BY created_at, id;

-- name: revoke_key
-- With the tokens that were made with it, which ApiKeys.add_token names so: whoever has stolen a key makes one first.
UPDATE api_keys SET revoked_at = coalesce(revoked_at, now())
WHERE id = :id OR (expires_at IS NOT NULL AND name = 'token of key:' || :id)
RETURNING id;

-- name: usable_key
-- A token has the limit of the key that it was made with, whose calls its own are.
SELECT k.id, k.name, k.scopes, k.ws_ids, k.created_at, k.revoked_at, k.last_used_on, coalesce(k.daily_limit, of.daily_limit),
    k.job_id, k.secret_hash
FROM api_keys k LEFT JOIN api_keys of ON k.expires_at IS NOT NULL AND of.id = replace(k.name, 'token of key:', '')
WHERE k.id = :id AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now());

-- name: note_use
UPDATE api_keys SET last_used_on = :day::date WHERE id = :id AND last_used_on IS DISTINCT FROM :day::date;

-- name: count_call
-- No row: the calls of the day are used up.
UPDATE api_keys AS k SET calls = CASE WHEN k.calls_on = :day::date THEN k.calls + 1 ELSE 1 END, calls_on = :day::date
FROM api_keys c
WHERE c.id = :id AND k.id = CASE WHEN c.expires_at IS NULL THEN c.id ELSE replace(c.name, 'token of key:', '') END
    AND (k.calls_on IS DISTINCT FROM :day::date OR k.calls < k.daily_limit)
RETURNING k.calls;

-- name: add_login
INSERT INTO console_logins (token_hash, role, ws_ids, expires_at)
VALUES (:token_hash, :role, :ws_ids::uuid[], now() + :seconds::float8 * interval '1 second');

-- name: use_login
UPDATE console_logins SET used_at = now()
WHERE token_hash = :token_hash AND used_at IS NULL AND expires_at > now()
RETURNING role, ws_ids;

-- name: claim_request
-- A row of more than a day ago is as good as none. The row is returned only to whoever is to do it.
INSERT INTO idempotency_keys AS k (caller, key_hash, request_hash, job_id, claimed_until)
VALUES (:caller, :key_hash, :request_hash, :job_id, clock_timestamp() + :seconds::float8 * interval '1 second')
ON CONFLICT (caller, key_hash) DO UPDATE SET
    claimed_until = excluded.claimed_until,
    answer = NULL,
    request_hash = excluded.request_hash,
    job_id = CASE WHEN k.created_at < now() - interval '24 hours' THEN excluded.job_id ELSE k.job_id END,
    created_at = CASE WHEN k.created_at < now() - interval '24 hours' THEN now() ELSE k.created_at END
WHERE k.created_at < now() - interval '24 hours'
    OR (k.request_hash = excluded.request_hash AND k.answer IS NULL
        AND (k.claimed_until IS NULL OR k.claimed_until < clock_timestamp()))
RETURNING job_id, request_hash;

-- name: claimed_request
SELECT job_id, request_hash, answer FROM idempotency_keys WHERE caller = :caller AND key_hash = :key_hash;

-- name: answer_request
UPDATE idempotency_keys SET answer = :answer::jsonb, claimed_until = NULL
WHERE caller = :caller AND key_hash = :key_hash;

-- name: release_request
UPDATE idempotency_keys SET claimed_until = NULL
WHERE caller = :caller AND key_hash = :key_hash AND answer IS NULL;

-- name: record_audit
INSERT INTO audit_log (principal, action, ws_id, subject, details)
VALUES (:principal, :action, :ws_id::uuid, :subject, :details::jsonb);

-- name: add_consent
INSERT INTO oauth_states (state_hash, ws_id, user_id, account_id, return_url, verifier, writing, expires_at)
SELECT :state_hash, w.id, :user_id, :account_id::uuid, :return_url, :verifier, :writing,
    now() + :seconds::float8 * interval '1 second'
FROM workspaces w WHERE w.id = :ws_id::uuid
RETURNING expires_at;

-- name: bind_consent
-- To the browser that begins; once it is bound, only that one may begin again.
UPDATE oauth_states SET browser_hash = :browser_hash
WHERE state_hash = :state_hash AND used_at IS NULL AND expires_at > now()
    AND (browser_hash IS NULL OR browser_hash = :browser_hash)
RETURNING ws_id, user_id, account_id, return_url, verifier, writing;

-- name: use_consent
UPDATE oauth_states SET used_at = now()
WHERE state_hash = :state_hash AND browser_hash = :browser_hash AND used_at IS NULL AND expires_at > now()
RETURNING ws_id, user_id, account_id, return_url, verifier, writing;

-- name: account_of_consent
SELECT user_id, account_email FROM calendar_auth_tokens WHERE ws_id = :ws_id::uuid AND id = :account_id::uuid;

-- name: keep_scopes
UPDATE calendar_auth_tokens SET scopes = :scopes::text[] WHERE ws_id = :ws_id::uuid AND id = :account_id::uuid;
