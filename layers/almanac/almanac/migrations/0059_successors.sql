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

-- What a person took over elsewhere and is still to be written here stands in `desired` alone: with that forgotten it is theirs
-- no more here, or it would never be written.
CREATE FUNCTION almanac_forget_unwritten() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.theirs := ARRAY (SELECT t.name FROM unnest(NEW.theirs) AS t (name) WHERE NOT OLD.desired ? t.name ORDER BY 1);
    RETURN NEW;
END $$;
CREATE TRIGGER calendar_event_links_unwritten BEFORE UPDATE OF desired ON calendar_event_links
    FOR EACH ROW WHEN (OLD.desired IS NOT NULL AND NEW.desired IS NULL AND NEW.theirs <> '{}')
    EXECUTE FUNCTION almanac_forget_unwritten();
