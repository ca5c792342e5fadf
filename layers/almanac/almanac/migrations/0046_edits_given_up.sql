-- Who switches edits off gives up those that wait: the row is again as the provider was last seen to have the event. Until
-- now it kept what was never written until somebody changed the event there. Where a newer version was heard of, or the row
-- was deleted here, the calendar is read anew. What was sent without an answer is looked at first, and then given up.
CREATE OR REPLACE FUNCTION almanac_forget_edits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    pending calendar_event_links[];
BEGIN
    pending := ARRAY (
        SELECT l FROM calendar_event_links l JOIN calendar_auth_tokens a ON a.id = NEW.auth_token_id
        WHERE l.ws_id = NEW.ws_id AND l.provider = NEW.provider AND l.calendar_id = NEW.calendar_id
            AND l.account = a.account_email AND l.kind = 'edit' AND l.sent_op IS NULL AND l.state NOT IN ('gone', 'detached')
        FOR UPDATE OF l
    );
    UPDATE workspace_calendar_events e
    SET title = l.ours ->> 'title', description = l.ours ->> 'description', location = l.ours ->> 'location',
        transparency = l.ours ->> 'transparency', visibility = l.ours ->> 'visibility',
        all_day = l.ours #> '{when,first}' IS NOT NULL,
        start_date = (l.ours #>> '{when,first}')::date, end_date = (l.ours #>> '{when,after}')::date,
        start_at = coalesce((l.ours #>> '{when,start}')::timestamptz,
            almanac_day_start((l.ours #>> '{when,first}')::date, coalesce(w.timezone, 'UTC'))),
        end_at = coalesce((l.ours #>> '{when,end}')::timestamptz,
            almanac_day_start((l.ours #>> '{when,after}')::date, coalesce(w.timezone, 'UTC'))),
        time_zone = CASE WHEN e.time_zone IS NULL THEN NULL ELSE coalesce(l.ours #>> '{when,zone}', e.time_zone) END,
        updated_at = now()
    FROM unnest(pending) l, workspaces w
    WHERE e.id = l.event_id AND e.ws_id = l.ws_id AND e.provider <> 'almanac' AND w.id = e.ws_id
        AND almanac_fields_differ(almanac_event_fields(e, w.timezone), l.ours);
    UPDATE calendar_views v SET connection_id = NULL, access_role = NULL
    WHERE v.ws_id = NEW.ws_id AND v.provider = NEW.provider AND v.calendar_id = NEW.calendar_id AND EXISTS (
        SELECT 1 FROM unnest(pending) l WHERE l.desired IS NULL OR l.doubt IS NOT NULL OR l.stopped = 'conflict');
    DELETE FROM calendar_event_links WHERE id IN (SELECT l.id FROM unnest(pending) l);
    RETURN NULL;
END $$;

-- What was sent when edits were switched off, was not taken, and waits ever since.
UPDATE calendar_event_links l SET doubt = 'unsure', next_attempt_at = NULL
FROM calendar_auth_tokens a JOIN calendar_connections c ON c.auth_token_id = a.id AND NOT c.sync_outbound_enabled
WHERE l.kind = 'edit' AND l.state = 'dirty' AND a.ws_id = l.ws_id AND a.provider = l.provider AND a.account_email = l.account
    AND c.calendar_id = l.calendar_id;
