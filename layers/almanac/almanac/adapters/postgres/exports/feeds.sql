-- Statements about feeds. Who reads one brings a token, of which the hash is looked up; all else is scoped by workspace.

-- name: add
-- Added before, by a request whose answer was lost: the address of that opens nothing any more.
INSERT INTO calendar_feeds (id, ws_id, user_id, name, token_hash)
VALUES (:id::uuid, :ws_id::uuid, :user_id, :name, :token_hash)
ON CONFLICT (id) DO UPDATE SET token_hash = excluded.token_hash, rotated_at = now()
    WHERE calendar_feeds.ws_id = excluded.ws_id
RETURNING id, ws_id, user_id, name, created_at, rotated_at, revoked_at, last_used_on;

-- name: all
SELECT id, ws_id, user_id, name, created_at, rotated_at, revoked_at, last_used_on
FROM calendar_feeds WHERE ws_id = :ws_id::uuid ORDER BY created_at, id;

-- name: rotate
UPDATE calendar_feeds SET token_hash = :token_hash, rotated_at = now()
WHERE ws_id = :ws_id::uuid AND id = :id::uuid AND revoked_at IS NULL
RETURNING id;

-- name: revoke
UPDATE calendar_feeds SET revoked_at = now()
WHERE ws_id = :ws_id::uuid AND id = :id::uuid AND revoked_at IS NULL
RETURNING id;

-- name: find
-- A feed of somebody who is a member no more is none: what is everybody's is not theirs to read.
SELECT f.id, f.ws_id, f.user_id, f.name, f.created_at, f.rotated_at, f.revoked_at, f.last_used_on, w.name,
    coalesce(h.version, 0), coalesce(c.at, f.created_at)
FROM calendar_feeds f
JOIN workspaces w ON w.id = f.ws_id
LEFT JOIN workspace_history_heads h ON h.ws_id = f.ws_id
LEFT JOIN workspace_history c ON c.ws_id = h.ws_id AND c.version = h.version
WHERE f.token_hash = :token_hash AND f.revoked_at IS NULL
    AND (f.user_id IS NULL OR EXISTS (SELECT 1 FROM workspace_members m WHERE m.ws_id = f.ws_id AND m.user_id = f.user_id));

-- name: note_use
UPDATE calendar_feeds SET last_used_on = :day::date WHERE id = :id::uuid;

-- name: members_of_events
SELECT id, user_ids FROM events_of_members WHERE ws_id = :ws_id::uuid;
