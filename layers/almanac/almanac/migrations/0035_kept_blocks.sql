-- Blocks that an undo has put where they are: plans leave them there unless something busy lies on them. A block that
-- begins or ends elsewhere by now was moved since, and is kept no more.

CREATE TABLE kept_blocks (
    event_id   uuid PRIMARY KEY REFERENCES workspace_calendar_events ON DELETE CASCADE,
    ws_id      uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    start_at   timestamptz NOT NULL,
    end_at     timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK (start_at < end_at)
);
CREATE INDEX kept_blocks_ws_id ON kept_blocks (ws_id);
