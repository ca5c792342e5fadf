-- A link that has ended is history: what a person took over, or what came back from a calendar's bin, is an event of the
-- provider's by then, and an edit of that has a link of its own. Until now the product's UPDATE or DELETE of it failed.
CREATE UNIQUE INDEX calendar_event_links_one_alive ON calendar_event_links (ws_id, provider, calendar_id, external_event_id)
    WHERE state NOT IN ('gone', 'detached');
CREATE INDEX calendar_event_links_named ON calendar_event_links (ws_id, provider, calendar_id, external_event_id);
ALTER TABLE calendar_event_links DROP CONSTRAINT calendar_event_links_ws_id_provider_calendar_id_external_ev_key;
