-- Lanes of webhooks: named once, and an endpoint that all workspaces share tried by one worker until it has answered.

ALTER TABLE webhook_endpoints ADD COLUMN answered_at timestamptz; -- anything but a request to slow down; kept to 10 seconds

-- Whether several workers may call an endpoint at once. One of a single workspace has one lane anyway. One that all
-- workspaces share must have answered lately: one that does not would keep every worker for as long as an attempt may take.
CREATE FUNCTION almanac_is_open(e webhook_endpoints) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT e.retry_at IS NULL
        AND (e.ws_id IS NOT NULL OR coalesce(e.answered_at > now() - interval '30 seconds', false))
$$;

-- Each endpoint in each workspace that it hears of: where it stands, and the workspace's head. In two parts, for of a
-- join on one condition or the other every endpoint would be compared with every workspace.
CREATE VIEW webhook_lanes AS
SELECT e.id AS endpoint_id, h.ws_id, coalesce(c.version, 0) AS version, h.version AS head, c.claimed_until
FROM webhook_endpoints e
JOIN workspace_history_heads h ON h.ws_id = e.ws_id
LEFT JOIN webhook_cursors c ON c.endpoint_id = e.id AND c.ws_id = h.ws_id
UNION ALL
SELECT e.id, h.ws_id, coalesce(c.version, 0), h.version, c.claimed_until
FROM webhook_endpoints e
CROSS JOIN workspace_history_heads h
LEFT JOIN webhook_cursors c ON c.endpoint_id = e.id AND c.ws_id = h.ws_id
WHERE e.ws_id IS NULL;
