-- How many plans are made at once for people who wait for one, in the whole installation: as many as there are rows. A turn
-- ends by itself, so that one whose process has died is not kept. No advisory lock: it would belong to a connection, and
-- behind a pooler connections are everybody's.

CREATE TABLE preview_turns (
    turn     smallint PRIMARY KEY,
    holder   uuid, -- null: free
    began_at timestamptz,
    ends_at  timestamptz -- at the latest
);

INSERT INTO preview_turns (turn) VALUES (1), (2);
