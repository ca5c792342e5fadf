-- Statements that find workspaces and what is in them, read calendars between two instants, and set switches.

-- name: workspaces
-- By name; a page of them first, so that only its accounts and calendars are counted.
WITH page AS (
    SELECT id, name, timezone FROM workspaces
    WHERE (:ws_ids::uuid[] IS NULL OR id = ANY (:ws_ids::uuid[]))
        AND (:text::text IS NULL OR strpos(lower(name), lower(:text::text)) > 0)
        AND (:after_name::text IS NULL OR (lower(name), id) > (lower(:after_name::text), :after_id::uuid))
    ORDER BY lower(name), id
    LIMIT :limit::integer
)
SELECT p.id, p.name, p.timezone,
    (SELECT count(*)::integer FROM calendar_auth_tokens a WHERE a.ws_id = p.id AND a.status <> 'disconnected'),
    (SELECT count(*)::integer FROM calendar_auth_tokens a WHERE a.ws_id = p.id AND a.status = 'reconnect_required'),
    (SELECT count(DISTINCT c.calendar_id)::integer
        FROM calendar_connections c JOIN calendar_auth_tokens a ON a.id = c.auth_token_id
        WHERE c.ws_id = p.id AND c.is_enabled AND c.sync_inbound_enabled AND c.access_role <> 'freeBusyReader'
            AND a.status <> 'disconnected'),
    (SELECT max(s.last_synced_at) FROM calendar_connections c JOIN calendar_sync_states s ON s.connection_id = c.id
        WHERE c.ws_id = p.id),
    (SELECT z.since FROM workspace_pauses z WHERE z.ws_id = p.id)
FROM page p
ORDER BY lower(p.name), p.id;

-- name: zone
SELECT name, timezone FROM workspaces WHERE id = :ws_id::uuid;

-- name: troubled_accounts
SELECT account_email, updated_at FROM calendar_auth_tokens
WHERE ws_id = :ws_id::uuid AND status = 'reconnect_required' ORDER BY updated_at;

-- name: search_id
SELECT f.* FROM (
    SELECT 'workspace', w.id::text, w.id, w.name, w.name FROM workspaces w WHERE w.id = :id::uuid
    UNION ALL
    SELECT 'run', r.id::text, w.id, w.name, r.kind || ' ' || r.status FROM runs r JOIN workspaces w ON w.id = r.ws_id
    WHERE r.id = :id::uuid
    UNION ALL
    SELECT 'account', a.id::text, w.id, w.name, a.account_email FROM calendar_auth_tokens a JOIN workspaces w ON w.id = a.ws_id
    WHERE a.id = :id::uuid
    UNION ALL
    SELECT 'event', e.id::text, w.id, w.name, e.title FROM workspace_calendar_events e JOIN workspaces w ON w.id = e.ws_id
    WHERE e.id = :id::uuid
) AS f (kind, id, ws_id, workspace, said)
WHERE :ws_ids::uuid[] IS NULL OR f.ws_id = ANY (:ws_ids::uuid[]);

-- name: search_text
-- A job's or a message's id, an account's address, part of a workspace's name.
(SELECT 'job', j.id, w.id, w.name, j.kind FROM jobs j JOIN workspaces w ON w.id = j.ws_id
 WHERE j.id = :text AND (:ws_ids::uuid[] IS NULL OR j.ws_id = ANY (:ws_ids::uuid[])) LIMIT :limit::integer)
UNION ALL
(SELECT 'run', r.id::text, w.id, w.name, r.kind || ' ' || r.status FROM runs r JOIN workspaces w ON w.id = r.ws_id
 WHERE r.message_id = :text AND r.status IN ('failed', 'partial')
    AND (:ws_ids::uuid[] IS NULL OR r.ws_id = ANY (:ws_ids::uuid[])) LIMIT :limit::integer)
UNION ALL
(SELECT 'account', a.id::text, w.id, w.name, a.account_email FROM calendar_auth_tokens a JOIN workspaces w ON w.id = a.ws_id
 WHERE a.account_email = lower(:text) AND (:ws_ids::uuid[] IS NULL OR a.ws_id = ANY (:ws_ids::uuid[]))
 ORDER BY lower(w.name), w.id LIMIT :limit::integer)
UNION ALL
(SELECT 'workspace', w.id::text, w.id, w.name, w.name FROM workspaces w
 WHERE strpos(lower(w.name), lower(:text)) > 0 AND (:ws_ids::uuid[] IS NULL OR w.id = ANY (:ws_ids::uuid[]))
 ORDER BY lower(w.name), w.id LIMIT :limit::integer);

-- name: between
-- Events of calendars and of the product, and blocks of plans, that touch [since, until).
SELECT e.id, e.title, e.description, e.location, e.start_at, e.end_at, e.all_day, e.start_date, e.end_date, e.time_zone,
    e.status, e.transparency, e.response, e.event_type, e.visibility, e.provider, e.external_calendar_id,
    e.external_event_id, e.recurring_event_id, e.color, e.html_link, e.locked, e.task_id, e.updated_at,
    CASE WHEN t.event_id IS NOT NULL THEN 'task' WHEN h.event_id IS NOT NULL THEN 'habit'
        WHEN m.event_id IS NOT NULL THEN 'meeting' END
FROM workspace_calendar_events e
LEFT JOIN task_calendar_events t ON t.event_id = e.id
LEFT JOIN habit_calendar_events h ON h.event_id = e.id
LEFT JOIN meeting_calendar_events m ON m.event_id = e.id
WHERE e.ws_id = :ws_id::uuid AND e.end_at > :since::timestamptz AND e.start_at < :until::timestamptz AND NOT e.own_block
ORDER BY e.start_at, e.id
LIMIT :limit::integer;

-- name: set_switches
-- A switch that is not given stays. Who switches a calendar on wants it read, so the direction that reads goes on with it.
UPDATE calendar_connections
SET is_enabled = coalesce(:enabled::boolean, is_enabled),
    sync_inbound_enabled = coalesce(:inbound::boolean, sync_inbound_enabled OR coalesce(:enabled::boolean, false)),
    sync_outbound_enabled = coalesce(:outbound::boolean, sync_outbound_enabled),
    sync_delete_enabled = coalesce(:deletes::boolean, sync_delete_enabled),
    updated_at = now()
WHERE ws_id = :ws_id::uuid AND id = :connection_id::uuid
    AND is_enabled = coalesce(:was_enabled::boolean, is_enabled)
    AND sync_inbound_enabled = coalesce(:was_inbound::boolean, sync_inbound_enabled)
    AND sync_outbound_enabled = coalesce(:was_outbound::boolean, sync_outbound_enabled)
    AND sync_delete_enabled = coalesce(:was_deletes::boolean, sync_delete_enabled)
RETURNING id;
