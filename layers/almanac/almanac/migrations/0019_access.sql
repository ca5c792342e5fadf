-- The HTTP API and the console: who may call, which calls were made twice, and what was done there.

-- A caller's key is `alm_<id>_<secret>`; of the secret only this hash is kept.
CREATE TABLE api_keys (
    id           text PRIMARY KEY CHECK (id ~ '^[a-z0-9]{12}$'),
    name         text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 255),
    secret_hash  bytea NOT NULL CHECK (octet_length(secret_hash) = 32), -- SHA-256: the secret has 256 random bits
    scopes       text[] NOT NULL CHECK (scopes <@ '{read,run,operate,admin}' AND scopes <> '{}'),
    ws_ids       uuid[], -- null = all workspaces
    created_at   timestamptz NOT NULL DEFAULT now(),
    revoked_at   timestamptz,
    last_used_on date
);

-- One-time links into the console.
CREATE TABLE console_logins (
    token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    role       text NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
    ws_ids     uuid[], -- null = all workspaces
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);

-- Consents under way: the state that went to the provider, and whose browser may bring it back. Used once.
CREATE TABLE oauth_states (
    state_hash   bytea PRIMARY KEY CHECK (octet_length(state_hash) = 32),
    ws_id        uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    user_id      text NOT NULL CHECK (char_length(user_id) BETWEEN 1 AND 255),
    account_id   uuid, -- of an account that is connected again; null = whichever the person chooses
    return_url   text NOT NULL,
    verifier     text NOT NULL CHECK (verifier LIKE 'gAAAA%'), -- of PKCE, Fernet ciphertext
    browser_hash bytea CHECK (octet_length(browser_hash) = 32), -- null until a browser has begun
    expires_at   timestamptz NOT NULL,
    used_at      timestamptz
);

-- What a caller asked for under an Idempotency-Key, and what it was told. `claimed_until`: somebody is at it.
CREATE TABLE idempotency_keys (
    caller        text NOT NULL,
    key_hash      bytea NOT NULL,
    request_hash  bytea NOT NULL,
    job_id        text NOT NULL,
    claimed_until timestamptz,
    answer        jsonb,
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (caller, key_hash)
);

-- Every write through API and console. No foreign key: it outlives what it speaks of.
CREATE TABLE audit_log (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    principal text NOT NULL,
    action    text NOT NULL,
    ws_id     uuid,
    subject   text,
    details   jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_log_ws_id ON audit_log (ws_id, at DESC);

-- A job that nobody has begun may be called off: its message is refused when it arrives.
ALTER TABLE jobs ADD COLUMN cancelled_at timestamptz;
