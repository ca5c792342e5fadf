-- The providers that rows may name, in one place: whoever adds one replaces this function, and no table is scanned or
-- locked for it. It is inlined into the checks below, so that it costs a page of rows nothing.

CREATE FUNCTION almanac_is_provider(name text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT name IN ('google')
$$;

ALTER TABLE calendar_auth_tokens
    DROP CONSTRAINT calendar_auth_tokens_provider_check,
    ADD CONSTRAINT calendar_auth_tokens_provider_check CHECK (almanac_is_provider(provider));
ALTER TABLE calendar_connections
    DROP CONSTRAINT calendar_connections_provider_check,
    ADD CONSTRAINT calendar_connections_provider_check CHECK (almanac_is_provider(provider));

-- Not validated: every row there is has met the stricter checks that these replace, and reading a large table again
-- would stop all syncs for as long as that takes. Rows of a provider say where they came from.
ALTER TABLE workspace_calendar_events
    DROP CONSTRAINT workspace_calendar_events_provider_check,
    DROP CONSTRAINT workspace_calendar_events_check2,
    ADD CONSTRAINT workspace_calendar_events_provider_check
        CHECK (provider = 'almanac' OR almanac_is_provider(provider)) NOT VALID,
    ADD CONSTRAINT workspace_calendar_events_external_check
        CHECK (provider = 'almanac' OR (external_calendar_id IS NOT NULL AND external_event_id IS NOT NULL)) NOT VALID;
