-- Takes one workspace back to the old tables: what people made or changed in Almanac's since the switch. Run it as a role
-- that may write both, after Almanac has been paused for the workspace:
--   psql "$DATABASE_URL" --single-transaction --set ON_ERROR_STOP=1 --set ws_id=… --file docs/adopt/go_back.sql
-- It deletes nothing: what was deleted since the switch is there again. It can be run again.

-- Google's events are not copied: the old sync reads them itself.
UPDATE public.workspace_calendar_events o
SET title = CASE WHEN o.is_encrypted THEN o.title ELSE e.title END,
    description = CASE WHEN o.is_encrypted THEN o.description ELSE e.description END,
    location = CASE WHEN o.is_encrypted THEN o.location ELSE e.location END,
    start_at = e.start_at, end_at = e.end_at, color = coalesce(e.color_override, e.color), locked = e.locked, task_id = e.task_id
FROM almanac.workspace_calendar_events e
WHERE e.id = o.id AND e.ws_id = :'ws_id' AND e.provider = 'almanac';

INSERT INTO public.workspace_calendar_events
    (id, ws_id, provider, title, description, location, start_at, end_at, color, locked, task_id, created_at, sync_status)
SELECT e.id, e.ws_id, 'tuturuuu', e.title, e.description, e.location, e.start_at, e.end_at,
    coalesce(e.color_override, e.color), e.locked, e.task_id, e.created_at, 'local_only'
FROM almanac.workspace_calendar_events e
WHERE e.ws_id = :'ws_id' AND e.provider = 'almanac'
ON CONFLICT (id) DO NOTHING;

INSERT INTO public.task_calendar_events (task_id, event_id, scheduled_minutes, completed, scheduling_reason, created_at)
SELECT b.task_id, b.event_id, b.scheduled_minutes, b.completed, b.scheduling_reason, b.created_at
FROM almanac.task_calendar_events b
JOIN public.tasks t ON t.id = b.task_id
JOIN public.workspace_calendar_events o ON o.id = b.event_id
WHERE b.ws_id = :'ws_id'
ON CONFLICT (task_id, event_id) DO UPDATE
SET scheduled_minutes = excluded.scheduled_minutes, completed = excluded.completed,
    scheduling_reason = excluded.scheduling_reason;

INSERT INTO public.habit_calendar_events (habit_id, event_id, occurrence_date, completed, scheduling_reason, created_at)
SELECT b.habit_id, b.event_id, b.occurrence_date, b.completed, b.scheduling_reason, b.created_at
FROM almanac.habit_calendar_events b
JOIN public.workspace_habits h ON h.id = b.habit_id
JOIN public.workspace_calendar_events o ON o.id = b.event_id
WHERE b.ws_id = :'ws_id'
ON CONFLICT (habit_id, event_id) DO UPDATE
SET occurrence_date = excluded.occurrence_date, completed = excluded.completed,
    scheduling_reason = excluded.scheduling_reason;

UPDATE public.tasks o SET completed = true, completed_at = t.completed_at
FROM almanac.tasks t
WHERE t.id = o.id AND t.ws_id = :'ws_id' AND t.completed_at IS NOT NULL AND o.completed_at IS NULL AND o.closed_at IS NULL;

INSERT INTO public.habit_skipped_occurrences (ws_id, habit_id, occurrence_date, created_at, revoked_at)
SELECT s.ws_id, s.habit_id, s.occurrence_date, s.created_at, s.revoked_at
FROM almanac.habit_skipped_occurrences s JOIN public.workspace_habits h ON h.id = s.habit_id
WHERE s.ws_id = :'ws_id'
ON CONFLICT (ws_id, habit_id, occurrence_date) DO UPDATE SET revoked_at = excluded.revoked_at;

INSERT INTO public.workspace_calendar_hour_settings (ws_id, type, data)
SELECT h.ws_id, upper(h.type)::public.calendar_hour_type, h.data
FROM almanac.workspace_calendar_hour_settings h
WHERE h.ws_id = :'ws_id' AND h.type IN ('work', 'personal', 'meeting')
ON CONFLICT (ws_id, type) DO UPDATE SET data = excluded.data;

-- Last, the old jobs take the workspace up again: accounts that worked here, habits that were planned here.
UPDATE public.calendar_auth_tokens o SET is_active = true
FROM almanac.calendar_auth_tokens a
WHERE a.id = o.id AND a.ws_id = :'ws_id' AND a.status <> 'disconnected' AND o.refresh_token <> '';

UPDATE public.workspace_habits o SET auto_schedule = h.auto_schedule
FROM almanac.workspace_habits h
WHERE h.id = o.id AND h.ws_id = :'ws_id';
