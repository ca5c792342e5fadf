-- Statements that answer "is it well, and if not, where". All of them only read. A workspace that is paused is not late.

-- name: sync_health
-- Of the calendars that are to be read; one whose push channel is healthy may wait for longer. Only workspaces with a
-- connection that was not read lately are looked at more closely. No index on last_synced_at: every sync would have to keep
-- it.
SELECT
    (SELECT count(DISTINCT f.ws_id) FROM workspace_calendar_freshness f
     WHERE f.fresh_at < :before::timestamptz AND f.ws_id = ANY (ARRAY(
        SELECT c.ws_id FROM calendar_connections c
        WHERE c.is_enabled AND c.sync_inbound_enabled AND NOT EXISTS (
            SELECT 1 FROM calendar_sync_states s
            WHERE s.connection_id = c.id AND s.last_synced_at >= :before::timestamptz
        ) AND NOT EXISTS (SELECT 1 FROM workspace_pauses p WHERE p.ws_id = c.ws_id)
     )) AND (:installation::text IS NULL OR NOT EXISTS (
        SELECT 1 FROM calendar_connections c
        WHERE c.ws_id = f.ws_id AND c.provider = f.provider AND c.calendar_id = f.calendar_id AND f.fresh_at
            >= :before::timestamptz - almanac_poll_pause(c.id, :installation::text, :address_fingerprint::text)
     ))),
    (SELECT count(*) FROM calendar_connections c
     JOIN calendar_auth_tokens a ON a.id = c.auth_token_id AND a.status <> 'disconnected'
     WHERE c.status IN ('error', 'lost') AND c.is_enabled AND c.sync_inbound_enabled),
    (SELECT count(*) FROM outbound_budget b
     WHERE b.day = (now() AT TIME ZONE 'UTC')::date AND b.created + b.deleted >= :half_budget::integer);

-- name: behind_with_sync
-- Each workspace by its stalest calendar, the stalest first, and how many there are. A calendar with several connections
-- is judged by the one that a sync would read it through. Only those with a connection that was not read lately are looked
-- at more closely.
WITH stalest AS (
    SELECT DISTINCT ON (f.ws_id) f.ws_id, f.provider, f.calendar_id, f.last_synced_at, f.fresh_at
    FROM workspace_calendar_freshness f
    WHERE f.fresh_at < :before::timestamptz
        AND f.ws_id = ANY (ARRAY(
            SELECT c.ws_id FROM calendar_connections c
            WHERE c.is_enabled AND c.sync_inbound_enabled
                AND (:ws_ids::uuid[] IS NULL OR c.ws_id = ANY (:ws_ids::uuid[]))
                AND NOT EXISTS (
                    SELECT 1 FROM calendar_sync_states s
                    WHERE s.connection_id = c.id AND s.last_synced_at >= :before::timestamptz
                )
                AND NOT EXISTS (SELECT 1 FROM workspace_pauses p WHERE p.ws_id = c.ws_id)
        ))
        AND (:installation::text IS NULL OR NOT EXISTS (
            SELECT 1 FROM calendar_connections c
            WHERE c.ws_id = f.ws_id AND c.provider = f.provider AND c.calendar_id = f.calendar_id AND f.fresh_at
                >= :before::timestamptz - almanac_poll_pause(c.id, :installation::text, :address_fingerprint::text)
        ))
    ORDER BY ws_id, fresh_at
), first AS (
    SELECT *, count(*) OVER () AS all_behind FROM stalest ORDER BY fresh_at, ws_id LIMIT :limit::integer
)
SELECT f.all_behind, f.ws_id, f.fresh_at, f.last_synced_at IS NOT NULL, CASE WHEN l.expires_at > now() THEN l.acquired_at END,
    CASE WHEN c.account_status = 'reconnect_required' THEN c.account_changed_at END, c.retry_at, l.queued_at, false,
    c.last_error_type
FROM first f
LEFT JOIN workspace_sync_leases l ON l.ws_id = f.ws_id
CROSS JOIN LATERAL (
    SELECT n.retry_at, n.last_error_type, a.status AS account_status, a.updated_at AS account_changed_at
    FROM calendar_connections n JOIN calendar_auth_tokens a ON a.id = n.auth_token_id AND a.status <> 'disconnected'
    WHERE n.ws_id = f.ws_id AND n.provider = f.provider AND n.calendar_id = f.calendar_id
        AND n.is_enabled AND n.sync_inbound_enabled AND n.access_role <> 'freeBusyReader'
    ORDER BY a.status <> 'active', n.status = 'lost', n.created_at, n.id
    LIMIT 1
) c
ORDER BY f.fresh_at, f.ws_id;

-- name: behind_with_plan
-- Workspaces with something to place whose last plan is old. The plan that counts is kept beside the workspace.
WITH stale AS (
    SELECT w.ws_id, min(w.since) AS since, l.started_at AS planned_at
    FROM (
        SELECT ws_id, min(created_at) AS since FROM tasks
        WHERE auto_schedule AND completed_at IS NULL AND created_at < :before::timestamptz
            AND (:ws_ids::uuid[] IS NULL OR ws_id = ANY (:ws_ids::uuid[]))
        GROUP BY ws_id
        UNION ALL
        SELECT ws_id, min(created_at) FROM workspace_habits
        WHERE is_active AND auto_schedule AND created_at < :before::timestamptz
            AND (:ws_ids::uuid[] IS NULL OR ws_id = ANY (:ws_ids::uuid[]))
        GROUP BY ws_id
    ) w
    LEFT JOIN workspace_last_plans l ON l.ws_id = w.ws_id
    WHERE (l.started_at IS NULL OR l.started_at < :before::timestamptz)
        AND NOT EXISTS (SELECT 1 FROM workspace_pauses p WHERE p.ws_id = w.ws_id)
    GROUP BY w.ws_id, l.started_at
), first AS (
    SELECT ws_id, coalesce(planned_at, since) AS fresh_at, planned_at, count(*) OVER () AS all_behind
    FROM stale ORDER BY 2, 1 LIMIT :limit::integer
)
SELECT f.all_behind, f.ws_id, f.fresh_at, f.planned_at IS NOT NULL, CASE WHEN l.expires_at > now() THEN l.acquired_at END,
    NULL::timestamptz, NULL::timestamptz, NULL::timestamptz, w.timezone IS NULL, r.error_type
FROM first f
JOIN workspaces w ON w.id = f.ws_id
LEFT JOIN workspace_sync_leases l ON l.ws_id = f.ws_id
LEFT JOIN LATERAL (
    SELECT m.error_type FROM runs m
    WHERE m.ws_id = f.ws_id AND m.kind = 'schedule' AND m.status <> 'running' ORDER BY m.started_at DESC LIMIT 1
) r ON true
ORDER BY f.fresh_at, f.ws_id;
