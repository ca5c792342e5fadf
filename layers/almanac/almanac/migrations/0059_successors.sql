-- What has taken an event's place at another target, said once: it is current, wanted there, and no person's. None for a link
-- that is current itself.
CREATE FUNCTION almanac_successor(link calendar_event_links) RETURNS SETOF calendar_event_links LANGUAGE sql STABLE AS $$
    SELECT n.* FROM calendar_event_links n
    WHERE n.event_id = link.event_id AND n.ws_id = link.ws_id AND n.current AND NOT link.current
        AND n.kind <> 'edit' AND link.kind <> 'edit' AND n.desired IS NOT NULL AND n.stopped IS DISTINCT FROM 'detached'
$$;

-- By the provider's clock, as is the end of what it replaces: whoever deletes that before has meant the event, after it perhaps
-- only the double. Unknown of what was made until now.
ALTER TABLE calendar_event_links ADD COLUMN made_at timestamptz; -- when it was made there
