-- History: what changed in a workspace, a version a change, gapless and in commit order: a version is taken from
-- the workspace's head row in the transaction that makes the change. Whoever writes events is in it: triggers note the
-- rows, with what they were before. docs/history.md tells how it is read.

CREATE TABLE workspace_history_heads (
    ws_id         uuid PRIMARY KEY REFERENCES workspaces ON DELETE CASCADE,
    version       bigint NOT NULL DEFAULT 0, -- of the last change
    oldest        bigint NOT NULL DEFAULT 1, -- version of the oldest change that retention has left
    published     bigint NOT NULL DEFAULT 0, -- up to here the bus has them
    claimed_until timestamptz -- a relay is at work on it
) WITH (fillfactor = 50);
CREATE INDEX workspace_history_heads_unpublished ON workspace_history_heads (ws_id) WHERE published < version;

-- One row a change. No foreign key: a check a row would cost the sync of a page more than the row does, so a trigger on
-- the heads takes the rows of a workspace that goes.
CREATE TABLE workspace_history (
    ws_id   uuid NOT NULL,
    version bigint NOT NULL,
    kind    text NOT NULL CHECK (kind ~ '^[a-z0-9_]+\.[a-z0-9_]+$'), -- domain/history/kinds.py names them
    subject uuid NOT NULL, -- id of the event, run, account or connection
    run_id  uuid, -- null: no run of ours
    origin  text NOT NULL CHECK (origin IN ('sync', 'import', 'sweep', 'plan', 'app', 'operator')),
    was     jsonb, -- of an event that changed: the columns that differed; that went: all of them; that came: null
    note    jsonb,
    at      timestamptz NOT NULL, -- one statement's changes have one; it rises with the version
    PRIMARY KEY (ws_id, version)
);

-- One row a writing statement and workspace, in an order in which all workspaces can be read: below the oldest
-- transaction that is still open, no row is missing. Of the versions of many workspaces nobody could say that.
CREATE TABLE workspace_history_feed (
    tx    xid8 NOT NULL DEFAULT pg_current_xact_id(),
    seq   bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    ws_id uuid NOT NULL,
    first bigint NOT NULL,
    last  bigint NOT NULL,
    PRIMARY KEY (tx, seq)
);
CREATE INDEX workspace_history_feed_workspace ON workspace_history_feed (ws_id, last);

-- Append-only, but for retention, redaction and the end of a workspace. Functions say which by set_config: the SET clause
-- of a function takes a parameter of our own from superusers only, which no owner of a managed database is.
CREATE FUNCTION almanac_refuse_history_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('almanac.history_change', true), '') NOT IN ('retention', 'redaction', 'workspace_end')
    THEN
        RAISE EXCEPTION 'workspace_history is append-only' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER workspace_history_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON workspace_history
    FOR EACH STATEMENT EXECUTE FUNCTION almanac_refuse_history_change();

CREATE FUNCTION almanac_end_history() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM set_config('almanac.history_change', 'workspace_end', true);
    DELETE FROM workspace_history h USING gone g WHERE h.ws_id = g.ws_id;
    PERFORM set_config('almanac.history_change', '', true);
    DELETE FROM workspace_history_feed f USING gone g WHERE f.ws_id = g.ws_id;
    RETURN NULL;
END $$;
CREATE TRIGGER workspace_history_ends AFTER DELETE ON workspace_history_heads
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION almanac_end_history();

-- Takes `many` versions of each workspace and returns the last of them, and when. A workspace that is being deleted has
-- none. In the order of ids, so that two statements over many workspaces do not wait for each other.
CREATE FUNCTION almanac_take_versions(ids uuid[], many bigint[]) RETURNS TABLE (ws_id uuid, last bigint, at timestamptz)
LANGUAGE sql AS $$
    WITH wanted AS (
        SELECT w.id, c.many FROM unnest(ids, many) AS c (id, many) JOIN workspaces w ON w.id = c.id
    ), taken AS (
        INSERT INTO workspace_history_heads AS h (ws_id, version) SELECT id, wanted.many FROM wanted ORDER BY id
        ON CONFLICT (ws_id) DO UPDATE SET version = h.version + excluded.version
        RETURNING h.ws_id, h.version
    ), fed AS (
        INSERT INTO workspace_history_feed (ws_id, first, last)
        SELECT t.ws_id, t.version - w.many + 1, t.version FROM taken t JOIN wanted w ON w.id = t.ws_id
    )
    SELECT taken.ws_id, taken.version, clock_timestamp() FROM taken
$$;

-- Who writes in this transaction: a run says so with set_config('almanac.origin' and 'almanac.run', …, is_local).
CREATE FUNCTION almanac_origin() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(nullif(current_setting('almanac.origin', true), ''), 'app')
$$;
CREATE FUNCTION almanac_run() RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT nullif(current_setting('almanac.run', true), '')::uuid
$$;

-- Notes one change that is no event's.
CREATE FUNCTION almanac_add_to_history(
    workspace uuid, kind text, subject uuid, run uuid, origin text, note jsonb
) RETURNS void LANGUAGE sql AS $$
    INSERT INTO workspace_history (ws_id, version, kind, subject, run_id, origin, note, at)
    SELECT t.ws_id, t.last, kind, subject, run, origin, note, t.at
    FROM almanac_take_versions(ARRAY [workspace], '{1}') t
$$;

-- What history keeps of an event: what a person or a plan would see differ, not how it was written.
CREATE FUNCTION almanac_event_state(e workspace_calendar_events) RETURNS jsonb LANGUAGE sql STABLE
SET timezone = 'UTC' AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'provider', e.provider, 'external_calendar_id', e.external_calendar_id,
        'external_event_id', e.external_event_id, 'title', e.title, 'description', e.description,
        'location', e.location, 'start_at', e.start_at, 'end_at', e.end_at, 'all_day', e.all_day,
        'start_date', e.start_date, 'end_date', e.end_date, 'time_zone', e.time_zone, 'status', e.status,
        'transparency', e.transparency, 'response', e.response, 'event_type', e.event_type, 'visibility', e.visibility,
        'recurring_event_id', e.recurring_event_id, 'original_start_at', e.original_start_at,
        'original_start_date', e.original_start_date, 'ical_uid', e.ical_uid, 'color', e.color,
        'provider_color', e.provider_color, 'html_link', e.html_link, 'creator_email', e.creator_email,
        'organizer_email', e.organizer_email, 'own_block', e.own_block, 'task_id', e.task_id, 'locked', e.locked,
        'color_override', e.color_override
    )) || CASE WHEN e.attendees IS NULL THEN '{}' ELSE jsonb_build_object('attendees', e.attendees) END
$$;

-- Of two states of an event, what the first has in columns that differ: `,"column":value` for each, or nothing. Text,
-- for an old null has to be told from an unchanged column; and columns by name, for a comparison of whole rows as JSON
-- costs a page three times as much.
CREATE FUNCTION almanac_event_delta(o workspace_calendar_events, n workspace_calendar_events) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT concat(
        CASE WHEN o.provider IS DISTINCT FROM n.provider
            THEN ',"provider":' || coalesce(to_json(o.provider)::text, 'null') END,
        CASE WHEN o.external_calendar_id IS DISTINCT FROM n.external_calendar_id
            THEN ',"external_calendar_id":' || coalesce(to_json(o.external_calendar_id)::text, 'null') END,
        CASE WHEN o.external_event_id IS DISTINCT FROM n.external_event_id
            THEN ',"external_event_id":' || coalesce(to_json(o.external_event_id)::text, 'null') END,
        CASE WHEN o.title IS DISTINCT FROM n.title
            THEN ',"title":' || coalesce(to_json(o.title)::text, 'null') END,
        CASE WHEN o.description IS DISTINCT FROM n.description
            THEN ',"description":' || coalesce(to_json(o.description)::text, 'null') END,
        CASE WHEN o.location IS DISTINCT FROM n.location
            THEN ',"location":' || coalesce(to_json(o.location)::text, 'null') END,
        CASE WHEN o.start_at IS DISTINCT FROM n.start_at
            THEN ',"start_at":' || coalesce(to_json(o.start_at)::text, 'null') END,
        CASE WHEN o.end_at IS DISTINCT FROM n.end_at
            THEN ',"end_at":' || coalesce(to_json(o.end_at)::text, 'null') END,
        CASE WHEN o.all_day IS DISTINCT FROM n.all_day
            THEN ',"all_day":' || coalesce(to_json(o.all_day)::text, 'null') END,
        CASE WHEN o.start_date IS DISTINCT FROM n.start_date
            THEN ',"start_date":' || coalesce(to_json(o.start_date)::text, 'null') END,
        CASE WHEN o.end_date IS DISTINCT FROM n.end_date
            THEN ',"end_date":' || coalesce(to_json(o.end_date)::text, 'null') END,
        CASE WHEN o.time_zone IS DISTINCT FROM n.time_zone
            THEN ',"time_zone":' || coalesce(to_json(o.time_zone)::text, 'null') END,
        CASE WHEN o.status IS DISTINCT FROM n.status
            THEN ',"status":' || coalesce(to_json(o.status)::text, 'null') END,
        CASE WHEN o.transparency IS DISTINCT FROM n.transparency
            THEN ',"transparency":' || coalesce(to_json(o.transparency)::text, 'null') END,
        CASE WHEN o.response IS DISTINCT FROM n.response
            THEN ',"response":' || coalesce(to_json(o.response)::text, 'null') END,
        CASE WHEN o.event_type IS DISTINCT FROM n.event_type
            THEN ',"event_type":' || coalesce(to_json(o.event_type)::text, 'null') END,
        CASE WHEN o.visibility IS DISTINCT FROM n.visibility
            THEN ',"visibility":' || coalesce(to_json(o.visibility)::text, 'null') END,
        CASE WHEN o.recurring_event_id IS DISTINCT FROM n.recurring_event_id
            THEN ',"recurring_event_id":' || coalesce(to_json(o.recurring_event_id)::text, 'null') END,
        CASE WHEN o.original_start_at IS DISTINCT FROM n.original_start_at
            THEN ',"original_start_at":' || coalesce(to_json(o.original_start_at)::text, 'null') END,
        CASE WHEN o.original_start_date IS DISTINCT FROM n.original_start_date
            THEN ',"original_start_date":' || coalesce(to_json(o.original_start_date)::text, 'null') END,
        CASE WHEN o.ical_uid IS DISTINCT FROM n.ical_uid
            THEN ',"ical_uid":' || coalesce(to_json(o.ical_uid)::text, 'null') END,
        CASE WHEN o.color IS DISTINCT FROM n.color
            THEN ',"color":' || coalesce(to_json(o.color::text)::text, 'null') END,
        CASE WHEN o.provider_color IS DISTINCT FROM n.provider_color
            THEN ',"provider_color":' || coalesce(to_json(o.provider_color)::text, 'null') END,
        CASE WHEN o.html_link IS DISTINCT FROM n.html_link
            THEN ',"html_link":' || coalesce(to_json(o.html_link)::text, 'null') END,
        CASE WHEN o.attendees IS DISTINCT FROM n.attendees
            THEN ',"attendees":' || coalesce(o.attendees::text, 'null') END,
        CASE WHEN o.creator_email IS DISTINCT FROM n.creator_email
            THEN ',"creator_email":' || coalesce(to_json(o.creator_email)::text, 'null') END,
        CASE WHEN o.organizer_email IS DISTINCT FROM n.organizer_email
            THEN ',"organizer_email":' || coalesce(to_json(o.organizer_email)::text, 'null') END,
        CASE WHEN o.own_block IS DISTINCT FROM n.own_block
            THEN ',"own_block":' || coalesce(to_json(o.own_block)::text, 'null') END,
        CASE WHEN o.task_id IS DISTINCT FROM n.task_id
            THEN ',"task_id":' || coalesce(to_json(o.task_id)::text, 'null') END,
        CASE WHEN o.locked IS DISTINCT FROM n.locked
            THEN ',"locked":' || coalesce(to_json(o.locked)::text, 'null') END,
        CASE WHEN o.color_override IS DISTINCT FROM n.color_override
            THEN ',"color_override":' || coalesce(to_json(o.color_override::text)::text, 'null') END
    )
$$;

CREATE FUNCTION almanac_history_of_created_events() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    restored jsonb;
    origin text;
    run uuid;
BEGIN
    IF NOT EXISTS (SELECT FROM fresh) THEN
        RETURN NULL; -- as in every page that brings nothing new
    END IF;
    restored := coalesce(nullif(current_setting('almanac.restored', true), ''), '{}');
    origin := almanac_origin();
    run := almanac_run();
    INSERT INTO workspace_history (ws_id, version, kind, subject, run_id, origin, at)
    SELECT f.ws_id, t.last - f.many + f.place,
        CASE WHEN restored ? f.id::text THEN 'event.restored' WHEN origin = 'plan' THEN 'block.placed'
            ELSE 'event.created' END,
        coalesce((restored ->> f.id::text)::uuid, f.id), run, origin, t.at
    FROM (
        SELECT n.ws_id, n.id, count(*) OVER workspace AS many, row_number() OVER workspace AS place
        FROM fresh n WINDOW workspace AS (PARTITION BY n.ws_id)
    ) f
    JOIN (
        SELECT v.*
        FROM (
            SELECT array_agg(c.ws_id) AS ids, array_agg(c.many) AS many
            FROM (SELECT n.ws_id, count(*) AS many FROM fresh n GROUP BY n.ws_id) c
        ) counted, almanac_take_versions(counted.ids, counted.many) v
    ) t ON t.ws_id = f.ws_id;
    IF restored <> '{}' THEN
        PERFORM set_config('almanac.restored', '', true);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER history_of_created_events AFTER INSERT ON workspace_calendar_events
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION almanac_history_of_created_events();

-- A row that gets another id or workspace is one that went and one that came.
CREATE FUNCTION almanac_history_of_changed_events() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT SET timezone = 'UTC' AS $$
DECLARE
    origin text;
    run uuid;
BEGIN
    IF NOT EXISTS (SELECT FROM fresh) OR current_setting('almanac.restoring', true) = 'yes' THEN
        RETURN NULL;
    END IF;
    origin := almanac_origin();
    run := almanac_run();
    WITH compared AS (
        SELECT coalesce(n.ws_id, o.ws_id) AS ws_id, coalesce(n.id, o.id) AS id,
            CASE WHEN n.id IS NULL THEN 'went' WHEN o.id IS NULL THEN 'came' ELSE 'changed' END AS what,
            CASE WHEN n.id IS NULL THEN almanac_event_state(o)::text
                WHEN o.id IS NOT NULL THEN nullif(almanac_event_delta(o, n), '') END AS was
        FROM before o FULL JOIN fresh n ON n.id = o.id AND n.ws_id = o.ws_id
    ), changed AS (
        SELECT c.*, count(*) OVER workspace AS many, row_number() OVER workspace AS place
        FROM compared c
        WHERE c.was IS NOT NULL OR c.what = 'came'
        WINDOW workspace AS (
            PARTITION BY c.ws_id ORDER BY (c.what = 'came') ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        )
    ), taken AS (
        SELECT v.*
        FROM (SELECT array_agg(c.ws_id) AS ids, array_agg(c.many) AS many FROM changed c WHERE c.place = 1) counted,
            almanac_take_versions(counted.ids, counted.many) v
    )
    INSERT INTO workspace_history (ws_id, version, kind, subject, run_id, origin, at, was)
    SELECT c.ws_id, t.last - c.many + c.place,
        CASE WHEN origin = 'plan' THEN 'block.moved' WHEN c.what = 'went' THEN 'event.deleted'
            WHEN c.what = 'came' THEN 'event.created' ELSE 'event.updated' END,
        c.id, run, origin, t.at,
        CASE c.what WHEN 'changed' THEN ('{' || substr(c.was, 2) || '}')::jsonb WHEN 'went' THEN c.was::jsonb END
    FROM changed c JOIN taken t ON t.ws_id = c.ws_id;
    RETURN NULL;
END $$;
CREATE TRIGGER history_of_changed_events AFTER UPDATE ON workspace_calendar_events
    REFERENCING OLD TABLE AS before NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION almanac_history_of_changed_events();

CREATE FUNCTION almanac_history_of_deleted_events() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT SET timezone = 'UTC' AS $$
DECLARE
    origin text;
    run uuid;
BEGIN
    IF NOT EXISTS (SELECT FROM gone) THEN
        RETURN NULL;
    END IF;
    origin := almanac_origin();
    run := almanac_run();
    INSERT INTO workspace_history (ws_id, version, kind, subject, run_id, origin, at, was)
    SELECT f.ws_id, t.last - f.many + f.place, CASE origin WHEN 'plan' THEN 'block.removed' ELSE 'event.deleted' END,
        f.id, run, origin, t.at, f.was
    FROM (
        SELECT o.ws_id, o.id, almanac_event_state(o) AS was, count(*) OVER workspace AS many,
            row_number() OVER workspace AS place
        FROM gone o WINDOW workspace AS (PARTITION BY o.ws_id)
    ) f
    JOIN (
        SELECT v.*
        FROM (
            SELECT array_agg(c.ws_id) AS ids, array_agg(c.many) AS many
            FROM (SELECT o.ws_id, count(*) AS many FROM gone o GROUP BY o.ws_id) c
        ) counted, almanac_take_versions(counted.ids, counted.many) v
    ) t ON t.ws_id = f.ws_id;
    RETURN NULL;
END $$;
CREATE TRIGGER history_of_deleted_events AFTER DELETE ON workspace_calendar_events
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION almanac_history_of_deleted_events();

-- Giving an event back what was kept of it changes a row that the same statement has inserted, before the trigger of
-- that: so the trigger is told the id that it gets, and notes it once, as an event that came back.
ALTER FUNCTION almanac_restore_events(uuid, text, text[]) RENAME TO almanac_restore_kept_events;
CREATE FUNCTION almanac_restore_events(workspace uuid, calendar text, arrived text[]) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    came jsonb := (
        SELECT jsonb_object_agg(e.external_event_id, e.id)
        FROM calendar_event_keepsakes k
        JOIN workspace_calendar_events e ON e.ws_id = k.ws_id AND e.provider = k.provider
            AND e.external_calendar_id = calendar AND e.external_event_id = k.external_event_id
        WHERE k.ws_id = workspace AND k.external_event_id = ANY (arrived)
    );
    restored integer;
BEGIN
    PERFORM set_config('almanac.restoring', 'yes', true);
    restored := almanac_restore_kept_events(workspace, calendar, arrived);
    PERFORM set_config('almanac.restoring', '', true);
    PERFORM set_config('almanac.restored', jsonb_object_agg(came ->> e.external_event_id, e.id)::text, true)
    FROM workspace_calendar_events e
    WHERE e.ws_id = workspace AND e.external_calendar_id = calendar AND e.external_event_id = ANY (arrived)
        AND came ->> e.external_event_id <> e.id::text
    HAVING count(*) > 0;
    RETURN restored;
END $$;

-- A sync that changes nothing says nothing; one that fails says so once, and when it is over. Plans say what came of
-- them.
CREATE FUNCTION almanac_history_of_run() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    failed_before boolean := NEW.kind <> 'schedule' AND coalesce((
        SELECT r.status = 'failed' FROM runs r
        WHERE r.ws_id = NEW.ws_id AND r.kind = NEW.kind AND r.started_at < NEW.started_at
            AND r.status IN ('completed', 'partial', 'failed')
        ORDER BY r.started_at DESC LIMIT 1
    ), false);
    what text := CASE
        WHEN NEW.kind = 'schedule' AND NEW.status = 'failed' THEN 'plan.failed'
        WHEN NEW.kind = 'schedule' AND NEW.outcome = 'blocked' THEN 'plan.blocked'
        WHEN NEW.kind = 'schedule' THEN 'plan.completed'
        WHEN NEW.status = 'failed' AND NOT failed_before THEN 'run.failed'
        WHEN NEW.status = 'completed' AND failed_before THEN 'run.recovered'
    END;
BEGIN
    IF what IS NOT NULL THEN
        PERFORM almanac_add_to_history(NEW.ws_id, what, NEW.id, NEW.id,
            CASE NEW.kind WHEN 'schedule' THEN 'plan' ELSE 'sync' END,
            jsonb_strip_nulls(jsonb_build_object('outcome', NEW.outcome, 'error_type', NEW.error_type)));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER history_of_ended_runs AFTER UPDATE OF status ON runs FOR EACH ROW
    WHEN (OLD.status = 'running' AND NEW.status IN ('completed', 'partial', 'failed'))
    EXECUTE FUNCTION almanac_history_of_run();

CREATE FUNCTION almanac_history_of_account() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM almanac_add_to_history(NEW.ws_id,
        'account.' || CASE NEW.status WHEN 'active' THEN 'connected' ELSE NEW.status END,
        NEW.id, almanac_run(), almanac_origin(), NULL);
    RETURN NULL;
END $$;
CREATE TRIGGER history_of_added_accounts AFTER INSERT ON calendar_auth_tokens
    FOR EACH ROW EXECUTE FUNCTION almanac_history_of_account();
CREATE TRIGGER history_of_changed_accounts AFTER UPDATE OF status ON calendar_auth_tokens
    FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION almanac_history_of_account();

CREATE FUNCTION almanac_history_of_connection() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    c calendar_connections;
BEGIN
    IF TG_OP = 'DELETE' THEN c := OLD; ELSE c := NEW; END IF;
    PERFORM almanac_add_to_history(c.ws_id, TG_ARGV[0], c.id, almanac_run(), almanac_origin(),
        CASE TG_ARGV[0] WHEN 'calendar.lost' THEN jsonb_build_object('error_type', c.last_error_type) END);
    RETURN NULL;
END $$;
CREATE TRIGGER history_of_added_connections AFTER INSERT ON calendar_connections
    FOR EACH ROW EXECUTE FUNCTION almanac_history_of_connection('calendar.connected');
CREATE TRIGGER history_of_removed_connections AFTER DELETE ON calendar_connections
    FOR EACH ROW EXECUTE FUNCTION almanac_history_of_connection('calendar.removed');
CREATE TRIGGER history_of_lost_calendars AFTER UPDATE OF status ON calendar_connections
    FOR EACH ROW WHEN (NEW.status = 'lost' AND OLD.status <> 'lost')
    EXECUTE FUNCTION almanac_history_of_connection('calendar.lost');
CREATE TRIGGER history_of_recovered_calendars AFTER UPDATE OF status ON calendar_connections
    FOR EACH ROW WHEN (NEW.status IN ('new', 'synced') AND OLD.status = 'lost')
    EXECUTE FUNCTION almanac_history_of_connection('calendar.recovered');

-- The first complete reading of a calendar is one piece of news, however many events it brought.
CREATE FUNCTION almanac_history_of_import() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    c calendar_connections := (SELECT k FROM calendar_connections k WHERE k.id = NEW.connection_id);
BEGIN
    PERFORM almanac_add_to_history(c.ws_id, 'calendar.imported', c.id, almanac_run(), 'import', (
        SELECT jsonb_build_object('count', count(*)) FROM workspace_calendar_events e
        WHERE e.ws_id = c.ws_id AND e.provider = c.provider AND e.external_calendar_id = c.calendar_id
    ));
    RETURN NULL;
END $$;
CREATE TRIGGER history_of_imports_at_once AFTER INSERT ON calendar_sync_states
    FOR EACH ROW WHEN (NEW.full_synced_at IS NOT NULL) EXECUTE FUNCTION almanac_history_of_import();
CREATE TRIGGER history_of_imports AFTER UPDATE OF full_synced_at ON calendar_sync_states
    FOR EACH ROW WHEN (OLD.full_synced_at IS NULL AND NEW.full_synced_at IS NOT NULL)
    EXECUTE FUNCTION almanac_history_of_import();

-- Retention: deletes a workspace's changes from before, `most` of them at most, and returns how many.
CREATE FUNCTION almanac_prune_history(workspace uuid, until timestamptz, most integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    since bigint := (SELECT h.oldest FROM workspace_history_heads h WHERE h.ws_id = workspace FOR UPDATE);
    kept bigint;
BEGIN
    SELECT min(h.version) INTO kept
    FROM workspace_history h
    WHERE h.ws_id = workspace AND h.version BETWEEN since AND since + most - 1 AND h.at >= until;
    kept := coalesce(kept, least(
        since + most, (SELECT h.version + 1 FROM workspace_history_heads h WHERE h.ws_id = workspace)
    ));
    PERFORM set_config('almanac.history_change', 'retention', true);
    DELETE FROM workspace_history h WHERE h.ws_id = workspace AND h.version BETWEEN since AND kept - 1;
    PERFORM set_config('almanac.history_change', '', true);
    DELETE FROM workspace_history_feed f WHERE f.ws_id = workspace AND f.last < kept;
    UPDATE workspace_history_heads h SET oldest = kept WHERE h.ws_id = workspace;
    RETURN kept - since;
END $$;

-- Redaction: takes texts and people out of what history keeps of one event. Times stay, so that it can still be folded.
CREATE FUNCTION almanac_redact_history(workspace uuid, event uuid) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    redacted integer;
BEGIN
    PERFORM set_config('almanac.history_change', 'redaction', true);
    UPDATE workspace_history h
    SET was = (SELECT jsonb_object_agg(k.key, CASE
                WHEN k.key IN ('title', 'description', 'location') THEN '""'
                WHEN k.key IN ('attendees', 'creator_email', 'organizer_email', 'html_link', 'ical_uid') THEN 'null'
                ELSE k.value END)
            FROM jsonb_each(h.was) k),
        note = coalesce(h.note, '{}') || jsonb_build_object('redacted', true)
    WHERE h.ws_id = workspace AND h.subject = event AND h.was IS NOT NULL AND h.was <> '{}';
    GET DIAGNOSTICS redacted = ROW_COUNT;
    PERFORM set_config('almanac.history_change', '', true);
    RETURN redacted;
END $$;

-- What is there already begins its history as it is, so that folding back to version 0 leaves nothing. Nobody is told.
INSERT INTO workspace_history (ws_id, version, kind, subject, origin, at)
SELECT e.ws_id, row_number() OVER (PARTITION BY e.ws_id ORDER BY e.created_at, e.id), 'event.created', e.id, 'import',
    least(e.created_at, now())
FROM workspace_calendar_events e;
INSERT INTO workspace_history_heads (ws_id, version, published)
SELECT ws_id, max(version), max(version) FROM workspace_history GROUP BY ws_id;
