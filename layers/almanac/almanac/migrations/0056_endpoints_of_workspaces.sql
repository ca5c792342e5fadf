-- A nudge asks for one workspace's lanes: without this it read every endpoint, twice.
CREATE INDEX webhook_endpoints_ws_id ON webhook_endpoints (ws_id);
