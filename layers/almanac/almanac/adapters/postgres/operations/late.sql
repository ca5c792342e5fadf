-- Statements that tell of workspaces that are late, once, and when they no longer are.

-- name: tell_late
WITH late AS (
    SELECT * FROM unnest(:ws_ids::uuid[], :jobs::text[], :reasons::text[], :notes::jsonb[]) AS l (ws_id, job, reason, note)
), fresh AS (
    INSERT INTO workspace_lateness (ws_id, job, reason)
    SELECT l.ws_id, l.job, l.reason FROM late l JOIN workspaces w ON w.id = l.ws_id ORDER BY l.ws_id
    ON CONFLICT DO NOTHING
    RETURNING ws_id, job
)
SELECT almanac_add_to_history(l.ws_id, 'workspace.late', l.ws_id, NULL, 'operator', l.note)
FROM (SELECT l.* FROM late l JOIN fresh USING (ws_id, job) ORDER BY l.ws_id) l;

-- name: tell_caught_up
WITH gone AS (
    DELETE FROM workspace_lateness k
    WHERE NOT EXISTS (
        SELECT 1 FROM unnest(:ws_ids::uuid[], :jobs::text[]) AS l (ws_id, job) WHERE (l.ws_id, l.job) = (k.ws_id, k.job)
    ) AND NOT EXISTS (SELECT 1 FROM workspace_pauses p WHERE p.ws_id = k.ws_id) -- nobody knows, until it goes on
    RETURNING ws_id, job, told_at
)
SELECT almanac_add_to_history(
    g.ws_id, 'workspace.caught_up', g.ws_id, NULL, 'operator', jsonb_build_object('job', g.job, 'late_since', g.told_at)
)
FROM (SELECT * FROM gone ORDER BY ws_id) g;
