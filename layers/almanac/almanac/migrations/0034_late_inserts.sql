-- An insert without an answer may land after its row was deleted. A link that has ended is gone on with in that case, under
-- the same id: another generation could be there twice.
CREATE OR REPLACE FUNCTION almanac_project_event(wanted uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    event workspace_calendar_events;
    link calendar_event_links;
    target calendar_connections;
    fields jsonb;
    has_link boolean;
    ended boolean;
BEGIN
    SELECT * INTO link FROM calendar_event_links l WHERE l.event_id = wanted AND l.current FOR UPDATE;
    has_link := FOUND AND link.kind <> 'edit';
    ended := link.state = 'detached' OR (link.state = 'gone' AND link.sent_rev IS NULL);
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
    IF NOT has_link OR ended THEN
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

-- Of links that ended before, nobody can tell any more whether an insert was on its way.
UPDATE calendar_event_links SET sent_rev = NULL, sent_bodies = '{}' WHERE state = 'gone' AND sent_rev IS NOT NULL;
