-- Two ways: what exists, or shall exist, at a provider because of us. Whoever writes the tables of events, in whatever
-- language, has it written out: triggers keep the wanted state, and a run brings the provider there. Nothing is written
-- anywhere before a member has a target calendar, or a connection has sync_outbound_enabled.

ALTER TABLE workspace_members ADD COLUMN target_reviewed_at timestamptz; -- of the dry run that goes before the first write
ALTER TABLE calendar_connections
    ADD COLUMN outbound_held text, -- why nothing is written there; null = it may be
    ADD COLUMN outbound_held_until timestamptz, -- when to look again; null = when somebody has acted
    ADD COLUMN outbound_consent_until timestamptz; -- a mass change may go through until then
CREATE INDEX calendar_connections_outbound ON calendar_connections (ws_id) WHERE sync_outbound_enabled;

ALTER TABLE calendar_auth_tokens ADD COLUMN leaving_since timestamptz; -- its blocks are taken back, then it is disconnected

-- Calendars that were made for members, or are being made: the nonce in its description tells a calendar from any other.
CREATE TABLE outbound_calendars (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    ws_id         uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    user_id       text NOT NULL,
    auth_token_id uuid NOT NULL,
    nonce         text NOT NULL UNIQUE DEFAULT replace(gen_random_uuid()::text, '-', ''),
    requested_at  timestamptz, -- null = not asked for yet, or refused
    calendar_id   text,        -- null = nobody knows whether there is one
    created_at    timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (auth_token_id, ws_id) REFERENCES calendar_auth_tokens (id, ws_id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX outbound_calendars_unfinished ON outbound_calendars (ws_id, user_id, auth_token_id) WHERE calendar_id IS NULL;

-- How much an account was made to create and delete on a day (UTC), and when its next write may go: limits are the
-- account's, in however many workspaces it is.
CREATE TABLE outbound_budget (
    account       text NOT NULL, -- provider and address
    day           date NOT NULL,
    created       integer NOT NULL DEFAULT 0,
    deleted       integer NOT NULL DEFAULT 0,
    next_write_at timestamptz NOT NULL,
    PRIMARY KEY (account, day)
);

-- Where a person deleted a block of a task: not there again.
CREATE TABLE refused_slots (
    ws_id      uuid NOT NULL,
    task_id    uuid NOT NULL,
    start_at   timestamptz NOT NULL,
    end_at     timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (task_id, start_at, end_at),
    FOREIGN KEY (task_id, ws_id) REFERENCES tasks (id, ws_id) ON DELETE CASCADE,
    CHECK (start_at < end_at)
);
CREATE INDEX refused_slots_ws_id ON refused_slots (ws_id, end_at);

-- The neutral fields of an event, as domain/calendar/written.py has them.
CREATE FUNCTION almanac_event_fields(event workspace_calendar_events, zone text) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'title', event.title, 'description', event.description, 'location', event.location,
        'transparency', event.transparency, 'visibility', event.visibility,
        'when', CASE
            WHEN event.all_day THEN jsonb_build_object('first', event.start_date, 'after', event.end_date)
            ELSE jsonb_build_object(
                'start', to_char(event.start_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                'end', to_char(event.end_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                'zone', coalesce(event.time_zone, zone, 'UTC'))
        END)
$$;

-- Whether any of the wanted fields is another one than was agreed. The zone goes along with a time, but is none by itself.
CREATE FUNCTION almanac_fields_differ(wanted jsonb, agreed jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT EXISTS (
        SELECT 1 FROM jsonb_each(wanted #- '{when,zone}') w
        WHERE w.value IS DISTINCT FROM (agreed #- '{when,zone}') -> w.key
    )
$$;

CREATE FUNCTION almanac_link_state(stopped text, sent_op text, doubt text, desired jsonb, base jsonb, ours jsonb)
RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN stopped IS NOT NULL THEN stopped
        WHEN sent_op IS NOT NULL OR doubt IS NOT NULL THEN 'sent'
        WHEN base IS NULL AND desired IS NULL THEN 'gone'
        WHEN base IS NULL THEN 'wanted'
        WHEN desired IS NULL OR almanac_fields_differ(desired, ours) THEN 'dirty'
        ELSE 'agreed'
    END
$$;

-- The id of our event at a provider: a function of what it is, stored before it is ever sent.
CREATE FUNCTION almanac_remote_id(installation text, ws_id uuid, event_id uuid, generation integer)
RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT 'alm' || left(encode(sha256(convert_to(concat_ws('/', installation, ws_id, event_id, generation), 'UTF8')), 'hex'), 40)
$$;

CREATE TABLE calendar_event_links (
    id                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    ws_id             uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    event_id          uuid NOT NULL, -- of the row; no foreign key, for the link outlives it
    current           boolean NOT NULL DEFAULT true, -- false: another link of the event has taken its place
    kind              text NOT NULL CHECK (kind IN ('block', 'event', 'edit')), -- a plan's; made here; a provider's, changed here
    provider          text NOT NULL CHECK (almanac_is_provider(provider)),
    account           text NOT NULL, -- address; the connection is found by it, so that another account never gets it
    calendar_id       text NOT NULL,
    external_event_id text NOT NULL,
    generation        integer NOT NULL DEFAULT 1, -- rises when an id is dead
    desired           jsonb, -- fields that the event shall have, without those a person took; null = it shall not exist
    desired_rev       bigint NOT NULL DEFAULT 1,
    base              jsonb, -- the last agreed version, as the provider has it; null = none
    ours              jsonb, -- the same version, as we have it
    base_etag         text,
    base_rev          bigint NOT NULL DEFAULT 0,
    theirs            text[] NOT NULL DEFAULT '{}', -- fields that a person took over: not written any more
    sent_op           text CHECK (sent_op IN ('insert', 'patch', 'delete')), -- not null: nobody knows yet what became of it
    sent_rev          bigint,
    sent_at           timestamptz,
    sent_bodies       jsonb NOT NULL DEFAULT '{}', -- whole bodies by revision, since the last agreement
    fence             bigint, -- of the run that sent it
    doubt             text CHECK (doubt IN ('changed', 'deleted', 'missing', 'unsure')), -- read it before anything is decided
    seen_at           timestamptz, -- when a listing last had it
    stopped           text CHECK (stopped IN ('conflict', 'detached', 'failed')),
    reason            text, -- why it is stopped, or what a person is to be told
    conflict          jsonb, -- per field {"ours", "theirs"}: the provider's stands, ours can be had
    attempts          integer NOT NULL DEFAULT 0, -- without an answer, in a row
    refusals          integer NOT NULL DEFAULT 0, -- because of another version, in a row
    next_attempt_at   timestamptz,
    error_type        text,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    state             text GENERATED ALWAYS AS (almanac_link_state(stopped, sent_op, doubt, desired, base, ours)) STORED,
    UNIQUE (ws_id, provider, calendar_id, external_event_id),
    CHECK ((base IS NULL) = (base_etag IS NULL) AND (base IS NULL) = (ours IS NULL))
);
CREATE UNIQUE INDEX calendar_event_links_current ON calendar_event_links (event_id) WHERE current;
CREATE INDEX calendar_event_links_due ON calendar_event_links (ws_id, next_attempt_at) WHERE state IN ('wanted', 'dirty', 'sent');
CREATE INDEX calendar_event_links_told ON calendar_event_links (ws_id)
    WHERE stopped IS NOT NULL OR conflict IS NOT NULL OR reason IS NOT NULL;

-- Whose an event is: the block's person, the task's, the habit's; else the workspace's creator, else its first member.
CREATE FUNCTION almanac_event_owner(event workspace_calendar_events) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT m.user_id
    FROM workspace_members m
    LEFT JOIN task_calendar_events b ON b.event_id = event.id
    LEFT JOIN habit_calendar_events h ON h.event_id = event.id
    LEFT JOIN workspace_habits w ON w.id = h.habit_id
    LEFT JOIN meeting_calendar_events g ON g.event_id = event.id
    LEFT JOIN meetings a ON a.id = g.meeting_id
    JOIN workspaces s ON s.id = event.ws_id
    WHERE m.ws_id = event.ws_id
    ORDER BY
        m.user_id = coalesce(b.user_id, w.user_id, a.creator_id) DESC NULLS LAST,
        EXISTS (SELECT 1 FROM task_assignees t WHERE t.task_id = b.task_id AND t.user_id = m.user_id) DESC,
        m.user_id = s.creator_id DESC NULLS LAST, m.created_at, m.user_id
    LIMIT 1
$$;

CREATE FUNCTION almanac_is_block(event uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT 1 FROM task_calendar_events b WHERE b.event_id = event)
        OR EXISTS (SELECT 1 FROM habit_calendar_events b WHERE b.event_id = event)
        OR EXISTS (SELECT 1 FROM meeting_calendar_events b WHERE b.event_id = event)
$$;

-- Adds the link of an event that has none, or none that can be gone on with.
CREATE FUNCTION almanac_add_link(event workspace_calendar_events, target calendar_connections, fields jsonb, block boolean)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    next integer;
BEGIN
    UPDATE calendar_event_links SET current = false WHERE event_id = event.id AND current;
    SELECT coalesce(max(l.generation), 0) + 1 INTO next FROM calendar_event_links l WHERE l.event_id = event.id;
    INSERT INTO calendar_event_links (ws_id, event_id, kind, provider, account, calendar_id, external_event_id, generation, desired)
    SELECT event.ws_id, event.id, CASE WHEN block THEN 'block' ELSE 'event' END, target.provider, a.account_email,
        target.calendar_id, almanac_remote_id(i.name, event.ws_id, event.id, next), next, fields
    FROM installation i, calendar_auth_tokens a
    WHERE a.id = target.auth_token_id;
END $$;

-- What an event is to be at its owner's target calendar: the one place where that is decided. Called at the end of each
-- transaction that has touched the event or what makes it a block.
CREATE FUNCTION almanac_project_event(wanted uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    event workspace_calendar_events;
    link calendar_event_links;
    target calendar_connections;
    fields jsonb;
    has_link boolean;
BEGIN
    SELECT * INTO link FROM calendar_event_links l WHERE l.event_id = wanted AND l.current FOR UPDATE;
    has_link := FOUND AND link.kind <> 'edit';
    SELECT * INTO event FROM workspace_calendar_events e WHERE e.id = wanted;
    IF event.id IS NULL THEN
        UPDATE calendar_event_links l
        SET desired = NULL, desired_rev = l.desired_rev + 1, conflict = NULL, updated_at = now(),
            stopped = CASE WHEN l.stopped = 'detached' THEN l.stopped END
        WHERE l.id = link.id AND has_link AND l.desired IS NOT NULL;
        RETURN;
    END IF;
    IF event.provider <> 'almanac' THEN
        RETURN;
    END IF;
    SELECT c.* INTO target
    FROM workspace_members m JOIN calendar_connections c ON c.id = m.target_connection_id AND c.ws_id = m.ws_id
    WHERE m.ws_id = event.ws_id AND m.user_id = almanac_event_owner(event);
    IF target.id IS NULL THEN
        -- Nowhere any more: what is still ahead is taken back, what has passed stays as it is.
        UPDATE calendar_event_links l
        SET desired = NULL, desired_rev = l.desired_rev + 1, updated_at = now(), conflict = NULL,
            stopped = CASE WHEN event.end_at <= now() OR l.stopped = 'detached' THEN 'detached' END
        WHERE l.id = link.id AND has_link AND l.desired IS NOT NULL;
        RETURN;
    END IF;
    IF event.end_at <= now() AND (NOT has_link OR link.state IN ('gone', 'detached')) THEN
        RETURN;
    END IF;
    fields := almanac_event_fields(event, (SELECT w.timezone FROM workspaces w WHERE w.id = event.ws_id));
    IF NOT has_link OR link.state IN ('gone', 'detached') THEN
        PERFORM almanac_add_link(event, target, fields, almanac_is_block(wanted));
    ELSIF link.provider <> target.provider OR link.calendar_id <> target.calendar_id THEN
        -- First there, then no longer here: at worst both for a moment, never neither.
        UPDATE calendar_event_links l SET desired = NULL, desired_rev = l.desired_rev + 1, conflict = NULL, updated_at = now(),
            stopped = CASE WHEN event.end_at <= now() THEN 'detached' END
        WHERE l.id = link.id;
        PERFORM almanac_add_link(event, target, fields, almanac_is_block(wanted));
    ELSE
        fields := fields - link.theirs;
        UPDATE calendar_event_links l
        SET desired = fields, desired_rev = l.desired_rev + 1, stopped = NULL, attempts = 0, refusals = 0,
            next_attempt_at = NULL, error_type = NULL, updated_at = now(),
            kind = CASE WHEN almanac_is_block(wanted) THEN 'block' ELSE 'event' END
        WHERE l.id = link.id AND (l.desired IS NULL OR l.desired #- '{when,zone}' IS DISTINCT FROM fields #- '{when,zone}');
    END IF;
    -- An event without length cannot be written: it waits, and says so, until it has one.
    UPDATE calendar_event_links l SET stopped = 'failed', reason = 'empty_range', error_type = 'empty_range', updated_at = now()
    WHERE l.event_id = wanted AND l.current AND NOT event.all_day AND l.stopped IS DISTINCT FROM 'detached'
        AND date_trunc('second', event.start_at) >= date_trunc('second', event.end_at) AND l.reason IS DISTINCT FROM 'empty_range';
    UPDATE calendar_event_links l SET reason = NULL, error_type = NULL, stopped = NULL
    WHERE l.event_id = wanted AND l.current AND l.reason = 'empty_range'
        AND (event.all_day OR date_trunc('second', event.start_at) < date_trunc('second', event.end_at));
END $$;

-- Whether a workspace has anything to do with writing: an index look-up, for most have not.
CREATE FUNCTION almanac_writes_out(workspace uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT 1 FROM workspace_members m WHERE m.ws_id = workspace AND m.target_connection_id IS NOT NULL)
        OR EXISTS (SELECT 1 FROM calendar_event_links l WHERE l.ws_id = workspace)
$$;

CREATE FUNCTION almanac_note_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'workspace_calendar_events' THEN
        IF almanac_writes_out(coalesce(NEW.ws_id, OLD.ws_id)) THEN
            PERFORM almanac_project_event(coalesce(NEW.id, OLD.id));
        END IF;
    ELSIF almanac_writes_out(coalesce(NEW.ws_id, OLD.ws_id)) THEN
        PERFORM almanac_project_event(coalesce(NEW.event_id, OLD.event_id));
    END IF;
    RETURN NULL;
END $$;

-- At the end of the transaction: a block is an event and the row that says whose piece it is, in whatever order they came.
CREATE CONSTRAINT TRIGGER workspace_calendar_events_added AFTER INSERT ON workspace_calendar_events
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.provider = 'almanac') EXECUTE FUNCTION almanac_note_event();
CREATE CONSTRAINT TRIGGER workspace_calendar_events_changed AFTER UPDATE ON workspace_calendar_events
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.provider = 'almanac') EXECUTE FUNCTION almanac_note_event();
CREATE CONSTRAINT TRIGGER workspace_calendar_events_removed AFTER DELETE ON workspace_calendar_events
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.provider = 'almanac') EXECUTE FUNCTION almanac_note_event();
CREATE CONSTRAINT TRIGGER task_calendar_events_linked AFTER INSERT OR UPDATE OR DELETE ON task_calendar_events
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION almanac_note_event();
CREATE CONSTRAINT TRIGGER habit_calendar_events_linked AFTER INSERT OR UPDATE OR DELETE ON habit_calendar_events
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION almanac_note_event();
CREATE CONSTRAINT TRIGGER meeting_calendar_events_linked AFTER INSERT OR UPDATE OR DELETE ON meeting_calendar_events
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION almanac_note_event();

-- A member gets a target, another one, or none: everything ahead of the workspace is looked at again.
CREATE FUNCTION almanac_note_target() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM almanac_project_event(e.id)
    FROM workspace_calendar_events e
    WHERE e.ws_id = NEW.ws_id AND e.provider = 'almanac'
        AND (e.end_at > now() OR EXISTS (SELECT 1 FROM calendar_event_links l WHERE l.event_id = e.id AND l.current));
    RETURN NULL;
END $$;
CREATE TRIGGER workspace_members_target_added AFTER INSERT ON workspace_members
    FOR EACH ROW WHEN (NEW.target_connection_id IS NOT NULL) EXECUTE FUNCTION almanac_note_target();
CREATE TRIGGER workspace_members_target_changed AFTER UPDATE OF target_connection_id ON workspace_members
    FOR EACH ROW WHEN (OLD.target_connection_id IS DISTINCT FROM NEW.target_connection_id) EXECUTE FUNCTION almanac_note_target();
CREATE FUNCTION almanac_forget_review() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.target_reviewed_at := NULL;
    RETURN NEW;
END $$;
CREATE TRIGGER workspace_members_target_unreviewed BEFORE UPDATE OF target_connection_id ON workspace_members
    FOR EACH ROW WHEN (OLD.target_connection_id IS DISTINCT FROM NEW.target_connection_id) EXECUTE FUNCTION almanac_forget_review();

-- A provider's event that was changed here: a write of the provider's always brings another etag or another mapping, so
-- what changes fields without them is an edit. A statement at a time, for a page has thousands of rows.
CREATE FUNCTION almanac_note_edits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM calendar_connections c WHERE c.sync_outbound_enabled) THEN
        RETURN NULL;
    END IF;
    INSERT INTO calendar_event_links AS l
        (ws_id, event_id, kind, provider, account, calendar_id, external_event_id, desired, base, ours, base_etag)
    SELECT DISTINCT ON (n.id) n.ws_id, n.id, 'edit', n.provider, a.account_email, n.external_calendar_id, n.external_event_id,
        almanac_event_fields(n, w.timezone), almanac_event_fields(o, w.timezone), almanac_event_fields(o, w.timezone), o.etag
    FROM changed n
    JOIN former o ON o.id = n.id
    JOIN workspaces w ON w.id = n.ws_id
    JOIN calendar_connections c ON c.ws_id = n.ws_id AND c.provider = n.provider AND c.calendar_id = n.external_calendar_id
        AND c.sync_outbound_enabled
    JOIN calendar_auth_tokens a ON a.id = c.auth_token_id AND a.status <> 'disconnected'
    WHERE n.provider <> 'almanac' AND o.provider <> 'almanac' AND n.etag = o.etag AND n.mapping_version = o.mapping_version
        AND almanac_fields_differ(almanac_event_fields(n, w.timezone), almanac_event_fields(o, w.timezone))
    ORDER BY n.id, array_position(ARRAY['owner', 'writer'], c.access_role) NULLS LAST, c.created_at
    ON CONFLICT (event_id) WHERE current DO UPDATE SET
        desired = excluded.desired, desired_rev = l.desired_rev + 1, stopped = NULL, reason = NULL, attempts = 0, refusals = 0,
        next_attempt_at = NULL, error_type = NULL, updated_at = now()
    WHERE l.kind = 'edit' AND almanac_fields_differ(excluded.desired, l.desired);
    RETURN NULL;
END $$;
CREATE TRIGGER workspace_calendar_events_edited AFTER UPDATE ON workspace_calendar_events
    REFERENCING OLD TABLE AS former NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION almanac_note_edits();

CREATE FUNCTION almanac_note_deletions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('almanac.deletes', true) = 'provider'
        OR NOT EXISTS (SELECT 1 FROM calendar_connections c WHERE c.sync_outbound_enabled) THEN
        RETURN NULL;
    END IF;
    INSERT INTO calendar_event_links AS l
        (ws_id, event_id, kind, provider, account, calendar_id, external_event_id, desired, base, ours, base_etag)
    SELECT DISTINCT ON (o.id) o.ws_id, o.id, 'edit', o.provider, a.account_email, o.external_calendar_id, o.external_event_id,
        NULL, almanac_event_fields(o, w.timezone), almanac_event_fields(o, w.timezone), o.etag
    FROM former o
    JOIN workspaces w ON w.id = o.ws_id -- one that goes takes its events along, and nothing is written for it
    JOIN calendar_connections c ON c.ws_id = o.ws_id AND c.provider = o.provider AND c.calendar_id = o.external_calendar_id
        AND c.sync_outbound_enabled
    JOIN calendar_auth_tokens a ON a.id = c.auth_token_id AND a.status <> 'disconnected'
    WHERE o.provider <> 'almanac' AND o.etag IS NOT NULL
    ORDER BY o.id, array_position(ARRAY['owner', 'writer'], c.access_role) NULLS LAST, c.created_at
    ON CONFLICT (event_id) WHERE current DO UPDATE SET
        desired = NULL, desired_rev = l.desired_rev + 1, stopped = NULL, reason = NULL, conflict = NULL, next_attempt_at = NULL,
        error_type = NULL, updated_at = now()
    WHERE l.kind = 'edit';
    RETURN NULL;
END $$;
CREATE TRIGGER workspace_calendar_events_deleted AFTER DELETE ON workspace_calendar_events
    REFERENCING OLD TABLE AS former FOR EACH STATEMENT EXECUTE FUNCTION almanac_note_deletions();

CREATE FUNCTION almanac_forget_edits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM calendar_event_links l USING calendar_auth_tokens a
    WHERE a.id = NEW.auth_token_id AND l.ws_id = NEW.ws_id AND l.provider = NEW.provider AND l.calendar_id = NEW.calendar_id
        AND l.account = a.account_email AND l.kind = 'edit' AND l.sent_op IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER calendar_connections_outbound_off AFTER UPDATE OF sync_outbound_enabled ON calendar_connections
    FOR EACH ROW WHEN (OLD.sync_outbound_enabled AND NOT NEW.sync_outbound_enabled) EXECUTE FUNCTION almanac_forget_edits();

-- What a provider deletes is not deleted there once more.
ALTER FUNCTION almanac_delete_events(uuid[]) RENAME TO almanac_delete_event_rows;
CREATE FUNCTION almanac_delete_events(doomed uuid[]) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    deleted integer;
BEGIN
    PERFORM set_config('almanac.deletes', 'provider', true);
    deleted := almanac_delete_event_rows(doomed);
    PERFORM set_config('almanac.deletes', '', true);
    DELETE FROM calendar_event_links WHERE event_id = ANY (doomed) AND kind = 'edit' AND sent_op IS NULL;
    RETURN deleted;
END $$;

-- A workspace with blocks ahead in somebody's calendar does not go before they are taken back: nobody could do it later.
CREATE FUNCTION almanac_keep_linked_workspace() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM calendar_event_links l JOIN calendar_auth_tokens a
            ON a.ws_id = l.ws_id AND a.provider = l.provider AND a.account_email = l.account AND a.status = 'active'
        WHERE l.ws_id = OLD.id AND l.kind <> 'edit' AND l.state NOT IN ('gone', 'detached', 'wanted')
            AND coalesce(l.base #>> '{when,end}', l.base #>> '{when,after}', '9999') > to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    ) THEN
        RAISE EXCEPTION 'the workspace has events ahead in calendars of its members'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'workspace_has_linked_events',
                HINT = 'take them back first: almanac member target WS --user U --none, then a sync';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER workspaces_linked BEFORE DELETE ON workspaces FOR EACH ROW EXECUTE FUNCTION almanac_keep_linked_workspace();
