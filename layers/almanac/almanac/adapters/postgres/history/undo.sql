-- Statements that look at what a run changed, and take it back.

-- name: run
SELECT ws_id, kind, status = 'running' FROM runs WHERE id = :run_id::uuid;

-- name: changes_of
SELECT version, kind, subject, at, origin, run_id, was, note
FROM workspace_history
WHERE ws_id = :ws_id::uuid AND run_id = :run_id::uuid AND kind = ANY (:of_events::text[])
ORDER BY version;

-- name: plan_before
SELECT coalesce(max(version), 0) FROM workspace_history
WHERE ws_id = :ws_id::uuid AND version <= :version::bigint AND kind IN ('plan.completed', 'plan.blocked');

-- name: owners
SELECT b.event_id, 'task:' || b.task_id FROM task_calendar_events b
WHERE b.ws_id = :ws_id::uuid AND b.event_id = ANY (:ids::uuid[]) AND b.task_id IS NOT NULL
UNION ALL
SELECT b.event_id, 'habit:' || b.habit_id FROM habit_calendar_events b
WHERE b.ws_id = :ws_id::uuid AND b.event_id = ANY (:ids::uuid[]) AND b.habit_id IS NOT NULL
UNION ALL
SELECT b.event_id, 'meeting:' || b.meeting_id FROM meeting_calendar_events b
WHERE b.ws_id = :ws_id::uuid AND b.event_id = ANY (:ids::uuid[]) AND b.meeting_id IS NOT NULL
UNION ALL
SELECT k.event_id, k.owner || ':' || (k.link ->> (k.owner || '_id')) FROM removed_block_links k
WHERE k.ws_id = :ws_id::uuid AND k.event_id = ANY (:ids::uuid[]) AND k.link ->> (k.owner || '_id') IS NOT NULL;

-- name: input_changes
SELECT changes FROM plan_input_changes WHERE ws_id = :ws_id::uuid AND run_id = :run_id::uuid;

-- name: facts
SELECT f.key, f.value FROM plan_basis b, jsonb_each(b.facts) f
WHERE b.ws_id = :ws_id::uuid AND f.key = ANY (:keys::text[]);

-- name: basis
SELECT facts FROM plan_basis WHERE ws_id = :ws_id::uuid;

-- name: lock
SELECT id FROM workspace_calendar_events
WHERE ws_id = :ws_id::uuid AND id = ANY (:ids::uuid[]) ORDER BY id FOR UPDATE;

-- name: rows
SELECT id, almanac_event_state(e) FROM workspace_calendar_events e
WHERE ws_id = :ws_id::uuid AND id = ANY (:ids::uuid[]);

-- name: changed_since
SELECT DISTINCT subject FROM workspace_history
WHERE ws_id = :ws_id::uuid AND version > :after::bigint AND subject = ANY (:ids::uuid[])
    AND NOT (run_id IS NOT DISTINCT FROM :run_id::uuid AND origin = ANY (:undoable::text[]));

-- name: begun
SELECT event_id FROM task_calendar_events
WHERE ws_id = :ws_id::uuid AND event_id = ANY (:ids::uuid[]) AND (completed OR started_at IS NOT NULL)
UNION ALL
SELECT event_id FROM habit_calendar_events
WHERE ws_id = :ws_id::uuid AND event_id = ANY (:ids::uuid[]) AND (completed OR started_at IS NOT NULL)
UNION ALL
SELECT event_id FROM meeting_calendar_events
WHERE ws_id = :ws_id::uuid AND event_id = ANY (:ids::uuid[]) AND (completed OR started_at IS NOT NULL);

-- name: taken
-- Identities of events that went, which others have by now.
SELECT e.provider, e.external_calendar_id, e.external_event_id
FROM workspace_history h
JOIN workspace_calendar_events e ON e.ws_id = h.ws_id AND e.provider = h.was ->> 'provider'
    AND e.external_calendar_id = h.was ->> 'external_calendar_id'
    AND e.external_event_id = h.was ->> 'external_event_id'
WHERE h.ws_id = :ws_id::uuid AND h.run_id = :run_id::uuid AND h.kind IN ('event.deleted', 'block.removed')
    AND e.id <> h.subject;

-- name: speak
-- Who writes in this transaction, and which events are none that are new.
SELECT set_config('almanac.origin', 'operator', true), set_config('almanac.run', '', true),
    set_config('almanac.restored', :restored, true);

-- name: bring_back
-- With what history does not keep as of an event that was just read: the next reading writes it anew if it still is.
INSERT INTO workspace_calendar_events
SELECT b.*
FROM jsonb_array_elements(:rows::jsonb) r,
    jsonb_populate_record(NULL::workspace_calendar_events, jsonb_build_object(
        'title', '', 'description', '', 'location', '', 'all_day', false, 'status', 'confirmed', 'transparency', 'opaque',
        'event_type', 'default', 'visibility', 'default', 'color', 'BLUE', 'own_block', false, 'locked', false,
        'sequence', 0, 'mapping_version', 0, 'sync_status', 'local_only', 'created_at', now(), 'updated_at', now()
    ) || r || jsonb_build_object('ws_id', :ws_id::uuid)) b;

-- name: set_back
-- A block's length is its work, on the grid: another length is other work.
WITH wanted AS (
    SELECT (r ->> 'id')::uuid AS id, r ->> 'title' AS title, (r ->> 'start_at')::timestamptz AS start_at,
        (r ->> 'end_at')::timestamptz AS end_at
    FROM jsonb_array_elements(:rows::jsonb) r
), lengths AS (
    SELECT w.id, extract(epoch FROM w.end_at - w.start_at)::integer / 60 AS minutes
    FROM wanted w JOIN workspace_calendar_events e ON e.id = w.id
    WHERE w.end_at - w.start_at <> e.end_at - e.start_at
), tasks AS (
    UPDATE task_calendar_events b SET scheduled_minutes = l.minutes, updated_at = now()
    FROM lengths l WHERE b.event_id = l.id AND b.ws_id = :ws_id::uuid
), habits AS (
    UPDATE habit_calendar_events b SET scheduled_minutes = l.minutes, updated_at = now()
    FROM lengths l WHERE b.event_id = l.id AND b.ws_id = :ws_id::uuid
), meetings AS (
    UPDATE meeting_calendar_events b SET scheduled_minutes = l.minutes, updated_at = now()
    FROM lengths l WHERE b.event_id = l.id AND b.ws_id = :ws_id::uuid
)
UPDATE workspace_calendar_events e
SET title = coalesce(w.title, ''), start_at = w.start_at, end_at = w.end_at, updated_at = now()
FROM wanted w WHERE e.id = w.id AND e.ws_id = :ws_id::uuid;

-- name: refuse_slots
-- Of what a plan placed: the next one would place it there again.
WITH gone AS (
    SELECT id, start_at, end_at FROM workspace_calendar_events
    WHERE ws_id = :ws_id::uuid AND id = ANY (:ids::uuid[]) AND start_at < end_at
), tasks AS (
    INSERT INTO refused_slots (ws_id, task_id, start_at, end_at)
    SELECT b.ws_id, b.task_id, g.start_at, g.end_at
    FROM gone g JOIN task_calendar_events b ON b.event_id = g.id WHERE b.task_id IS NOT NULL
    ON CONFLICT DO NOTHING
), meetings AS (
    INSERT INTO refused_meeting_slots (ws_id, meeting_id, start_at, end_at)
    SELECT b.ws_id, b.meeting_id, g.start_at, g.end_at
    FROM gone g JOIN meeting_calendar_events b ON b.event_id = g.id WHERE b.meeting_id IS NOT NULL
    ON CONFLICT DO NOTHING
)
INSERT INTO refused_habit_slots (ws_id, habit_id, start_at, end_at)
SELECT b.ws_id, b.habit_id, g.start_at, g.end_at
FROM gone g JOIN habit_calendar_events b ON b.event_id = g.id WHERE b.habit_id IS NOT NULL
ON CONFLICT DO NOTHING;

-- name: keep
-- Of what goes back or comes back, blocks.
INSERT INTO kept_blocks (event_id, ws_id, start_at, end_at)
SELECT e.id, e.ws_id, e.start_at, e.end_at
FROM workspace_calendar_events e
WHERE e.ws_id = :ws_id::uuid AND e.id = ANY (:ids::uuid[]) AND e.provider = 'almanac' AND e.start_at < e.end_at
    AND (EXISTS (SELECT 1 FROM task_calendar_events b WHERE b.event_id = e.id)
        OR EXISTS (SELECT 1 FROM habit_calendar_events b WHERE b.event_id = e.id)
        OR EXISTS (SELECT 1 FROM meeting_calendar_events b WHERE b.event_id = e.id))
ON CONFLICT (event_id) DO UPDATE SET start_at = excluded.start_at, end_at = excluded.end_at, created_at = now();

-- name: remove
DELETE FROM workspace_calendar_events
WHERE ws_id = :ws_id::uuid AND id = ANY (:ids::uuid[]) AND provider = 'almanac';

-- name: relink
SELECT almanac_relink_blocks(:ws_id::uuid, :ids::uuid[]);

-- name: give_keepsakes
SELECT almanac_restore_events(:ws_id::uuid, :calendar, :external_ids::text[]);

-- name: note
SELECT almanac_add_to_history(:ws_id::uuid, 'run.undone', :run_id::uuid, NULL, 'operator', :note::jsonb);
