-- The pauses of calendars with a healthy channel, by the rule of 0016, as rows: a query that asks about thousands of
-- calendars joins them, where a function of one calendar would be called thousands of times.
CREATE FUNCTION almanac_poll_pauses(of_installation text, at_address text)
RETURNS TABLE (connection_id uuid, pause interval) LANGUAGE sql STABLE AS $$
    SELECT p.connection_id,
        interval '1 hour' * (0.75 + 0.5 * (abs(hashtext(p.connection_id::text)::bigint) % 1000) / 1000.0)
    FROM calendar_push_channels p
    WHERE p.status = 'active' AND p.installation = of_installation AND p.address_fingerprint = at_address
        AND p.verified_at IS NOT NULL AND p.missed_pushes = 0 AND p.expires_at > now() + interval '3 hours'
$$;

CREATE OR REPLACE FUNCTION almanac_poll_pause(connection uuid, of_installation text, at_address text) RETURNS interval
LANGUAGE sql STABLE AS $$
    SELECT p.pause FROM almanac_poll_pauses(of_installation, at_address) p WHERE p.connection_id = connection
$$;
