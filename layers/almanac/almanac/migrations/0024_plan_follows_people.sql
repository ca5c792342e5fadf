-- The plan follows people and meetings, too (0013_plan_follows.sql has what came before them).
CREATE TRIGGER members_changed AFTER INSERT OR UPDATE OR DELETE ON workspace_members
    FOR EACH ROW EXECUTE FUNCTION almanac_row_changed();
CREATE TRIGGER assignees_changed AFTER INSERT OR UPDATE OR DELETE ON task_assignees
    FOR EACH ROW EXECUTE FUNCTION almanac_row_changed();
CREATE TRIGGER meetings_changed AFTER INSERT OR UPDATE OR DELETE ON meetings
    FOR EACH ROW EXECUTE FUNCTION almanac_row_changed();
CREATE TRIGGER attendees_changed AFTER INSERT OR UPDATE OR DELETE ON meeting_attendees
    FOR EACH ROW EXECUTE FUNCTION almanac_row_changed();
CREATE TRIGGER meeting_dependencies_changed AFTER INSERT OR DELETE ON meeting_dependencies
    FOR EACH ROW EXECUTE FUNCTION almanac_row_changed();
CREATE TRIGGER meeting_blocks_changed AFTER INSERT OR UPDATE OR DELETE ON meeting_calendar_events
    FOR EACH ROW EXECUTE FUNCTION almanac_row_changed();
CREATE TRIGGER calendars_shared AFTER UPDATE OF is_shared ON calendar_connections
    FOR EACH ROW WHEN (OLD.is_shared IS DISTINCT FROM NEW.is_shared) EXECUTE FUNCTION almanac_row_changed();
