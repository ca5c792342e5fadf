-- The view of 0025, with meetings: an event of a provider's that a meeting was moved to is the app's, whatever its age.
CREATE OR REPLACE VIEW events_out_of_reach AS
SELECT e.id, e.ws_id, e.start_at, e.end_at
FROM workspace_calendar_events e
WHERE e.provider <> 'almanac' AND e.task_id IS NULL AND NOT e.locked AND e.color_override IS NULL
    AND NOT EXISTS (SELECT 1 FROM task_calendar_events b WHERE b.event_id = e.id)
    AND NOT EXISTS (SELECT 1 FROM habit_calendar_events b WHERE b.event_id = e.id)
    AND NOT EXISTS (SELECT 1 FROM meeting_calendar_events b WHERE b.event_id = e.id)
    AND NOT EXISTS (
        SELECT 1 FROM calendar_connections c JOIN calendar_sync_states s ON s.connection_id = c.id
        WHERE c.ws_id = e.ws_id AND c.provider = e.provider AND c.calendar_id = e.external_calendar_id
            AND s.window_start < e.end_at + interval '10 days'
    );
