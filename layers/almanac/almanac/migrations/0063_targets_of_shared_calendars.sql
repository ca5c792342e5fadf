-- A calendar that several accounts see may be a target through any of them. Until now an event that was there already stayed with
-- the account that had it first, and waited for good once that one was gone; one that had just left came twice.
CREATE FUNCTION almanac_hand_to_account(link calendar_event_links, target calendar_connections) RETURNS void LANGUAGE sql AS $$
    -- What another account sees of it is read before anything is decided. What that one was refused, this one may be granted.
    UPDATE calendar_event_links l
    SET account = a.account_email, stopped = CASE WHEN l.stopped <> 'failed' OR l.reason = 'empty_range' THEN l.stopped END,
        doubt = CASE WHEN l.base IS NULL AND l.sent_rev IS NULL THEN l.doubt ELSE coalesce(l.doubt, 'unsure') END,
        attempts = 0, refusals = 0, next_attempt_at = NULL, updated_at = now()
    FROM calendar_auth_tokens a
    WHERE a.id = target.auth_token_id AND l.id = link.id AND l.account <> a.account_email;
    -- Where nothing is left to be written, nothing is held.
    UPDATE calendar_connections c SET outbound_held = NULL, outbound_held_until = NULL, updated_at = now()
    FROM calendar_auth_tokens a
    WHERE a.id = c.auth_token_id AND c.ws_id = link.ws_id AND c.provider = link.provider AND c.calendar_id = link.calendar_id
        AND a.account_email = link.account AND c.outbound_held IS NOT NULL AND c.id <> target.id
        AND NOT EXISTS (
            SELECT 1 FROM calendar_event_links l
            WHERE l.ws_id = c.ws_id AND l.provider = c.provider AND l.calendar_id = c.calendar_id AND l.account = a.account_email
        );
$$;

CREATE OR REPLACE FUNCTION almanac_add_link(event workspace_calendar_events, target calendar_connections, fields jsonb, block boolean)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    next integer := almanac_next_generation(event.id);
    there calendar_event_links;
BEGIN
    UPDATE calendar_event_links SET current = false WHERE event_id = event.id AND current;
    UPDATE calendar_event_links l
    SET current = true, account = a.account_email, kind = CASE WHEN block THEN 'block' ELSE 'event' END, stopped = NULL, reason = NULL,
        doubt = coalesce(l.doubt, 'unsure'), desired = CASE WHEN l.base IS NULL THEN fields ELSE fields - l.theirs END,
        desired_rev = l.desired_rev + 1, attempts = 0, refusals = 0, next_attempt_at = NULL, error_type = NULL, conflict = NULL,
        updated_at = now()
    FROM calendar_auth_tokens a
    WHERE a.id = target.auth_token_id AND l.id = (
        SELECT f.id FROM calendar_event_links f
        WHERE f.event_id = event.id AND f.kind <> 'edit' AND f.provider = target.provider AND f.calendar_id = target.calendar_id
            AND (CASE WHEN f.stopped IS NULL THEN f.desired IS NULL AND (f.state <> 'gone' OR f.sent_rev IS NOT NULL)
                ELSE f.stopped = 'detached' AND f.reason = 'left' AND f.base IS NOT NULL END)
        ORDER BY f.generation DESC LIMIT 1
    )
    RETURNING l.* INTO there;
    IF FOUND THEN
        PERFORM almanac_delete_events(ARRAY (
            SELECT e.id FROM workspace_calendar_events e
            WHERE e.ws_id = event.ws_id AND e.provider = there.provider AND e.external_calendar_id = there.calendar_id
                AND e.external_event_id = there.external_event_id
        ));
        RETURN;
    END IF;
    INSERT INTO calendar_event_links (ws_id, event_id, kind, provider, account, calendar_id, external_event_id, generation, desired)
    SELECT event.ws_id, event.id, CASE WHEN block THEN 'block' ELSE 'event' END, target.provider, a.account_email,
        target.calendar_id, almanac_remote_id(i.name, event.ws_id, event.id, next), next, fields
    FROM installation i, calendar_auth_tokens a
    WHERE a.id = target.auth_token_id;
END $$;

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
        UPDATE calendar_event_links n
        SET theirs = ARRAY (SELECT unnest(n.theirs) UNION SELECT unnest(link.theirs) ORDER BY 1),
            desired = n.desired || almanac_fields_named(coalesce(link.ours, '{}') || coalesce(link.desired, '{}'), link.theirs),
            conflict = CASE WHEN link.stopped = 'conflict' THEN NULL ELSE link.conflict END
        WHERE n.event_id = wanted AND n.current AND n.id <> link.id;
    ELSE
        PERFORM almanac_hand_to_account(link, target);
        fields := CASE WHEN link.base IS NULL THEN fields ELSE fields - link.theirs END || almanac_fields_named(link.desired, link.theirs);
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

-- What stands in another calendar than its person's by now, or is another account's.
SELECT almanac_project_event(e.id)
FROM calendar_event_links l JOIN workspace_calendar_events e ON e.id = l.event_id AND e.ws_id = l.ws_id AND e.provider = 'almanac'
WHERE l.current AND l.kind <> 'edit' AND l.desired IS NOT NULL AND l.state NOT IN ('gone', 'detached') AND e.end_at > now()
    AND NOT EXISTS (
        SELECT 1 FROM workspace_members m
        JOIN calendar_connections c ON c.id = m.target_connection_id AND c.ws_id = m.ws_id
        JOIN calendar_auth_tokens a ON a.id = c.auth_token_id
        WHERE m.ws_id = e.ws_id AND m.user_id = almanac_event_owner(e) AND c.provider = l.provider
            AND c.calendar_id = l.calendar_id AND a.account_email = l.account
    );
