-- What the last plan of each workspace was made from, beside events and blocks, and how that differed from the plan
-- before: so that a plan's moves can be explained by a deadline, hours or a habit that somebody changed.

CREATE TABLE plan_basis (
    ws_id      uuid PRIMARY KEY REFERENCES workspaces ON DELETE CASCADE,
    facts      jsonb NOT NULL, -- by item, see domain/history/plan_basis.py
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE plan_input_changes (
    run_id     uuid PRIMARY KEY REFERENCES runs ON DELETE CASCADE,
    ws_id      uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    changes    jsonb NOT NULL, -- by item: what it was and is
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX plan_input_changes_ws_id ON plan_input_changes (ws_id);
