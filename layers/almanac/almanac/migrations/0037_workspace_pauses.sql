-- Workspaces that are let alone: nothing is read, planned or written for them until somebody lets them go on. What happens
-- meanwhile waits where it is: at the provider, in links that are wanted, in unplanned_changes.

CREATE TABLE workspace_pauses (
    ws_id     uuid PRIMARY KEY REFERENCES workspaces ON DELETE CASCADE,
    since     timestamptz NOT NULL DEFAULT now(),
    paused_by text NOT NULL CHECK (char_length(paused_by) BETWEEN 1 AND 255)
);
