-- Postgres has years that its readers have not: 20260, and infinity. What history keeps of an event has the first or
-- last instant that all of them know, as plans and syncs read its row; the row stays what the product made it.
CREATE FUNCTION almanac_in_readable_years(e workspace_calendar_events) RETURNS workspace_calendar_events
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    first constant timestamptz := '0001-01-03 00:00:00+00';
    last constant timestamptz := '9999-12-29 00:00:00+00';
BEGIN
    e.start_at := least(greatest(e.start_at, first), last);
    e.end_at := least(greatest(e.end_at, first), last);
    IF e.start_date IS NOT NULL OR e.end_date IS NOT NULL THEN
        e.start_date := least(greatest(e.start_date, date '0001-01-03'), date '9999-12-29');
        e.end_date := least(greatest(e.end_date, date '0001-01-03'), date '9999-12-29');
    END IF;
    RETURN e;
END $$;

ALTER FUNCTION almanac_event_state(workspace_calendar_events) RENAME TO almanac_state_of_event;
CREATE FUNCTION almanac_event_state(e workspace_calendar_events) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT almanac_state_of_event(almanac_in_readable_years(e))
$$;

ALTER FUNCTION almanac_event_delta(workspace_calendar_events, workspace_calendar_events) RENAME TO almanac_delta_of_event;
CREATE FUNCTION almanac_event_delta(o workspace_calendar_events, n workspace_calendar_events) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT almanac_delta_of_event(almanac_in_readable_years(o), almanac_in_readable_years(n))
$$;
