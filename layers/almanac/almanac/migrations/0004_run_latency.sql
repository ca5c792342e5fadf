-- How long a message took from being sent to being done, and which message a run was for: a dead letter's cause is found
-- through it. Both are null in rows of before, and where nobody sent a message.

ALTER TABLE workspace_calendar_sync_log ADD COLUMN sent_at timestamptz, ADD COLUMN message_id text;
ALTER TABLE workspace_scheduling_metadata ADD COLUMN sent_at timestamptz, ADD COLUMN message_id text;

CREATE INDEX workspace_scheduling_metadata_started_at ON workspace_scheduling_metadata (started_at DESC);

-- Failures are few: lists of them, and the run behind a dead letter, are found without reading the others.
CREATE INDEX workspace_calendar_sync_log_failed ON workspace_calendar_sync_log (started_at DESC)
    WHERE status IN ('failed', 'partial');
CREATE INDEX workspace_calendar_sync_log_failed_message ON workspace_calendar_sync_log (message_id)
    WHERE status IN ('failed', 'partial');
CREATE INDEX workspace_scheduling_metadata_failed ON workspace_scheduling_metadata (started_at DESC)
    WHERE status = 'failed';
CREATE INDEX workspace_scheduling_metadata_failed_message ON workspace_scheduling_metadata (message_id)
    WHERE status = 'failed';

CREATE INDEX calendar_connections_in_error ON calendar_connections (ws_id) WHERE status IN ('error', 'lost');

-- One row a calendar that a sync should read, however many accounts see it: when it was read last (null = never), and
-- since when it has been as it is.
CREATE VIEW workspace_calendar_freshness AS
SELECT c.ws_id, c.provider, c.calendar_id, max(s.last_synced_at) AS last_synced_at,
    coalesce(max(s.last_synced_at), min(c.created_at)) AS fresh_at
FROM calendar_connections c
JOIN calendar_auth_tokens a ON a.id = c.auth_token_id AND a.status <> 'disconnected'
LEFT JOIN calendar_sync_states s ON s.connection_id = c.id
WHERE c.is_enabled AND c.sync_inbound_enabled AND c.access_role <> 'freeBusyReader'
GROUP BY c.ws_id, c.provider, c.calendar_id;
