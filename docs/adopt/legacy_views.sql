-- What `almanac adopt` reads, as views in a schema of their own: the old tables themselves stay out of its reach.
-- Run it as the owner of the old tables, in their database. Written for the tables of Tuturuuu's platform; where yours
-- have other names, change the right-hand side here and nothing else. It can be run again.

CREATE SCHEMA IF NOT EXISTS legacy;

CREATE OR REPLACE VIEW legacy.workspaces AS
SELECT id, name::text, timezone::text, creator_id::text FROM public.workspaces;

-- Access tokens are left where they are: Almanac asks Google for its own.
CREATE OR REPLACE VIEW legacy.calendar_auth_tokens AS
SELECT id, ws_id, user_id::text, provider::text, account_email::text, refresh_token::text, is_active,
    created_at::timestamptz
FROM public.calendar_auth_tokens;

-- A person who has switched inbound sync off for a workspace has done so for every calendar of theirs in it.
CREATE OR REPLACE VIEW legacy.calendar_connections AS
SELECT c.id, c.ws_id, c.auth_token_id, c.provider::text, c.calendar_id::text, c.calendar_name::text, c.color::text,
    c.access_role::text, c.is_enabled, c.sync_inbound_enabled AND coalesce(p.inbound_sync_enabled, true) AS sync_inbound_enabled,
    c.sync_outbound_enabled, c.sync_delete_enabled, c.created_at::timestamptz
FROM public.calendar_connections c
LEFT JOIN public.calendar_auth_tokens t ON t.id = c.auth_token_id
LEFT JOIN private.calendar_user_workspace_preferences p ON p.user_id = t.user_id AND p.ws_id = c.ws_id;

-- Rows from before June 2026 have Google's ids in the deprecated columns only.
CREATE OR REPLACE VIEW legacy.workspace_calendar_events AS
SELECT id, ws_id,
    CASE
        WHEN provider::text = 'microsoft' THEN 'microsoft'
        WHEN provider::text = 'google' OR google_event_id IS NOT NULL THEN 'google'
        ELSE 'almanac'
    END AS provider,
    coalesce(external_calendar_id, google_calendar_id) AS external_calendar_id,
    coalesce(external_event_id, google_event_id) AS external_event_id,
    title, description, location, start_at, end_at, color::text, locked, is_encrypted, task_id,
    created_at::timestamptz, external_updated_at, last_synced_at
FROM public.workspace_calendar_events;

-- A task belongs to the workspace of its board.
CREATE OR REPLACE VIEW legacy.tasks AS
SELECT t.id, b.ws_id, t.creator_id::text, t.name::text, t.priority::text, t.start_date::timestamptz, t.end_date::timestamptz,
    t.created_at::timestamptz, t.deleted_at::timestamptz,
    coalesce(t.completed_at, t.closed_at,
        CASE WHEN t.completed OR l.status::text IN ('done', 'closed') THEN t.created_at END)::timestamptz AS completed_at
FROM public.tasks t
LEFT JOIN public.task_lists l ON l.id = t.list_id
JOIN public.workspace_boards b ON b.id = coalesce(t.board_id, l.board_id);

CREATE OR REPLACE VIEW legacy.task_user_scheduling_settings AS
SELECT task_id, user_id::text, total_duration, is_splittable, min_split_duration_minutes, max_split_duration_minutes,
    calendar_hours::text, auto_schedule, updated_at::timestamptz
FROM public.task_user_scheduling_settings;

CREATE OR REPLACE VIEW legacy.workspace_habits AS
SELECT id, ws_id, creator_id::text, name::text, color::text, calendar_hours::text, priority::text, duration_minutes,
    min_duration_minutes, max_duration_minutes, ideal_time, time_preference::text, frequency::text, recurrence_interval,
    days_of_week, monthly_type::text, day_of_month, week_of_month, day_of_week_monthly, start_date::date, end_date::date,
    is_active, auto_schedule, is_visible_in_calendar, is_splittable, ideal_instances_per_day, dependency_habit_id,
    dependency_type::text, created_at::timestamptz, deleted_at::timestamptz
FROM public.workspace_habits;

CREATE OR REPLACE VIEW legacy.habit_skipped_occurrences AS
SELECT ws_id, habit_id, occurrence_date::date, created_by::text, created_at::timestamptz, revoked_at::timestamptz
FROM public.habit_skipped_occurrences;

CREATE OR REPLACE VIEW legacy.workspace_calendar_hour_settings AS
SELECT ws_id, type::text, data::jsonb FROM public.workspace_calendar_hour_settings;

CREATE OR REPLACE VIEW legacy.task_calendar_events AS
SELECT id, task_id, event_id, scheduled_minutes, scheduling_reason, completed, created_at::timestamptz
FROM public.task_calendar_events;

CREATE OR REPLACE VIEW legacy.habit_calendar_events AS
SELECT id, habit_id, event_id, occurrence_date::date, scheduling_reason, completed, created_at::timestamptz
FROM public.habit_calendar_events;

GRANT USAGE ON SCHEMA legacy TO almanac;
GRANT SELECT ON ALL TABLES IN SCHEMA legacy TO almanac;
