-- Calendar sync: who is connected, what was read, what ran.
-- Table and column names follow the system that Almanac replaces where it has them.

CREATE TABLE workspaces (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name       text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 255),
    timezone   text -- IANA; null = not chosen yet. Postgres knows the names, the pattern keeps POSIX forms out
        CHECK (timezone ~ '^[A-Za-z]\w*(/[A-Za-z0-9_+-]+)*$' AND timestamptz 'epoch' AT TIME ZONE timezone < 'infinity'),
    creator_id text,
    settings   jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- One account of one person in one workspace. Tokens are Fernet ciphertext; the checks make a plain token unstorable.
CREATE TABLE calendar_auth_tokens (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    ws_id         uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    user_id       text NOT NULL CHECK (char_length(user_id) BETWEEN 1 AND 255),
    provider      text NOT NULL DEFAULT 'google' CHECK (provider = 'google'),
    account_email text NOT NULL CHECK (account_email = lower(account_email) AND account_email LIKE '%_@_%'),
    access_token  text CHECK (access_token LIKE 'gAAAA%'),
    refresh_token text NOT NULL CHECK (refresh_token LIKE 'gAAAA%'),
    expires_at    timestamptz, -- of the access token
    scopes        text[] NOT NULL DEFAULT '{}',
    status        text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'reconnect_required', 'disconnected')),
    last_error    text CHECK (char_length(last_error) <= 1000),
    version       integer NOT NULL DEFAULT 1, -- every change of a token raises it: compare-and-set
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (ws_id, user_id, provider, account_email),
    UNIQUE (id, ws_id)
);

-- One calendar of one account.
CREATE TABLE calendar_connections (
    id                    uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    ws_id                 uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    auth_token_id         uuid NOT NULL,
    provider              text NOT NULL DEFAULT 'google' CHECK (provider = 'google'),
    calendar_id           text NOT NULL CHECK (calendar_id NOT IN ('', 'primary')), -- canonical: `primary` is an alias
    calendar_name         text NOT NULL DEFAULT '',
    color                 text,
    access_role           text NOT NULL DEFAULT 'reader',
    time_zone             text,
    is_primary            boolean NOT NULL DEFAULT false,
    is_enabled            boolean NOT NULL DEFAULT true,
    sync_inbound_enabled  boolean NOT NULL DEFAULT true,
    sync_outbound_enabled boolean NOT NULL DEFAULT false,
    sync_delete_enabled   boolean NOT NULL DEFAULT true,
    status                text NOT NULL DEFAULT 'new' CHECK (status IN ('new', 'synced', 'error', 'lost')),
    last_error_type       text,
    last_error            text CHECK (char_length(last_error) <= 1000),
    failures              integer NOT NULL DEFAULT 0 CHECK (failures >= 0), -- in a row
    retry_at              timestamptz, -- a schedule leaves the connection alone until then
    created_at            timestamptz NOT NULL DEFAULT now(),
    updated_at            timestamptz NOT NULL DEFAULT now(),
    UNIQUE (auth_token_id, calendar_id),
    FOREIGN KEY (auth_token_id, ws_id) REFERENCES calendar_auth_tokens (id, ws_id) ON DELETE CASCADE,
    CHECK ((status IN ('error', 'lost')) = (last_error_type IS NOT NULL))
);
CREATE INDEX calendar_connections_ws_id ON calendar_connections (ws_id);

-- Where a connection's reading stands. Token, query and window belong together: none is used without the others.
CREATE TABLE calendar_sync_states (
    connection_id     uuid PRIMARY KEY REFERENCES calendar_connections ON DELETE CASCADE,
    sync_token        text CHECK (sync_token <> ''),
    query_fingerprint text,
    window_start      timestamptz,
    window_end        timestamptz,
    checkpoint        jsonb, -- an unfinished pass: page token, kind, window, reading
    last_synced_at    timestamptz,
    full_synced_at    timestamptz,
    CHECK (sync_token IS NULL OR (query_fingerprint IS NOT NULL AND window_start < window_end))
);

-- Ids that an unfinished full pass has met among the rows it found: what is not here at its end is swept.
CREATE TABLE calendar_sync_seen (
    connection_id     uuid NOT NULL REFERENCES calendar_connections ON DELETE CASCADE,
    external_event_id text NOT NULL,
    PRIMARY KEY (connection_id, external_event_id)
);

-- At most one run a workspace. The fence rises with every owner, so an overtaken run can write nothing.
CREATE TABLE workspace_sync_leases (
    ws_id       uuid PRIMARY KEY REFERENCES workspaces ON DELETE CASCADE,
    owner       uuid, -- the run; null = free
    fence       bigint NOT NULL DEFAULT 0,
    acquired_at timestamptz,
    expires_at  timestamptz,
    queued_at   timestamptz, -- a schedule's message waits since then
    CHECK ((owner IS NULL) = (expires_at IS NULL))
);

-- One row a run.
CREATE TABLE workspace_calendar_sync_log (
    id             uuid PRIMARY KEY,
    ws_id          uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    source         text NOT NULL CHECK (source IN ('schedule', 'manual', 'push', 'continuation', 'batch')),
    requested_mode text NOT NULL CHECK (requested_mode IN ('auto', 'full', 'incremental')),
    direction      text NOT NULL CHECK (direction IN ('inbound', 'outbound', 'both')),
    calendar_id    text, -- null = all
    user_id        text,
    request_id     text,
    status         text NOT NULL CHECK (status IN ('running', 'completed', 'partial', 'failed', 'skipped')),
    outcome        text, -- docs/jobs.md names them
    fence          bigint,
    started_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at    timestamptz,
    retry_after    double precision, -- seconds, when the answer is "later"
    connections    integer NOT NULL DEFAULT 0,
    inserted       integer NOT NULL DEFAULT 0,
    updated        integer NOT NULL DEFAULT 0,
    deleted        integer NOT NULL DEFAULT 0,
    unchanged      integer NOT NULL DEFAULT 0,
    rejected       integer NOT NULL DEFAULT 0,
    repaired       integer NOT NULL DEFAULT 0,
    api_calls      integer NOT NULL DEFAULT 0,
    pages          integer NOT NULL DEFAULT 0,
    retries        integer NOT NULL DEFAULT 0,
    token_ms       integer NOT NULL DEFAULT 0,
    fetch_ms       integer NOT NULL DEFAULT 0,
    map_ms         integer NOT NULL DEFAULT 0,
    write_ms       integer NOT NULL DEFAULT 0,
    total_ms       integer NOT NULL DEFAULT 0,
    error_type     text,
    error          text CHECK (char_length(error) <= 1000),
    CHECK ((status = 'running') = (finished_at IS NULL)),
    CHECK ((status = 'running') = (outcome IS NULL)),
    CHECK (status <> 'failed' OR error_type IS NOT NULL)
);
CREATE INDEX workspace_calendar_sync_log_ws_id ON workspace_calendar_sync_log (ws_id, started_at DESC);
CREATE INDEX workspace_calendar_sync_log_started_at ON workspace_calendar_sync_log (started_at DESC);
CREATE UNIQUE INDEX workspace_calendar_sync_log_one_running ON workspace_calendar_sync_log (ws_id) WHERE status = 'running';

-- One row a connection of a run.
CREATE TABLE workspace_calendar_sync_log_connections (
    run_id        uuid NOT NULL REFERENCES workspace_calendar_sync_log ON DELETE CASCADE,
    connection_id uuid NOT NULL, -- no foreign key: the history outlives the connection
    status        text NOT NULL CHECK (status IN ('completed', 'failed', 'skipped')),
    outcome       text NOT NULL,
    inserted      integer NOT NULL DEFAULT 0,
    updated       integer NOT NULL DEFAULT 0,
    deleted       integer NOT NULL DEFAULT 0,
    unchanged     integer NOT NULL DEFAULT 0,
    rejected      integer NOT NULL DEFAULT 0,
    repaired      integer NOT NULL DEFAULT 0,
    api_calls     integer NOT NULL DEFAULT 0,
    pages         integer NOT NULL DEFAULT 0,
    retries       integer NOT NULL DEFAULT 0,
    token_ms      integer NOT NULL DEFAULT 0,
    fetch_ms      integer NOT NULL DEFAULT 0,
    map_ms        integer NOT NULL DEFAULT 0,
    write_ms      integer NOT NULL DEFAULT 0,
    total_ms      integer NOT NULL DEFAULT 0,
    problems      jsonb NOT NULL DEFAULT '[]', -- the first of the events that could not be stored as they came: id, reason
    error_type    text,
    error         text CHECK (char_length(error) <= 1000),
    PRIMARY KEY (run_id, connection_id),
    CHECK (status <> 'failed' OR error_type IS NOT NULL)
);

CREATE DOMAIN calendar_color AS text
    CHECK (VALUE IN ('RED', 'BLUE', 'GREEN', 'YELLOW', 'ORANGE', 'PURPLE', 'PINK', 'INDIGO', 'CYAN', 'GRAY'));

CREATE TABLE workspace_calendar_events (
    id                   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    ws_id                uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    provider             text NOT NULL DEFAULT 'almanac' CHECK (provider IN ('almanac', 'google')),
    external_calendar_id text CHECK (external_calendar_id NOT IN ('', 'primary')),
    external_event_id    text CHECK (external_event_id <> ''),
    title                text NOT NULL DEFAULT '' CHECK (char_length(title) <= 255),
    description          text NOT NULL DEFAULT '' CHECK (char_length(description) <= 10000),
    location             text NOT NULL DEFAULT '' CHECK (char_length(location) <= 1000),
    start_at             timestamptz NOT NULL, -- of an all-day event: midnight of start_date in the workspace's zone
    end_at               timestamptz NOT NULL,
    all_day              boolean NOT NULL DEFAULT false,
    start_date           date,
    end_date             date, -- exclusive
    time_zone            text,
    status               text NOT NULL DEFAULT 'confirmed' CHECK (status IN ('confirmed', 'tentative')),
    transparency         text NOT NULL DEFAULT 'opaque' CHECK (transparency IN ('opaque', 'transparent')),
    response             text CHECK (response IN ('needsAction', 'declined', 'tentative', 'accepted')), -- ours
    event_type           text NOT NULL DEFAULT 'default'
        CHECK (event_type IN ('default', 'birthday', 'focusTime', 'fromGmail', 'outOfOffice', 'workingLocation')),
    visibility           text NOT NULL DEFAULT 'default'
        CHECK (visibility IN ('default', 'public', 'private', 'confidential')),
    recurring_event_id   text,
    original_start_at    timestamptz, -- identity of an occurrence, with recurring_event_id
    original_start_date  date,
    ical_uid             text,
    etag                 text,
    sequence             integer NOT NULL DEFAULT 0,
    color                calendar_color NOT NULL DEFAULT 'BLUE',
    provider_color       text,
    html_link            text,
    attendees            jsonb,
    creator_email        text,
    organizer_email      text,
    own_block            boolean NOT NULL DEFAULT false, -- Almanac's own block that came back from the provider
    external_updated_at  timestamptz,
    mapping_version      smallint NOT NULL DEFAULT 0,
    -- app-owned: no sync writes these
    task_id              uuid,
    locked               boolean NOT NULL DEFAULT false,
    color_override       calendar_color,
    -- Almanac's own
    sync_status          text NOT NULL DEFAULT 'local_only'
        CHECK (sync_status IN ('local_only', 'synced', 'failed', 'conflict')),
    sync_error           text,
    last_synced_at       timestamptz, -- when a sync last wrote the row; unchanged rows are not rewritten
    created_at           timestamptz NOT NULL DEFAULT now(),
    updated_at           timestamptz NOT NULL DEFAULT now(),
    CHECK (start_at <= end_at),
    CHECK (CASE WHEN all_day THEN coalesce(start_date < end_date, false) ELSE start_date IS NULL AND end_date IS NULL END),
    CHECK (provider <> 'google' OR (external_calendar_id IS NOT NULL AND external_event_id IS NOT NULL)),
    UNIQUE (ws_id, provider, external_calendar_id, external_event_id)
);
CREATE INDEX workspace_calendar_events_range ON workspace_calendar_events (ws_id, start_at);
CREATE INDEX workspace_calendar_events_series ON workspace_calendar_events (ws_id, external_calendar_id, recurring_event_id)
    WHERE recurring_event_id IS NOT NULL;
CREATE INDEX workspace_calendar_events_task ON workspace_calendar_events (task_id) WHERE task_id IS NOT NULL;

-- An all-day event has no zone of its own: when the workspace moves, its midnights move with it.
CREATE FUNCTION almanac_move_all_day_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE workspace_calendar_events
    SET start_at = start_date::timestamp AT TIME ZONE coalesce(NEW.timezone, 'UTC'),
        end_at = end_date::timestamp AT TIME ZONE coalesce(NEW.timezone, 'UTC'),
        updated_at = now()
    WHERE ws_id = NEW.id AND all_day;
    RETURN NEW;
END $$;
CREATE TRIGGER workspaces_timezone_changed AFTER UPDATE OF timezone ON workspaces
    FOR EACH ROW WHEN (OLD.timezone IS DISTINCT FROM NEW.timezone) EXECUTE FUNCTION almanac_move_all_day_events();
