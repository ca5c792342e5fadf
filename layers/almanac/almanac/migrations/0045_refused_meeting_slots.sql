-- Where a meeting was taken away, by an undo or in somebody's calendar: not there again.
CREATE TABLE refused_meeting_slots (
    ws_id      uuid NOT NULL,
    meeting_id uuid NOT NULL,
    start_at   timestamptz NOT NULL,
    end_at     timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (meeting_id, start_at, end_at),
    FOREIGN KEY (meeting_id, ws_id) REFERENCES meetings (id, ws_id) ON DELETE CASCADE,
    CHECK (start_at < end_at)
);
CREATE INDEX refused_meeting_slots_ws_id ON refused_meeting_slots (ws_id, end_at);
