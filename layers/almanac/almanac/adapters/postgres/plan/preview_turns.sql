-- Statements of the turns of those who wait for a plan. They are the installation's, no workspace's.

-- name: take_turn
-- No row: none is free. What another one is just taking is not waited for.
UPDATE preview_turns
SET holder = :holder::uuid, began_at = clock_timestamp(), ends_at = clock_timestamp() + :seconds::float8 * interval '1 second'
WHERE turn = (
    SELECT t.turn FROM preview_turns t
    WHERE t.holder IS NULL OR t.ends_at <= clock_timestamp()
    ORDER BY t.turn LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING turn;

-- name: oldest_turn
SELECT coalesce(extract(epoch FROM clock_timestamp() - min(began_at)), 0)::float8 FROM preview_turns WHERE holder IS NOT NULL;

-- name: give_back_turn
UPDATE preview_turns SET holder = NULL WHERE holder = :holder::uuid;
