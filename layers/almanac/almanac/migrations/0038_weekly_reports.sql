-- Weekly reports that a rule asks for: one a workspace and Monday, however often it ticks, of those that want them.

CREATE UNIQUE INDEX exports_one_report ON exports (ws_id, day) WHERE kind = 'report' AND day IS NOT NULL;
CREATE INDEX workspaces_report ON workspaces (id) WHERE settings -> 'weekly_report' = 'true';
