-- Statements about tasks, as people set them up. Rows are always scoped by workspace.

-- name: add_task
-- No row: it was added before, by a request whose answer was lost.
INSERT INTO tasks (id, ws_id, title, total_minutes, done_minutes, priority, calendar_hours, is_splittable,
    min_split_duration_minutes, max_split_duration_minutes, start_date, end_date, deadline_type, completed_at)
VALUES (:task_id::uuid, :ws_id::uuid, :title, :minutes, :done_minutes, :priority, :hours, :split, :min_piece, :max_piece,
    :earliest::timestamptz, :deadline::timestamptz, CASE WHEN :hard THEN 'hard' ELSE 'soft' END,
    CASE WHEN :done THEN now() END)
ON CONFLICT (id) DO NOTHING
RETURNING id;

-- name: remove_task
-- Its blocks lose their task by that, so that the next plan takes those to come away.
DELETE FROM tasks WHERE ws_id = :ws_id::uuid AND id = :task_id::uuid RETURNING id;

-- name: hold_task
-- Nobody changes it meanwhile; a plan that gives it a block need not wait.
SELECT id FROM tasks WHERE ws_id = :ws_id::uuid AND id = :task_id::uuid FOR NO KEY UPDATE;

-- name: change_task
-- What is as it was is not written: a plan is asked for where something has changed. A bound that nobody changes stays as
-- it is stored, beyond the years that can be read, too.
WITH wanted AS (
    SELECT t.id, CASE WHEN :same_earliest THEN t.start_date ELSE :earliest::timestamptz END AS earliest,
        CASE WHEN :same_deadline THEN t.end_date ELSE :deadline::timestamptz END AS deadline
    FROM tasks t WHERE t.ws_id = :ws_id::uuid AND t.id = :task_id::uuid
)
UPDATE tasks t
SET title = :title, total_minutes = :minutes, done_minutes = :done_minutes, priority = :priority, calendar_hours = :hours,
    is_splittable = :split, min_split_duration_minutes = :min_piece, max_split_duration_minutes = :max_piece,
    start_date = w.earliest, end_date = w.deadline, deadline_type = CASE WHEN :hard THEN 'hard' ELSE 'soft' END,
    completed_at = CASE WHEN :done THEN coalesce(completed_at, now()) END, updated_at = now()
FROM wanted w
WHERE t.ws_id = :ws_id::uuid AND t.id = w.id
    AND (title, total_minutes, done_minutes, priority, calendar_hours, is_splittable, min_split_duration_minutes,
            max_split_duration_minutes, start_date, end_date, deadline_type = 'hard', completed_at IS NOT NULL)
        IS DISTINCT FROM (:title, :minutes::integer, :done_minutes::integer, :priority::scheduling_priority, :hours,
            :split::boolean, :min_piece::integer, :max_piece::integer, w.earliest, w.deadline, :hard::boolean, :done::boolean);

-- name: change_assignees
-- Who stays keeps what they have done.
WITH wanted AS (
    SELECT w.user_id, w.minutes FROM unnest(:users::text[], :shares::integer[]) AS w (user_id, minutes)
), gone AS (
    DELETE FROM task_assignees a
    WHERE a.ws_id = :ws_id::uuid AND a.task_id = :task_id::uuid AND a.user_id NOT IN (SELECT user_id FROM wanted)
)
INSERT INTO task_assignees AS a (task_id, ws_id, user_id, total_minutes)
SELECT :task_id::uuid, :ws_id::uuid, user_id, minutes FROM wanted
ON CONFLICT (task_id, user_id) DO UPDATE SET total_minutes = excluded.total_minutes, updated_at = now()
WHERE a.total_minutes IS DISTINCT FROM excluded.total_minutes;

-- name: change_order
-- What has been removed meanwhile is waited for no more.
WITH tasks_before AS (
    SELECT t.id FROM tasks t WHERE t.ws_id = :ws_id::uuid AND t.id = ANY (:after::uuid[])
), meetings_before AS (
    SELECT m.id FROM meetings m WHERE m.ws_id = :ws_id::uuid AND m.id = ANY (:after_meetings::uuid[])
), tasks_gone AS (
    DELETE FROM task_dependencies d
    WHERE d.ws_id = :ws_id::uuid AND d.task_id = :task_id::uuid AND d.depends_on_task_id NOT IN (SELECT id FROM tasks_before)
), meetings_gone AS (
    DELETE FROM meeting_dependencies d
    WHERE d.ws_id = :ws_id::uuid AND d.task_id = :task_id::uuid
        AND d.depends_on_meeting_id NOT IN (SELECT id FROM meetings_before)
), tasks_added AS (
    INSERT INTO task_dependencies (ws_id, task_id, depends_on_task_id)
    SELECT :ws_id::uuid, :task_id::uuid, id FROM tasks_before
    ON CONFLICT DO NOTHING
)
INSERT INTO meeting_dependencies (ws_id, task_id, depends_on_meeting_id)
SELECT :ws_id::uuid, :task_id::uuid, id FROM meetings_before
ON CONFLICT DO NOTHING;

-- name: known_tasks
SELECT id FROM tasks WHERE ws_id = :ws_id::uuid AND id = ANY (:ids::uuid[]);

-- name: known_meetings
SELECT id FROM meetings WHERE ws_id = :ws_id::uuid AND id = ANY (:ids::uuid[]);

-- name: order
-- What waits for what, tasks and meetings alike.
SELECT task_id, depends_on_task_id FROM task_dependencies WHERE ws_id = :ws_id::uuid
UNION ALL
SELECT coalesce(task_id, meeting_id), coalesce(depends_on_task_id, depends_on_meeting_id)
FROM meeting_dependencies WHERE ws_id = :ws_id::uuid;

-- name: list_tasks
-- The open ones or those that are done, of everybody or of one, whose is what is nobody's where they are the default
-- member; or that one task. First are those of which the last plan says something, then those without a block to come; of
-- done ones the last ticked off.
WITH default_member AS (
    SELECT m.user_id FROM workspace_members m JOIN workspaces w ON w.id = m.ws_id
    WHERE m.ws_id = :ws_id::uuid
    ORDER BY (m.user_id = w.creator_id) IS TRUE DESC, m.created_at, m.user_id LIMIT 1
)
SELECT t.id, t.title, t.total_minutes, t.done_minutes, t.priority, t.calendar_hours, t.is_splittable,
    t.min_split_duration_minutes, t.max_split_duration_minutes, t.start_date, t.end_date, t.deadline_type = 'hard',
    t.auto_schedule, t.completed_at,
    (SELECT coalesce(json_agg(json_build_array(a.user_id, a.total_minutes, a.done_minutes,
            EXISTS (SELECT 1 FROM workspace_members m WHERE m.ws_id = a.ws_id AND m.user_id = a.user_id))
            ORDER BY a.created_at, a.user_id), '[]')
     FROM task_assignees a WHERE a.task_id = t.id),
    (SELECT coalesce(json_agg(json_build_array(p.id, p.title, p.completed_at IS NOT NULL) ORDER BY p.created_at, p.id), '[]')
     FROM task_dependencies d JOIN tasks p ON p.id = d.depends_on_task_id WHERE d.task_id = t.id),
    (SELECT coalesce(json_agg(json_build_array(p.id, p.title, p.completed_at IS NOT NULL) ORDER BY p.created_at, p.id), '[]')
     FROM meeting_dependencies d JOIN meetings p ON p.id = d.depends_on_meeting_id WHERE d.task_id = t.id),
    b.coming, b.begun, coalesce(n.notes -> t.id::text, '[]')
FROM (
    SELECT * FROM tasks t
    WHERE t.ws_id = :ws_id::uuid AND (:task_id::uuid IS NULL OR t.id = :task_id::uuid)
        AND (:done::boolean IS NULL OR (t.completed_at IS NOT NULL) = :done::boolean)
        AND (:user_id::text IS NULL OR EXISTS (SELECT 1 FROM task_assignees a WHERE a.task_id = t.id AND a.user_id = :user_id)
            OR (:user_id = (SELECT user_id FROM default_member)
                AND NOT EXISTS (SELECT 1 FROM task_assignees a WHERE a.task_id = t.id)))
    ORDER BY t.completed_at DESC, t.created_at, t.id
    LIMIT :last::integer
) t
LEFT JOIN last_plan_notes n ON n.ws_id = :ws_id::uuid AND n.kind = 'task'
CROSS JOIN LATERAL (
    SELECT min(e.start_at) FILTER (WHERE e.end_at > now()) AS next_start,
        coalesce(json_agg(json_build_array(e.id, e.start_at, e.end_at, b.user_id, e.locked) ORDER BY e.start_at, e.id)
            FILTER (WHERE e.end_at > now()), '[]') AS coming,
        -- In whose time: of who is no member the task's, while it is theirs, else the default member's, as in a plan.
        coalesce(json_agg(json_build_array(e.id, e.start_at, e.end_at, coalesce(
                (SELECT m.user_id FROM workspace_members m WHERE m.ws_id = b.ws_id AND m.user_id = b.user_id),
                (SELECT a.user_id FROM task_assignees a WHERE a.task_id = b.task_id AND a.user_id = b.user_id),
                (SELECT user_id FROM default_member)), b.scheduled_minutes))
            FILTER (WHERE e.start_at < now() OR b.started_at IS NOT NULL OR b.completed), '[]') AS begun
    FROM task_calendar_events b JOIN workspace_calendar_events e ON e.id = b.event_id
    WHERE b.task_id = t.id
) b
ORDER BY t.completed_at DESC, n.notes -> t.id::text IS NULL, b.next_start NULLS FIRST, t.created_at, t.id
LIMIT :most::integer OFFSET :begin::integer;
