-- Who comes to the block of a meeting follows the meeting's people, whoever writes them: a plan leaves a locked one as it is. Who
-- need not come any more is not there either, and who must now is; whom to ask along a plan decides. What is over tells who was
-- there. At the end of the transaction, for a product may write all of them anew; where nobody is left, it is not done yet.
CREATE FUNCTION almanac_note_attendees() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    followed uuid[];
BEGIN
    -- Two who write at once: the second one sees what the first one wrote.
    followed := ARRAY (
        SELECT b.event_id FROM meeting_calendar_events b JOIN workspace_calendar_events e ON e.id = b.event_id
        WHERE b.meeting_id IN (OLD.meeting_id, NEW.meeting_id) AND b.attending <> '{}' AND NOT b.completed AND e.end_at > now()
        ORDER BY b.event_id
        FOR NO KEY UPDATE OF b
    );
    IF followed = '{}' THEN
        RETURN NULL;
    END IF;
    UPDATE meeting_calendar_events b SET attending = c.attending, updated_at = now()
    FROM meeting_calendar_events w CROSS JOIN LATERAL (
        SELECT array_agg(a.user_id ORDER BY array_position(w.attending, a.user_id), a.user_id) AS attending
        FROM meeting_attendees a
        WHERE a.meeting_id = w.meeting_id AND (a.user_id = ANY (w.attending) OR NOT a.is_optional)
    ) c
    WHERE w.event_id = ANY (followed) AND b.event_id = w.event_id AND b.attending <> c.attending;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER meeting_attendees_noted AFTER INSERT OR DELETE OR UPDATE OF meeting_id, user_id, is_optional
    ON meeting_attendees DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION almanac_note_attendees();
