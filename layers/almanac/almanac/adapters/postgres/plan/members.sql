-- Statements about members, as operators set them up. Rows are always scoped by workspace.

-- name: add_member
-- What is not given stays as it is.
INSERT INTO workspace_members AS m (ws_id, user_id, name, timezone)
SELECT w.id, :user_id, coalesce(:name, ''), :zone FROM workspaces w WHERE w.id = :ws_id::uuid
ON CONFLICT (ws_id, user_id) DO UPDATE
SET name = coalesce(:name, m.name), timezone = coalesce(:zone, m.timezone), updated_at = now()
RETURNING m.name, m.timezone;

-- name: set_digest
UPDATE workspace_members
SET settings = settings || jsonb_strip_nulls(jsonb_build_object(
        'digest', :on::boolean, 'digest_at', :at::text, 'email', :email::text, 'weekly_report', :weekly::boolean
    )),
    updated_at = now()
WHERE ws_id = :ws_id::uuid AND user_id = :user_id
RETURNING user_id;

-- name: remove_member
-- What is ahead of theirs is taken back: whoever lets somebody go has consented to that, as with a target that is taken away.
WITH gone AS (
    DELETE FROM workspace_members WHERE ws_id = :ws_id::uuid AND user_id = :user_id
    RETURNING ws_id, user_id, target_connection_id
), former AS (
    UPDATE calendar_connections c SET outbound_consent_until = now() + interval '1 day', updated_at = now()
    FROM gone WHERE c.id = gone.target_connection_id AND c.ws_id = gone.ws_id
)
SELECT user_id FROM gone;

-- name: list_members
WITH members AS (
    SELECT m.*, row_number() OVER (ORDER BY (m.user_id = w.creator_id) IS TRUE DESC, m.created_at, m.user_id) = 1 AS is_default
    FROM workspace_members m JOIN workspaces w ON w.id = m.ws_id
    WHERE m.ws_id = :ws_id::uuid
)
SELECT m.user_id, m.name, m.timezone,
    (SELECT count(*) FROM calendar_auth_tokens a
     WHERE a.ws_id = m.ws_id AND a.user_id = m.user_id AND a.status <> 'disconnected'),
    (SELECT count(*) FROM task_assignees t JOIN tasks o ON o.id = t.task_id AND o.completed_at IS NULL
     WHERE t.ws_id = m.ws_id AND t.user_id = m.user_id),
    m.is_default, m.settings -> 'digest' = 'true',
    coalesce(almanac_digest_at(m.settings), :usual),
    nullif(m.settings ->> 'email', ''), m.settings -> 'weekly_report' = 'true'
FROM members m ORDER BY m.created_at, m.user_id;
