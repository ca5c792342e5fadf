-- The view of 0025, each question about one workspace: OFFSET 0 keeps the planner from answering it for everybody at every
-- page of a tick, which then costs by the square of the workspaces.
CREATE OR REPLACE VIEW workspaces_to_plan AS
SELECT w.id
FROM workspaces w
WHERE EXISTS (SELECT 1 FROM tasks t WHERE t.ws_id = w.id AND t.auto_schedule AND t.completed_at IS NULL OFFSET 0)
    OR EXISTS (SELECT 1 FROM workspace_habits h WHERE h.ws_id = w.id AND h.is_active AND h.auto_schedule OFFSET 0)
    OR EXISTS (SELECT 1 FROM meetings m WHERE m.ws_id = w.id AND m.auto_schedule AND m.completed_at IS NULL OFFSET 0)
    OR EXISTS (
        SELECT 1 FROM workspace_calendar_events e
        WHERE e.ws_id = w.id AND e.start_at > now() AND NOT e.locked
            AND (EXISTS (SELECT 1 FROM task_calendar_events b WHERE b.event_id = e.id OFFSET 0)
                OR EXISTS (SELECT 1 FROM habit_calendar_events b WHERE b.event_id = e.id OFFSET 0))
        OFFSET 0
    );
