-- The plan follows the calendar: what has changed since a workspace's last plan, whoever has written it.

-- One row a transaction, so that writers never wait for each other; gone with the plan that has seen it.
CREATE TABLE unplanned_changes (
    ws_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    tx    xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (ws_id, tx)
);

-- A workspace that goes takes everything along: then there is nothing left to plan.
CREATE FUNCTION almanac_note_change(workspace uuid) RETURNS void LANGUAGE sql AS $$
    INSERT INTO unplanned_changes (ws_id) SELECT w.id FROM workspaces w WHERE w.id = workspace ON CONFLICT DO NOTHING
$$;

CREATE FUNCTION almanac_row_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM almanac_note_change(OLD.ws_id);
    ELSE
        PERFORM almanac_note_change(NEW.ws_id);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION almanac_workspace_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM almanac_note_change(NEW.id);
    RETURN NULL;
END $$;

-- Events of providers come by the thousand; who writes them says so once (almanac_note_change), not a row.
CREATE TRIGGER events_added AFTER INSERT ON workspace_calendar_events
    FOR EACH ROW WHEN (NEW.provider = 'almanac') EXECUTE FUNCTION almanac_row_changed();
CREATE TRIGGER events_changed AFTER UPDATE ON workspace_calendar_events
    FOR EACH ROW WHEN (
        (OLD.start_at, OLD.end_at, OLD.all_day, OLD.status, OLD.transparency, OLD.response, OLD.event_type, OLD.own_block,
            OLD.locked, OLD.external_calendar_id)
        IS DISTINCT FROM
        (NEW.start_at, NEW.end_at, NEW.all_day, NEW.status, NEW.transparency, NEW.response, NEW.event_type, NEW.own_block,
            NEW.locked, NEW.external_calendar_id)
    ) EXECUTE FUNCTION almanac_row_changed();
CREATE TRIGGER events_removed AFTER DELETE ON workspace_calendar_events
    FOR EACH ROW EXECUTE FUNCTION almanac_row_changed();

CREATE TRIGGER tasks_added AFTER INSERT OR DELETE ON tasks FOR EACH ROW EXECUTE FUNCTION almanac_row_changed();
CREATE TRIGGER tasks_changed AFTER UPDATE ON tasks
    FOR EACH ROW WHEN (
        (OLD.title, OLD.priority, OLD.total_minutes, OLD.done_minutes, OLD.is_splittable, OLD.min_split_duration_minutes,
            OLD.max_split_duration_minutes, OLD.start_date, OLD.end_date, OLD.deadline_type, OLD.calendar_hours,
            OLD.auto_schedule, OLD.completed_at)
        IS DISTINCT FROM
        (NEW.title, NEW.priority, NEW.total_minutes, NEW.done_minutes, NEW.is_splittable, NEW.min_split_duration_minutes,
            NEW.max_split_duration_minutes, NEW.start_date, NEW.end_date, NEW.deadline_type, NEW.calendar_hours,
            NEW.auto_schedule, NEW.completed_at)
    ) EXECUTE FUNCTION almanac_row_changed();
CREATE TRIGGER dependencies_changed AFTER INSERT OR DELETE ON task_dependencies
    FOR EACH ROW EXECUTE FUNCTION almanac_row_changed();
CREATE TRIGGER habits_added AFTER INSERT OR DELETE ON workspace_habits
    FOR EACH ROW EXECUTE FUNCTION almanac_row_changed();
CREATE TRIGGER habits_changed AFTER UPDATE ON workspace_habits
    FOR EACH ROW WHEN (to_jsonb(OLD) - 'updated_at' IS DISTINCT FROM to_jsonb(NEW) - 'updated_at')
    EXECUTE FUNCTION almanac_row_changed();
CREATE TRIGGER skips_changed AFTER INSERT OR UPDATE OR DELETE ON habit_skipped_occurrences
    FOR EACH ROW EXECUTE FUNCTION almanac_row_changed();
CREATE TRIGGER hours_changed AFTER INSERT OR UPDATE OR DELETE ON workspace_calendar_hour_settings
    FOR EACH ROW EXECUTE FUNCTION almanac_row_changed();
CREATE TRIGGER task_blocks_changed AFTER INSERT OR UPDATE OR DELETE ON task_calendar_events
    FOR EACH ROW EXECUTE FUNCTION almanac_row_changed();
CREATE TRIGGER habit_blocks_changed AFTER INSERT OR UPDATE OR DELETE ON habit_calendar_events
    FOR EACH ROW EXECUTE FUNCTION almanac_row_changed();
CREATE TRIGGER calendars_switched AFTER UPDATE OF is_enabled, sync_inbound_enabled ON calendar_connections
    FOR EACH ROW WHEN (
        (OLD.is_enabled, OLD.sync_inbound_enabled) IS DISTINCT FROM (NEW.is_enabled, NEW.sync_inbound_enabled)
    ) EXECUTE FUNCTION almanac_row_changed();
CREATE TRIGGER calendars_removed AFTER DELETE ON calendar_connections
    FOR EACH ROW EXECUTE FUNCTION almanac_row_changed();
CREATE TRIGGER accounts_disconnected AFTER UPDATE OF status ON calendar_auth_tokens
    FOR EACH ROW WHEN ((OLD.status = 'disconnected') IS DISTINCT FROM (NEW.status = 'disconnected'))
    EXECUTE FUNCTION almanac_row_changed();
CREATE TRIGGER workspaces_changed AFTER UPDATE OF timezone, settings ON workspaces
    FOR EACH ROW WHEN ((OLD.timezone, OLD.settings) IS DISTINCT FROM (NEW.timezone, NEW.settings))
    EXECUTE FUNCTION almanac_workspace_changed();

-- `sync`: a sync or the product has changed what a plan is made of. `plan`: a plan has something to be written out.
ALTER DOMAIN job_source DROP CONSTRAINT job_source_check;
ALTER DOMAIN job_source ADD CONSTRAINT job_source_check
    CHECK (VALUE IN ('schedule', 'manual', 'push', 'continuation', 'batch', 'plan', 'sync')) NOT VALID;
