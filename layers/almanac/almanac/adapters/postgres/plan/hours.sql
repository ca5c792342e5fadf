-- Statements about hours and preferences, as people and products set them. Rows are always scoped by workspace.

-- name: hold_settings
-- Nobody changes hours or preferences meanwhile.
SELECT settings -> 'scheduling' FROM workspaces WHERE id = :ws_id::uuid FOR NO KEY UPDATE;

-- name: hold_member
-- Nobody changes what the member wants meanwhile, a product neither.
SELECT user_id FROM workspace_members WHERE ws_id = :ws_id::uuid AND user_id = :user_id FOR NO KEY UPDATE;

-- name: put_hours
-- A product may have written the category's name in its own way: that row is changed. What is as it was is not written: a
-- plan is asked for where something has changed.
WITH changed AS (
    UPDATE workspace_calendar_hour_settings
    SET data = :data::jsonb
    WHERE ws_id = :ws_id::uuid AND user_id IS NOT DISTINCT FROM :user_id::text
        AND lower(type) = lower(:category || coalesce('@' || :user_id::text, '')) AND data <> :data::jsonb
)
INSERT INTO workspace_calendar_hour_settings (ws_id, type, user_id, data)
SELECT :ws_id::uuid, :category, :user_id::text, :data::jsonb
WHERE NOT EXISTS (
    SELECT 1 FROM workspace_calendar_hour_settings
    WHERE ws_id = :ws_id::uuid AND user_id IS NOT DISTINCT FROM :user_id::text
        AND lower(type) = lower(:category || coalesce('@' || :user_id::text, ''))
)
ON CONFLICT (ws_id, type) DO UPDATE SET data = excluded.data;

-- name: remove_hours
DELETE FROM workspace_calendar_hour_settings
WHERE ws_id = :ws_id::uuid AND user_id IS NOT DISTINCT FROM :user_id::text
    AND lower(type) = lower(:category || coalesce('@' || :user_id::text, ''))
RETURNING type;

-- name: member_preferences
SELECT settings -> 'scheduling' FROM workspace_members WHERE ws_id = :ws_id::uuid AND user_id = :user_id;

-- name: workspace_preferences
SELECT settings -> 'scheduling' FROM workspaces WHERE id = :ws_id::uuid;

-- name: put_workspace_preferences
UPDATE workspaces
SET settings = settings || jsonb_build_object('scheduling', :wanted::jsonb), updated_at = now()
WHERE id = :ws_id::uuid AND jsonb_typeof(settings) = 'object'
RETURNING id;

-- name: put_member_preferences
UPDATE workspace_members
SET settings = settings || jsonb_build_object('scheduling', :wanted::jsonb), updated_at = now()
WHERE ws_id = :ws_id::uuid AND user_id = :user_id
RETURNING user_id;
