-- Exports: files that jobs make and that are kept for a week; and feeds, calendars under an address that nobody can guess.

CREATE TABLE exports (
    id         uuid PRIMARY KEY, -- of the job that makes it
    ws_id      uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    kind       text NOT NULL CHECK (kind ~ '^[a-z][a-z_]*$'), -- domain/export/kinds.py names them
    user_id    text CHECK (char_length(user_id) BETWEEN 1 AND 255), -- of a digest: whose; null = of the whole workspace
    day        date, -- of a digest that a rule asked for: the person's date that it is of
    since      timestamptz, -- events that end after it; of a report: its first instant
    until      timestamptz, -- events that begin before it; of a report: the instant after its last
    status     text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'completed', 'failed')),
    sends      integer NOT NULL DEFAULT 0, -- messages that were sent for it
    sent_at    timestamptz, -- the last of them; null = none yet
    mail       text CHECK (mail IN ('begun', 'sent', 'unknown')), -- begun: somebody is sending it, or died doing so
    object_key text, -- where its content is
    items      integer, -- events, rows or lines in it
    bytes      bigint,
    error_type text,
    created_at timestamptz NOT NULL DEFAULT now(),
    ended_at   timestamptz,
    expires_at timestamptz NOT NULL DEFAULT now() + interval '7 days',
    CHECK (since < until),
    CHECK (status <> 'completed' OR object_key IS NOT NULL)
);
-- However often a rule ticks, and whatever crashes: one digest a person and date.
CREATE UNIQUE INDEX exports_one_digest ON exports (ws_id, user_id, day) WHERE kind = 'digest' AND day IS NOT NULL;
CREATE INDEX exports_of_workspace ON exports (ws_id, created_at DESC, id DESC);
CREATE INDEX exports_waiting ON exports (created_at) WHERE status = 'queued';
CREATE INDEX exports_expire ON exports (expires_at);
CREATE INDEX workspace_members_digest ON workspace_members (ws_id) WHERE settings -> 'digest' = 'true';

-- Of the token in a feed's address only this hash is kept. No row, or a revoked one: there is no such feed.
CREATE TABLE calendar_feeds (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    ws_id        uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    user_id      text CHECK (char_length(user_id) BETWEEN 1 AND 255), -- whose events; null = the workspace's
    name         text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 255),
    token_hash   bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32), -- SHA-256: the token has 128 random bits
    created_at   timestamptz NOT NULL DEFAULT now(),
    rotated_at   timestamptz,
    revoked_at   timestamptz,
    last_used_on date
);
CREATE INDEX calendar_feeds_ws_id ON calendar_feeds (ws_id);

-- Whose time each event takes, as plans see it: the members that its block is of, else those on whose calendars it is.
-- Null: everybody's. What is nobody's is the default member's: the workspace's creator, else the first.
CREATE VIEW events_of_members AS
WITH defaults AS (
    SELECT DISTINCT ON (m.ws_id) m.ws_id, m.user_id
    FROM workspace_members m JOIN workspaces w ON w.id = m.ws_id
    ORDER BY m.ws_id, m.user_id <> coalesce(w.creator_id, ''), m.created_at, m.user_id
)
SELECT e.ws_id, e.id,
    CASE
        WHEN t.event_id IS NOT NULL THEN ARRAY [coalesce(t.user_id, d.user_id)]
        WHEN h.event_id IS NOT NULL THEN ARRAY [coalesce(h.user_id, d.user_id)]
        WHEN m.event_id IS NOT NULL THEN m.attending
        ELSE (
            SELECT CASE WHEN NOT bool_or(c.is_shared) THEN
                coalesce(array_agg(DISTINCT a.user_id) FILTER (WHERE c.is_primary), array_agg(DISTINCT a.user_id)) END
            FROM calendar_connections c JOIN calendar_auth_tokens a ON a.id = c.auth_token_id
            WHERE c.ws_id = e.ws_id AND c.provider = e.provider AND c.calendar_id = e.external_calendar_id
                AND c.is_enabled AND a.status <> 'disconnected'
        )
    END AS user_ids
FROM workspace_calendar_events e
LEFT JOIN defaults d ON d.ws_id = e.ws_id
LEFT JOIN task_calendar_events t ON t.event_id = e.id
LEFT JOIN (
    SELECT b.event_id, w.user_id FROM habit_calendar_events b LEFT JOIN workspace_habits w ON w.id = b.habit_id
) h ON h.event_id = e.id
LEFT JOIN meeting_calendar_events m ON m.event_id = e.id;

-- Subscribers hear of syncs that begin to fail, and of plans; an export that fails is its asker's alone.
CREATE OR REPLACE TRIGGER history_of_ended_runs AFTER UPDATE OF status ON runs FOR EACH ROW
    WHEN (OLD.status = 'running' AND NEW.status IN ('completed', 'partial', 'failed') AND NEW.kind <> 'export')
    EXECUTE FUNCTION almanac_history_of_run();
