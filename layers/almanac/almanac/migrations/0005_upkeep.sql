-- Upkeep: since when a calendar has had no reader, and how far the last round over all accounts came.

ALTER TABLE calendar_auth_tokens ADD COLUMN disconnected_at timestamptz; -- set and cleared with the status, by trigger

-- Whoever writes the status, in code or by hand, starts the time of grace; when an older row was disconnected nobody knows.
CREATE FUNCTION almanac_note_disconnection() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status <> 'disconnected' THEN
        NEW.disconnected_at := NULL;
    ELSIF TG_OP = 'INSERT' OR OLD.status <> 'disconnected' OR OLD.disconnected_at IS NULL THEN
        NEW.disconnected_at := coalesce(NEW.disconnected_at, now());
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER calendar_auth_tokens_disconnected BEFORE INSERT OR UPDATE OF status ON calendar_auth_tokens
    FOR EACH ROW EXECUTE FUNCTION almanac_note_disconnection();
UPDATE calendar_auth_tokens SET status = status WHERE status = 'disconnected';
ALTER TABLE calendar_auth_tokens ADD CHECK ((status = 'disconnected') = (disconnected_at IS NOT NULL));

-- A calendar that lost a connection, and when: its events outlive it by the time of grace.
CREATE TABLE calendar_departures (
    ws_id       uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    provider    text NOT NULL,
    calendar_id text NOT NULL,
    departed_at timestamptz NOT NULL,
    PRIMARY KEY (ws_id, provider, calendar_id)
);

-- A workspace that goes takes its connections along: then there is nothing left to remember.
CREATE FUNCTION almanac_note_departures() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO calendar_departures (ws_id, provider, calendar_id, departed_at)
    SELECT DISTINCT g.ws_id, g.provider, g.calendar_id, now() FROM gone g JOIN workspaces w ON w.id = g.ws_id
    ON CONFLICT (ws_id, provider, calendar_id) DO UPDATE SET departed_at = excluded.departed_at;
    RETURN NULL;
END $$;
CREATE TRIGGER calendar_connections_departed AFTER DELETE ON calendar_connections
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION almanac_note_departures();
INSERT INTO calendar_departures (ws_id, provider, calendar_id, departed_at)
SELECT DISTINCT e.ws_id, e.provider, e.external_calendar_id, now()
FROM workspace_calendar_events e
WHERE e.provider <> 'almanac' AND NOT EXISTS (
    SELECT 1 FROM calendar_connections c
    WHERE c.ws_id = e.ws_id AND c.provider = e.provider AND c.calendar_id = e.external_calendar_id
);

-- Per calendar the last moment at which it had a reader: infinity while an account that is not disconnected has it.
CREATE VIEW calendar_readers AS
SELECT k.ws_id, k.provider, k.calendar_id, max(k.until) AS until
FROM (
    SELECT c.ws_id, c.provider, c.calendar_id, coalesce(a.disconnected_at, 'infinity') AS until
    FROM calendar_connections c JOIN calendar_auth_tokens a ON a.id = c.auth_token_id
    UNION ALL
    SELECT ws_id, provider, calendar_id, departed_at FROM calendar_departures
) k
GROUP BY k.ws_id, k.provider, k.calendar_id;

-- Where a round that ran out of time stopped; no row = the last one came to its end.
CREATE TABLE upkeep_progress (
    step  text PRIMARY KEY,
    after uuid NOT NULL -- the last id that was seen to
);
