-- An endpoint that all workspaces share is open for 5 seconds after an answer instead of 30 (0051_lanes.sql): what dies
-- while many lanes call it holds those workers only that come to it within them. `answered_at` is kept to 2 seconds.
CREATE OR REPLACE FUNCTION almanac_is_open(e webhook_endpoints) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT e.retry_at IS NULL
        AND (e.ws_id IS NOT NULL OR coalesce(e.answered_at > now() - interval '5 seconds', false))
$$;
