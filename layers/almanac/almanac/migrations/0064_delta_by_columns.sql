-- What history keeps of a changed event is compared column by column within the statement that changed it: 0057 had put a
-- function before that which was called for both sides of every row, and halved the speed of a page of changes. Only a
-- row that is beyond the years that everybody reads needs it.
CREATE OR REPLACE FUNCTION almanac_event_delta(o workspace_calendar_events, n workspace_calendar_events) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN least(o.start_at, o.end_at, n.start_at, n.end_at) >= '0001-01-03 00:00:00+00'
            AND greatest(o.start_at, o.end_at, n.start_at, n.end_at) <= '9999-12-29 00:00:00+00'
            AND coalesce(least(o.start_date, o.end_date, n.start_date, n.end_date) >= date '0001-01-03', true)
            AND coalesce(greatest(o.start_date, o.end_date, n.start_date, n.end_date) <= date '9999-12-29', true)
        THEN almanac_delta_of_event(o, n)
        ELSE almanac_delta_of_event(almanac_in_readable_years(o), almanac_in_readable_years(n))
    END
$$;
