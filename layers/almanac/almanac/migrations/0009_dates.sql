-- A local date begins at the first instant that shows it: the first of two midnights (AT TIME ZONE takes the second), the
-- end of a gap over midnight. The same as domain/wall_clock.py, date_instants; a test holds them together.
CREATE FUNCTION almanac_day_start(day date, zone text) RETURNS timestamptz LANGUAGE sql IMMUTABLE STRICT AS $$
    WITH near AS (
        SELECT day::timestamp AT TIME ZONE zone AS at
    ), offsets AS (
        SELECT (t AT TIME ZONE zone) - (t AT TIME ZONE 'UTC') AS ahead
        FROM near, unnest(ARRAY [near.at - interval '1 day', near.at + interval '1 day']) AS t
    ), candidates AS (
        SELECT min((day - ahead) AT TIME ZONE 'UTC') AS early, max((day - ahead) AT TIME ZONE 'UTC') AS late FROM offsets
    )
    SELECT CASE
        WHEN (early AT TIME ZONE zone)::date = day THEN early
        WHEN (late AT TIME ZONE zone)::date >= day AND ((late - interval '1 second') AT TIME ZONE zone)::date < day THEN late
        ELSE (
            SELECT min(t) FROM generate_series(early, late, interval '1 minute') AS t
            WHERE (t AT TIME ZONE zone)::date >= day
        )
    END
    FROM candidates
$$;

-- A calendar's zone as its provider names it, or null when Postgres does not know it.
CREATE FUNCTION almanac_known_zone(name text) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    PERFORM now() AT TIME ZONE name;
    RETURN CASE WHEN name ~ '^[A-Za-z]\w*(/[A-Za-z0-9_+-]+)*$' THEN name END;
EXCEPTION WHEN invalid_parameter_value THEN
    RETURN NULL;
END $$;

-- Whether a listing of [since, until) would hold an event: providers read all-day dates in the calendar's own zone, which
-- need not be the workspace's. Of a calendar whose zone is not known, only what the window holds in every zone.
CREATE FUNCTION almanac_listed(
    event workspace_calendar_events, zone text, since timestamptz, until timestamptz
) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN NOT event.all_day THEN event.end_at > since AND event.start_at < until
        WHEN zone IS NULL THEN
            event.end_date::timestamp AT TIME ZONE 'UTC' - interval '14 hours' > since
            AND event.start_date::timestamp AT TIME ZONE 'UTC' + interval '12 hours' < until
        ELSE almanac_day_start(event.end_date, zone) > since AND almanac_day_start(event.start_date, zone) < until
    END
$$;

CREATE OR REPLACE FUNCTION almanac_move_all_day_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE workspace_calendar_events
    SET start_at = almanac_day_start(start_date, coalesce(NEW.timezone, 'UTC')),
        end_at = almanac_day_start(end_date, coalesce(NEW.timezone, 'UTC')),
        updated_at = now()
    WHERE ws_id = NEW.id AND all_day;
    RETURN NEW;
END $$;
