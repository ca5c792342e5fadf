-- What the last plan of everybody says of tasks, habits and meetings that are not simply in their place: a row a kind, in
-- which each id has its notes as the plan has them. One object, for the planner of queries takes a list of notes for one
-- note, and would go through all of them for every task.
-- A plan of one member says nothing of the others' and does not count; one that somebody asked for who is none is of everybody.
CREATE VIEW last_plan_notes AS
SELECT i.ws_id, i.kind, jsonb_object_agg(i.id, i.notes) AS notes
FROM (
    SELECT w.id AS ws_id, n.note ->> 'kind' AS kind, n.note ->> 'id' AS id, jsonb_agg(n.note ORDER BY n.place) AS notes
    FROM workspaces w
    CROSS JOIN LATERAL (
        SELECT r.report -> 'warnings' AS warnings FROM runs r
        WHERE r.ws_id = w.id AND r.kind = 'schedule' AND r.status = 'completed'
            AND NOT EXISTS (SELECT 1 FROM workspace_members m WHERE m.ws_id = r.ws_id AND m.user_id = r.user_id)
        ORDER BY r.started_at DESC LIMIT 1
    ) p
    CROSS JOIN LATERAL jsonb_array_elements(p.warnings) WITH ORDINALITY AS n (note, place)
    WHERE n.note ->> 'id' IS NOT NULL
    GROUP BY w.id, n.note ->> 'kind', n.note ->> 'id'
) i
GROUP BY i.ws_id, i.kind;
