-- An edit of an event that a person has made a series of meanwhile is for somebody to decide, also once the event's row is gone.
CREATE OR REPLACE FUNCTION almanac_delete_events(doomed uuid[]) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    deleted integer;
BEGIN
    PERFORM set_config('almanac.deletes', 'provider', true);
    deleted := almanac_delete_event_rows(doomed);
    PERFORM set_config('almanac.deletes', '', true);
    DELETE FROM calendar_event_links
    WHERE event_id = ANY (doomed) AND kind = 'edit' AND sent_op IS NULL AND (state <> 'detached' OR conflict IS NULL);
    RETURN deleted;
END $$;
