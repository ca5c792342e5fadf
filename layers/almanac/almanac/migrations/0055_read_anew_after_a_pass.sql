-- Who switches edits off while a calendar is read whole has it read anew by the next pass, not by the one that goes on: that
-- one has left out what was linked by then.
ALTER TABLE calendar_views ADD COLUMN reread_at timestamptz; -- no pass that began before is enough; null = any
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
    INSERT INTO calendar_views AS v (ws_id, provider, calendar_id, reread_at)
    SELECT NEW.ws_id, NEW.provider, NEW.calendar_id, clock_timestamp() WHERE EXISTS (
        SELECT 1 FROM unnest(pending) l WHERE l.desired IS NULL OR l.doubt IS NOT NULL OR l.stopped = 'conflict')
    ON CONFLICT (ws_id, provider, calendar_id) DO UPDATE
    SET connection_id = NULL, access_role = NULL, reread_at = excluded.reread_at;
    DELETE FROM calendar_event_links WHERE id IN (SELECT l.id FROM unnest(pending) l);
    RETURN NULL;
END $$;
