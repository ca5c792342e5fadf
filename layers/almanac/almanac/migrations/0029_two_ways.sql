-- What it means that a person deletes a block of a habit in their calendar: that day is skipped, or the block goes elsewhere.
ALTER TABLE workspace_habits
    ADD COLUMN when_block_deleted text NOT NULL DEFAULT 'skip' CHECK (when_block_deleted IN ('skip', 'replan'));

-- Where a person deleted a block of a habit that is planned anew: not there again.
CREATE TABLE refused_habit_slots (
    ws_id      uuid NOT NULL,
    habit_id   uuid NOT NULL,
    start_at   timestamptz NOT NULL,
    end_at     timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (habit_id, start_at, end_at),
    FOREIGN KEY (habit_id, ws_id) REFERENCES workspace_habits (id, ws_id) ON DELETE CASCADE,
    CHECK (start_at < end_at)
);
CREATE INDEX refused_habit_slots_ws_id ON refused_habit_slots (ws_id, end_at);

-- Until when a request for a calendar that nobody has answered may still be carried out.
ALTER TABLE outbound_calendars ADD COLUMN retry_at timestamptz;
