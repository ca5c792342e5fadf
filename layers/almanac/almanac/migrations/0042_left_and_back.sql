-- Who disconnects an account and leaves its blocks there, and connects it again, goes on with them: written anew they would
-- be there twice. What became of them meanwhile is read before anything is decided.
CREATE OR REPLACE FUNCTION almanac_add_link(event workspace_calendar_events, target calendar_connections, fields jsonb, block boolean)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    next integer;
    left_there calendar_event_links;
BEGIN
    UPDATE calendar_event_links SET current = false WHERE event_id = event.id AND current;
    UPDATE calendar_event_links l
    SET current = true, kind = CASE WHEN block THEN 'block' ELSE 'event' END, stopped = NULL, reason = NULL, doubt = 'unsure',
        desired = fields - l.theirs, desired_rev = l.desired_rev + 1, attempts = 0, refusals = 0, next_attempt_at = NULL,
        error_type = NULL, conflict = NULL, updated_at = now()
    FROM calendar_auth_tokens a
    WHERE a.id = target.auth_token_id AND l.event_id = event.id AND l.stopped = 'detached' AND l.reason = 'left'
        AND l.base IS NOT NULL AND l.provider = target.provider AND l.account = a.account_email AND l.calendar_id = target.calendar_id
    RETURNING l.* INTO left_there;
    IF FOUND THEN
        PERFORM almanac_delete_events(ARRAY (
            SELECT e.id FROM workspace_calendar_events e
            WHERE e.ws_id = event.ws_id AND e.provider = left_there.provider AND e.external_calendar_id = left_there.calendar_id
                AND e.external_event_id = left_there.external_event_id
        ));
        RETURN;
    END IF;
    SELECT coalesce(max(l.generation), 0) + 1 INTO next FROM calendar_event_links l WHERE l.event_id = event.id;
    INSERT INTO calendar_event_links (ws_id, event_id, kind, provider, account, calendar_id, external_event_id, generation, desired)
    SELECT event.ws_id, event.id, CASE WHEN block THEN 'block' ELSE 'event' END, target.provider, a.account_email,
        target.calendar_id, almanac_remote_id(i.name, event.ws_id, event.id, next), next, fields
    FROM installation i, calendar_auth_tokens a
    WHERE a.id = target.auth_token_id;
END $$;
