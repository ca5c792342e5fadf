-- What the app owns of an event outlives the event's row: until Google brings the event back, or shows it in the calendar
-- that it has moved to. Readers of workspace_calendar_events still see live events only.

CREATE TABLE calendar_event_keepsakes (
    ws_id                uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    provider             text NOT NULL,
    external_calendar_id text NOT NULL,
    external_event_id    text NOT NULL,
    event_id             uuid NOT NULL, -- of the row that is gone; the event gets it again
    organizer_email      text, -- as the row had it: a move changes the organizer, a copy in another calendar does not
    task_id              uuid,
    locked               boolean NOT NULL,
    color_override       calendar_color,
    task_link            jsonb, -- its row of task_calendar_events
    habit_link           jsonb, -- its row of habit_calendar_events
    kept_at              timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (ws_id, provider, external_event_id, external_calendar_id)
);
CREATE INDEX calendar_event_keepsakes_kept_at ON calendar_event_keepsakes (kept_at);

-- An event that moved may be seen where it went before it is missed where it was: then its fields and links go over at
-- once, unless the app has given that row some of its own. Whether they did.
CREATE FUNCTION almanac_hand_over(lost calendar_event_keepsakes) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    heir uuid;
BEGIN
    UPDATE workspace_calendar_events e
    SET task_id = lost.task_id, locked = lost.locked, color_override = lost.color_override, updated_at = now()
    FROM calendar_connections c
    WHERE c.ws_id = lost.ws_id AND c.provider = lost.provider AND c.calendar_id <> lost.external_calendar_id
        AND e.ws_id = lost.ws_id AND e.provider = lost.provider AND e.external_calendar_id = c.calendar_id
        AND e.external_event_id = lost.external_event_id
        AND e.organizer_email = lower(e.external_calendar_id) AND e.organizer_email IS DISTINCT FROM lost.organizer_email
        AND e.task_id IS NULL AND NOT e.locked AND e.color_override IS NULL
        AND NOT EXISTS (SELECT 1 FROM task_calendar_events b WHERE b.event_id = e.id)
        AND NOT EXISTS (SELECT 1 FROM habit_calendar_events b WHERE b.event_id = e.id)
    RETURNING e.id INTO heir;
    UPDATE task_calendar_events SET event_id = heir WHERE event_id = lost.event_id AND heir IS NOT NULL;
    UPDATE habit_calendar_events SET event_id = heir WHERE event_id = lost.event_id AND heir IS NOT NULL;
    RETURN heir IS NOT NULL;
END $$;

-- Deletes events by their rows' ids; what the app owns of them is handed over or kept. Returns how many were deleted.
CREATE FUNCTION almanac_delete_events(doomed uuid[]) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    lost calendar_event_keepsakes;
    deleted integer;
BEGIN
    -- The app's writes wait for these locks: what it sets meanwhile is kept, what it sets later finds no event.
    PERFORM 1 FROM workspace_calendar_events WHERE id = ANY (doomed) ORDER BY id FOR UPDATE;
    FOR lost IN
        SELECT e.ws_id, e.provider, e.external_calendar_id, e.external_event_id, e.id, e.organizer_email, e.task_id,
            e.locked, e.color_override, to_jsonb(t), to_jsonb(h), clock_timestamp()
        FROM workspace_calendar_events e
        LEFT JOIN task_calendar_events t ON t.event_id = e.id
        LEFT JOIN habit_calendar_events h ON h.event_id = e.id
        WHERE e.id = ANY (doomed) AND e.provider <> 'almanac'
            AND (e.task_id IS NOT NULL OR e.locked OR e.color_override IS NOT NULL
                OR t.event_id IS NOT NULL OR h.event_id IS NOT NULL)
    LOOP
        CONTINUE WHEN almanac_hand_over(lost);
        DELETE FROM calendar_event_keepsakes
        WHERE ws_id = lost.ws_id AND provider = lost.provider AND external_event_id = lost.external_event_id
            AND external_calendar_id = lost.external_calendar_id;
        INSERT INTO calendar_event_keepsakes SELECT lost.*;
    END LOOP;
    DELETE FROM workspace_calendar_events WHERE id = ANY (doomed);
    GET DIAGNOSTICS deleted = ROW_COUNT;
    RETURN deleted;
END $$;

-- Gives events of a calendar that have just been inserted what was kept of them: row id, fields and links. Of another
-- calendar's keepsakes only those of an event that has moved here. Returns how many events got something.
CREATE FUNCTION almanac_restore_events(workspace uuid, calendar text, arrived text[])
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    found record;
    kept calendar_event_keepsakes;
    row_id uuid;
    restored integer := 0;
BEGIN
    FOR found IN
        SELECT DISTINCT ON (e.id) e.id AS fresh_id, k AS keepsake
        FROM calendar_event_keepsakes k
        JOIN workspace_calendar_events e ON e.ws_id = k.ws_id AND e.provider = k.provider
            AND e.external_calendar_id = calendar AND e.external_event_id = k.external_event_id
        WHERE k.ws_id = workspace AND k.external_event_id = ANY (arrived)
            AND (k.external_calendar_id = calendar
                OR (e.organizer_email = lower(calendar) AND e.organizer_email IS DISTINCT FROM k.organizer_email))
        ORDER BY e.id, k.kept_at DESC
    LOOP
        kept := found.keepsake;
        DELETE FROM calendar_event_keepsakes
        WHERE ws_id = kept.ws_id AND provider = kept.provider AND external_event_id = kept.external_event_id
            AND external_calendar_id = kept.external_calendar_id;
        UPDATE workspace_calendar_events e
        SET id = CASE WHEN EXISTS (SELECT 1 FROM workspace_calendar_events o WHERE o.id = kept.event_id)
                THEN e.id ELSE kept.event_id END,
            task_id = kept.task_id, locked = kept.locked, color_override = kept.color_override
        WHERE e.id = found.fresh_id
        RETURNING e.id INTO row_id;
        PERFORM almanac_restore_links(kept, row_id);
        restored := restored + 1;
    END LOOP;
    RETURN restored;
END $$;

-- A link whose task or habit was deleted meanwhile comes back without it, as it would have stayed; an occurrence that
-- has been placed elsewhere meanwhile stays there.
CREATE FUNCTION almanac_restore_links(kept calendar_event_keepsakes, row_id uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO task_calendar_events
    SELECT b.* FROM jsonb_populate_record(NULL::task_calendar_events, kept.task_link || jsonb_build_object(
        'event_id', row_id,
        'task_id', (SELECT t.id FROM tasks t WHERE t.id = (kept.task_link ->> 'task_id')::uuid FOR KEY SHARE)
    )) b
    WHERE kept.task_link IS NOT NULL
    ON CONFLICT DO NOTHING;
    INSERT INTO habit_calendar_events
    SELECT b.* FROM jsonb_populate_record(NULL::habit_calendar_events, kept.habit_link || jsonb_build_object(
        'event_id', row_id,
        'habit_id', (SELECT h.id FROM workspace_habits h WHERE h.id = (kept.habit_link ->> 'habit_id')::uuid FOR KEY SHARE)
    )) b
    WHERE kept.habit_link IS NOT NULL
    ON CONFLICT DO NOTHING;
END $$;
