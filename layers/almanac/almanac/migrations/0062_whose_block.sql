-- Whose an event is decides where it is written, so whatever decides that has it looked at again: a habit that is somebody
-- else's now, a meeting's creator, who works on a task, who is a member. Until now its block stayed in the former one's calendar
-- until somebody changed the block itself. A block of somebody who is no member goes nowhere, as plans have it take nobody's time;
-- until now it went to the default member's calendar. A meeting's block is of all who come, so that one is still written there.
CREATE OR REPLACE FUNCTION almanac_event_owner(event workspace_calendar_events) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT m.user_id
    FROM workspace_members m
    LEFT JOIN task_calendar_events b ON b.event_id = event.id
    LEFT JOIN habit_calendar_events h ON h.event_id = event.id
    LEFT JOIN workspace_habits w ON w.id = h.habit_id
    LEFT JOIN meeting_calendar_events g ON g.event_id = event.id
    LEFT JOIN meetings a ON a.id = g.meeting_id
    JOIN workspaces s ON s.id = event.ws_id
    WHERE m.ws_id = event.ws_id AND (coalesce(b.user_id, w.user_id) IS NULL OR m.user_id = coalesce(b.user_id, w.user_id))
    ORDER BY
        (m.user_id = a.creator_id) IS TRUE DESC,
        EXISTS (SELECT 1 FROM task_assignees t WHERE t.task_id = b.task_id AND t.user_id = m.user_id) DESC,
        (m.user_id = s.creator_id) IS TRUE DESC, m.created_at, m.user_id
    LIMIT 1
$$;

-- Everything of a workspace that is written, or may be from now on.
CREATE FUNCTION almanac_project_workspace(workspace uuid) RETURNS void LANGUAGE sql AS $$
    SELECT almanac_project_event(e.id)
    FROM workspace_calendar_events e
    WHERE almanac_writes_out(workspace) AND e.ws_id = workspace AND e.provider = 'almanac'
        AND (e.end_at > now() OR EXISTS (SELECT 1 FROM calendar_event_links l WHERE l.event_id = e.id AND l.current))
$$;

CREATE OR REPLACE FUNCTION almanac_note_target() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM almanac_project_workspace(NEW.ws_id);
    RETURN NULL;
END $$;
DROP TRIGGER workspace_members_target_added ON workspace_members;

CREATE FUNCTION almanac_note_members() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM almanac_project_workspace(coalesce(NEW.ws_id, OLD.ws_id));
    RETURN NULL;
END $$;
CREATE FUNCTION almanac_note_creator() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM almanac_project_workspace(NEW.id);
    RETURN NULL;
END $$;
CREATE FUNCTION almanac_note_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT almanac_writes_out(coalesce(NEW.ws_id, OLD.ws_id)) THEN
        RETURN NULL;
    END IF;
    IF TG_TABLE_NAME = 'workspace_habits' THEN
        PERFORM almanac_project_event(b.event_id) FROM habit_calendar_events b WHERE b.habit_id = NEW.id;
    ELSIF TG_TABLE_NAME = 'meetings' THEN
        PERFORM almanac_project_event(b.event_id) FROM meeting_calendar_events b WHERE b.meeting_id = NEW.id;
    ELSE
        PERFORM almanac_project_event(b.event_id) FROM task_calendar_events b
        WHERE b.task_id IN (NEW.task_id, OLD.task_id) AND b.user_id IS NULL;
    END IF;
    RETURN NULL;
END $$;

-- At the end of the transaction: one may take somebody out and put them back.
CREATE CONSTRAINT TRIGGER workspace_members_noted AFTER INSERT OR DELETE ON workspace_members
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION almanac_note_members();
CREATE CONSTRAINT TRIGGER workspaces_creator_noted AFTER UPDATE OF creator_id ON workspaces
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.creator_id IS DISTINCT FROM NEW.creator_id)
    EXECUTE FUNCTION almanac_note_creator();
CREATE CONSTRAINT TRIGGER workspace_habits_owner_noted AFTER UPDATE OF user_id ON workspace_habits
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.user_id IS DISTINCT FROM NEW.user_id)
    EXECUTE FUNCTION almanac_note_owner();
CREATE CONSTRAINT TRIGGER meetings_creator_noted AFTER UPDATE OF creator_id ON meetings
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.creator_id IS DISTINCT FROM NEW.creator_id)
    EXECUTE FUNCTION almanac_note_owner();
CREATE CONSTRAINT TRIGGER task_assignees_noted AFTER INSERT OR DELETE OR UPDATE OF task_id, user_id ON task_assignees
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION almanac_note_owner();
