-- Statements of the sync store. Rows are always scoped by workspace; a statement that writes checks the lease's fence.

-- name: workspace_zone
SELECT timezone, now(), (SELECT jsonb_object_agg(p.provider, p.retry_at) FROM provider_pauses p),
    EXISTS (SELECT 1 FROM calendar_event_links l WHERE l.ws_id = :ws_id::uuid)
FROM workspaces WHERE id = :ws_id::uuid;

-- name: load_connections
-- A calendar that several accounts can read is read once: through a live account, with the best access, the oldest first.
-- `primary` is the calendar that is somebody's primary one, whoever reads it.
-- Each with its account, so that both are of one moment. Where the others stood is void then: their tokens know nothing of
-- rows that this one writes.
WITH chosen AS (
    SELECT DISTINCT ON (c.provider, c.calendar_id) c.*
    FROM calendar_connections c
    JOIN calendar_auth_tokens a ON a.id = c.auth_token_id AND a.status <> 'disconnected'
    WHERE c.ws_id = :ws_id::uuid AND c.is_enabled AND c.sync_inbound_enabled
        AND c.access_role <> 'freeBusyReader'
        AND (:calendar_id::text IS NULL OR c.calendar_id = :calendar_id::text
            OR (:calendar_id::text = 'primary' AND (c.provider, c.calendar_id) IN (
                SELECT p.provider, p.calendar_id FROM calendar_connections p WHERE p.ws_id = :ws_id::uuid AND p.is_primary
            )))
    ORDER BY c.provider, c.calendar_id, a.status <> 'active', c.status = 'lost',
        array_position(ARRAY['owner', 'writer', 'writerWithoutPrivateAccess', 'reader'], c.access_role) NULLS LAST, c.created_at, c.id
), others AS (
    UPDATE calendar_sync_states s SET sync_token = NULL, checkpoint = NULL
    FROM chosen c JOIN calendar_connections o
        ON o.ws_id = :ws_id::uuid AND o.provider = c.provider AND o.calendar_id = c.calendar_id AND o.id <> c.id
    WHERE s.connection_id = o.id AND (s.sync_token IS NOT NULL OR s.checkpoint IS NOT NULL)
)
SELECT
    c.id, c.auth_token_id, c.provider, c.calendar_id, c.time_zone, c.sync_delete_enabled, c.failures, c.retry_at,
    s.last_synced_at, s.full_synced_at, c.access_role, c.attempts, c.page_limit, c.failed_at,
    v.ws_id IS NOT NULL, v.connection_id, v.access_role,
    s.sync_token, s.query_fingerprint, s.window_start, s.window_end, s.checkpoint,
    a.provider, a.account_email, a.access_token, a.refresh_token, a.expires_at, a.status, a.version, a.listed_at
FROM chosen c
JOIN calendar_auth_tokens a ON a.id = c.auth_token_id
LEFT JOIN calendar_sync_states s ON s.connection_id = c.id
LEFT JOIN calendar_views v ON v.ws_id = c.ws_id AND v.provider = c.provider AND v.calendar_id = c.calendar_id
WHERE :connection_id::uuid IS NULL OR c.id = :connection_id::uuid;

-- name: store_tokens
UPDATE calendar_auth_tokens
SET access_token = :access_token, refresh_token = :refresh_token, expires_at = :expires_at::timestamptz,
    version = version + 1, status = 'active', last_error = NULL, updated_at = now(),
    scopes = CASE WHEN cardinality(:scopes::text[]) > 0 THEN :scopes::text[] ELSE scopes END
WHERE id = :id::uuid AND ws_id = :ws_id::uuid AND version = :version::integer AND status <> 'disconnected'
RETURNING id, provider, account_email, access_token, refresh_token, expires_at, status, version;

-- name: load_account
SELECT id, provider, account_email, access_token, refresh_token, expires_at, status, version
FROM calendar_auth_tokens WHERE id = :id::uuid AND ws_id = :ws_id::uuid;

-- name: require_reconnect
UPDATE calendar_auth_tokens
SET status = 'reconnect_required', last_error = :reason, updated_at = now()
WHERE id = :id::uuid AND ws_id = :ws_id::uuid AND version = :version::integer AND status = 'active';

-- name: forget_seen
-- Together with the checkpoint that stands on them: a pass that went on there would prune what was seen before it. And
-- with the token: of an event that comes and goes while the pass is unfinished, a delta from before it need not tell.
WITH own AS (
    SELECT id FROM calendar_connections WHERE id = :connection_id::uuid AND ws_id = :ws_id::uuid
), seen AS (
    DELETE FROM calendar_sync_seen s USING own WHERE s.connection_id = own.id
)
UPDATE calendar_sync_states s SET sync_token = NULL, checkpoint = NULL
FROM own WHERE s.connection_id = own.id AND (s.sync_token IS NOT NULL OR s.checkpoint IS NOT NULL);

-- name: apply_page
-- One page, all or nothing: lease, rows, deletions, ids seen, and where the pass stands. Equal rows are told by their
-- etag and left as they are; they are found through the key itself, by ON CONFLICT, because a planner without fitting
-- statistics takes any other index for the look-up and reads the whole workspace for every id. A tombstone of a series
-- takes its instances along, but not one whose edit has still to be read, and none where an earlier page of the delta has told
-- any: then it is the end of a single event, which has become a series under its id; so a delta of several pages remembers
-- its series until its last one. What the app owns of a deleted event is preserved
-- and comes back with it (0003_event_keepsakes.sql); without preserved fields in the workspace that is one look at an index.
WITH held AS (
    -- And who writes, for the history: the first complete reading of a calendar is an import.
    UPDATE workspace_sync_leases
    SET expires_at = clock_timestamp() + :seconds::float8 * interval '1 second', resident_mb = :resident_mb::integer
    WHERE ws_id = :ws_id::uuid AND owner = :run_id::uuid AND fence = :fence::bigint
    RETURNING ws_id, set_config('almanac.run', :run_id::uuid::text, true), set_config('almanac.origin', CASE
        WHEN NOT :full_pass::boolean OR EXISTS (
            SELECT FROM calendar_sync_states s
            WHERE s.connection_id = :connection_id::uuid AND s.full_synced_at IS NOT NULL
        ) THEN 'sync' ELSE 'import' END, true)
), own AS (
    -- No row for a connection that has been removed, or is another workspace's: then nothing is stored for it. Until the
    -- page is written nobody can remove it.
    SELECT c.id FROM held JOIN calendar_connections c ON c.id = :connection_id::uuid AND c.ws_id = held.ws_id
    FOR KEY SHARE OF c
), page AS (
    SELECT p.* FROM own, unnest(
        :external_event_id::text[], :title::text[], :description::text[], :location::text[],
        :start_at::timestamptz[], :end_at::timestamptz[], :all_day::boolean[], :start_date::date[], :end_date::date[],
        :time_zone::text[], :status::text[], :transparency::text[], :response::text[], :event_type::text[],
        :visibility::text[], :recurring_event_id::text[], :original_start_at::timestamptz[],
        :original_start_date::date[], :ical_uid::text[], :etag::text[], :sequence::integer[], :color::text[],
        :provider_color::text[], :html_link::text[], :attendees::jsonb[], :creator_email::text[],
        :organizer_email::text[], :own_block::boolean[], :external_updated_at::timestamptz[]
    ) AS p (
        external_event_id, title, description, location, start_at, end_at, all_day, start_date, end_date, time_zone,
        status, transparency, response, event_type, visibility, recurring_event_id, original_start_at,
        original_start_date, ical_uid, etag, sequence, color, provider_color, html_link, attendees, creator_email,
        organizer_email, own_block, external_updated_at
    )
), zone AS (
    -- As it is now, and until the page is written: the run read it when it began, and it may have been changed since.
    SELECT coalesce(w.timezone, 'UTC') AS name
    FROM held JOIN workspaces w ON w.id = held.ws_id
    WHERE true = ANY (:all_day::boolean[])
    FOR SHARE OF w
), written AS (
    INSERT INTO workspace_calendar_events AS e (
        ws_id, provider, external_calendar_id, external_event_id, title, description, location, start_at, end_at,
        all_day, start_date, end_date, time_zone, status, transparency, response, event_type, visibility,
        recurring_event_id, original_start_at, original_start_date, ical_uid, etag, sequence, color, provider_color,
        html_link, attendees, creator_email, organizer_email, own_block, external_updated_at, mapping_version,
        sync_status, last_synced_at
    )
    SELECT
        :ws_id::uuid, :provider, :calendar_id, p.external_event_id, p.title, p.description, p.location,
        CASE WHEN p.all_day THEN almanac_day_start(p.start_date, z.name) ELSE p.start_at END,
        CASE WHEN p.all_day THEN almanac_day_start(p.end_date, z.name) ELSE p.end_at END,
        p.all_day, p.start_date, p.end_date, p.time_zone, p.status, p.transparency, p.response, p.event_type, p.visibility,
        p.recurring_event_id, p.original_start_at, p.original_start_date, p.ical_uid, p.etag, p.sequence, p.color,
        p.provider_color, p.html_link, p.attendees, p.creator_email, p.organizer_email, p.own_block,
        p.external_updated_at, :mapping_version::smallint, 'synced', now()
    FROM page p LEFT JOIN zone z ON true
    ON CONFLICT (ws_id, provider, external_calendar_id, external_event_id) DO UPDATE SET
        title = excluded.title, description = excluded.description, location = excluded.location,
        start_at = excluded.start_at, end_at = excluded.end_at, all_day = excluded.all_day,
        start_date = excluded.start_date, end_date = excluded.end_date, time_zone = excluded.time_zone,
        status = excluded.status, transparency = excluded.transparency, response = excluded.response,
        event_type = excluded.event_type, visibility = excluded.visibility,
        recurring_event_id = excluded.recurring_event_id, original_start_at = excluded.original_start_at,
        original_start_date = excluded.original_start_date, ical_uid = excluded.ical_uid, etag = excluded.etag,
        sequence = excluded.sequence, color = excluded.color, provider_color = excluded.provider_color,
        html_link = excluded.html_link, attendees = excluded.attendees, creator_email = excluded.creator_email,
        organizer_email = excluded.organizer_email, own_block = excluded.own_block,
        external_updated_at = excluded.external_updated_at, mapping_version = excluded.mapping_version,
        sync_status = 'synced', sync_error = NULL, last_synced_at = now(), updated_at = now()
    WHERE e.etag IS DISTINCT FROM excluded.etag OR excluded.etag IS NULL OR e.mapping_version <> excluded.mapping_version
        OR :rewrite::boolean
    RETURNING e.external_event_id, (xmax = 0) AS inserted
), restored AS (
    SELECT almanac_restore_events(
        :ws_id::uuid, :calendar_id, ARRAY (SELECT w.external_event_id FROM written w WHERE w.inserted)
    )
    FROM held
    WHERE EXISTS (SELECT 1 FROM calendar_event_keepsakes k WHERE k.ws_id = :ws_id::uuid)
), gone AS (
    SELECT almanac_delete_events(ARRAY (
        SELECT e.id FROM workspace_calendar_events e
        WHERE e.ws_id = :ws_id::uuid AND e.provider = :provider AND e.external_calendar_id = :calendar_id
            AND (e.external_event_id = ANY (:tombstones::text[]) OR e.recurring_event_id = ANY (:tombstones::text[]))
            AND e.external_event_id <> ALL (:external_event_id::text[])
            AND (:full_pass::boolean OR e.external_event_id = ANY (:tombstones::text[]) OR NOT EXISTS (
                SELECT 1 FROM calendar_sync_seen m
                WHERE m.connection_id = own.id AND m.external_event_id = e.recurring_event_id
            ))
            AND NOT EXISTS (
                SELECT 1 FROM calendar_event_links l
                WHERE l.ws_id = e.ws_id AND l.event_id = e.id AND l.kind = 'edit' AND l.doubt = 'deleted'
            )
    )) AS deleted
    FROM own WHERE :delete_enabled::boolean AND cardinality(:tombstones::text[]) > 0
), seen AS (
    INSERT INTO calendar_sync_seen (connection_id, external_event_id)
    SELECT own.id, k.id FROM own, unnest(:known_ids::text[]) AS k (id)
    WHERE :full_pass::boolean
        AND NOT EXISTS (SELECT 1 FROM written w WHERE w.inserted AND w.external_event_id = k.id)
    ON CONFLICT DO NOTHING
), told AS (
    INSERT INTO calendar_sync_seen (connection_id, external_event_id)
    SELECT DISTINCT own.id, s.id FROM own, unnest(:recurring_event_id::text[]) AS s (id)
    WHERE :delta_goes_on::boolean AND s.id IS NOT NULL
    ON CONFLICT DO NOTHING
), ended AS (
    DELETE FROM calendar_sync_seen m USING own WHERE :delta_has_ended::boolean AND m.connection_id = own.id
), state AS (
    INSERT INTO calendar_sync_states AS t
        (connection_id, sync_token, query_fingerprint, window_start, window_end, checkpoint, last_synced_at)
    SELECT own.id, :sync_token, :fingerprint, :window_start::timestamptz, :window_end::timestamptz,
        :checkpoint::jsonb, CASE WHEN :sync_token::text IS NOT NULL THEN now() END
    FROM own WHERE :has_progress::boolean
    ON CONFLICT (connection_id) DO UPDATE SET
        sync_token = coalesce(excluded.sync_token, t.sync_token),
        query_fingerprint = CASE WHEN excluded.sync_token IS NULL THEN t.query_fingerprint ELSE excluded.query_fingerprint END,
        window_start = CASE WHEN excluded.sync_token IS NULL THEN t.window_start ELSE excluded.window_start END,
        window_end = CASE WHEN excluded.sync_token IS NULL THEN t.window_end ELSE excluded.window_end END,
        checkpoint = excluded.checkpoint,
        last_synced_at = coalesce(excluded.last_synced_at, t.last_synced_at)
)
SELECT
    (SELECT count(*) FROM held),
    (SELECT count(*) FROM written WHERE inserted),
    (SELECT count(*) FROM written WHERE NOT inserted),
    (SELECT coalesce(max(deleted), 0) FROM gone),
    (SELECT count(*) FROM restored),
    (SELECT count(*) FROM own);

-- name: known_events
SELECT external_event_id FROM workspace_calendar_events
WHERE ws_id = :ws_id::uuid AND provider = :provider AND external_calendar_id = :calendar_id
    AND external_event_id = ANY (:event_ids::text[]);

-- name: missing_rows
WITH old AS (
    SELECT e.external_event_id, m.external_event_id IS NULL AS missing
    FROM workspace_calendar_events e
    LEFT JOIN calendar_sync_seen m ON m.connection_id = :connection_id::uuid AND m.external_event_id = e.external_event_id
    WHERE e.ws_id = :ws_id::uuid AND e.provider = :provider AND e.external_calendar_id = :calendar_id
        AND almanac_listed(
            e, (SELECT almanac_known_zone(c.time_zone) FROM calendar_connections c WHERE c.id = :connection_id::uuid),
            :window_start::timestamptz, :window_end::timestamptz
        )
        AND e.created_at < :since::timestamptz
)
SELECT
    count(*) FILTER (WHERE missing),
    count(*),
    ARRAY (SELECT o.external_event_id FROM old o WHERE o.missing ORDER BY o.external_event_id LIMIT 3)
FROM old;

-- name: prune
-- Only rows of this calendar that the pass's listing would hold, that were there before it and that it has not met.
SELECT set_config('almanac.origin', 'sweep', true), almanac_delete_events(ARRAY (
    SELECT e.id FROM workspace_calendar_events e
    WHERE e.ws_id = :ws_id::uuid AND e.provider = :provider AND e.external_calendar_id = :calendar_id
        AND almanac_listed(
            e, (SELECT almanac_known_zone(c.time_zone) FROM calendar_connections c WHERE c.id = :connection_id::uuid),
            :window_start::timestamptz, :window_end::timestamptz
        )
        AND e.created_at < :since::timestamptz
        AND NOT EXISTS (
            SELECT 1 FROM calendar_sync_seen m
            WHERE m.connection_id = :connection_id::uuid AND m.external_event_id = e.external_event_id
        )
));

-- name: complete_full_pass
WITH own AS (
    SELECT c.id, c.ws_id, c.provider, c.calendar_id FROM calendar_connections c
    WHERE c.id = :connection_id::uuid AND c.ws_id = :ws_id::uuid
    FOR KEY SHARE
), viewed AS (
    INSERT INTO calendar_views AS v (ws_id, provider, calendar_id, connection_id, access_role)
    SELECT own.ws_id, own.provider, own.calendar_id, own.id, :access_role FROM own
    ON CONFLICT (ws_id, provider, calendar_id) DO UPDATE
    SET connection_id = excluded.connection_id, access_role = excluded.access_role
    WHERE (v.connection_id, v.access_role) IS DISTINCT FROM (excluded.connection_id, excluded.access_role)
        AND (v.reread_at IS NULL OR v.reread_at < :since::timestamptz)
)
INSERT INTO calendar_sync_states AS t
    (connection_id, sync_token, query_fingerprint, window_start, window_end, checkpoint, last_synced_at, full_synced_at)
SELECT own.id, :sync_token, :fingerprint, :window_start::timestamptz, :window_end::timestamptz, :checkpoint::jsonb, now(),
    now()
FROM own
ON CONFLICT (connection_id) DO UPDATE SET
    sync_token = excluded.sync_token, query_fingerprint = excluded.query_fingerprint,
    window_start = excluded.window_start, window_end = excluded.window_end, checkpoint = excluded.checkpoint,
    last_synced_at = now(), full_synced_at = now()
RETURNING t.connection_id;

-- name: note_calendars
-- What an account's calendar list says now: new calendars, names, roles, zones. A known connection keeps its switches and
-- its state; one whose events the account could not see is switched on when it can; another role is worth a try at once.
WITH own AS (
    UPDATE calendar_auth_tokens SET listed_at = now() WHERE id = :account_id::uuid AND ws_id = :ws_id::uuid
    RETURNING id, ws_id, provider
), listed AS (
    SELECT p.* FROM unnest(:calendar_ids::text[], :names::text[], :colors::text[], :access_roles::text[], :time_zones::text[],
        :primaries::boolean[], :readable::boolean[])
        AS p (calendar_id, name, color, access_role, time_zone, is_primary, readable)
), gone AS (
    UPDATE calendar_connections c
    SET status = 'lost', last_error_type = :error_type, last_error = 'the account''s calendar list no longer has it',
        updated_at = now()
    FROM own WHERE c.auth_token_id = own.id AND c.ws_id = own.ws_id AND c.status <> 'lost'
        AND c.calendar_id <> ALL (:calendar_ids::text[])
)
INSERT INTO calendar_connections AS c
    (ws_id, auth_token_id, provider, calendar_id, calendar_name, color, access_role, time_zone, is_primary, is_enabled)
SELECT own.ws_id, own.id, own.provider, l.calendar_id, l.name, l.color, l.access_role, l.time_zone, l.is_primary, l.readable
FROM own, listed l
ON CONFLICT (auth_token_id, calendar_id) DO UPDATE SET
    calendar_name = excluded.calendar_name, color = excluded.color, access_role = excluded.access_role,
    time_zone = excluded.time_zone, is_primary = excluded.is_primary,
    is_enabled = c.is_enabled OR (excluded.is_enabled AND c.access_role IN ('freeBusyReader', 'none')),
    retry_at = CASE WHEN c.access_role = excluded.access_role THEN c.retry_at END, updated_at = now()
WHERE (c.calendar_name, c.color, c.access_role, c.time_zone, c.is_primary)
    IS DISTINCT FROM (excluded.calendar_name, excluded.color, excluded.access_role, excluded.time_zone, excluded.is_primary);

-- name: forget_view
UPDATE calendar_views SET connection_id = NULL, access_role = NULL
WHERE ws_id = :ws_id::uuid AND provider = :provider AND calendar_id = :calendar_id;

-- name: limit_page
UPDATE calendar_connections SET page_limit = :events::integer, updated_at = now()
WHERE id = :connection_id::uuid AND ws_id = :ws_id::uuid;

-- name: forget_token
UPDATE calendar_sync_states s SET sync_token = NULL, checkpoint = NULL
FROM calendar_connections c
WHERE c.id = :connection_id::uuid AND c.ws_id = :ws_id::uuid AND s.connection_id = c.id;

-- name: due_for_sync
-- Due: a live account with a calendar to read that is not backing off; nothing waiting in the queue, no sync running. A
-- plan is over in seconds, so its workspace need not wait for the next tick.
-- A message that never arrived makes its workspace due again after an hour. A calendar whose push channel is healthy is
-- asked about once an hour; without push there is no installation, and no pause of that kind. A channel that has to be stopped or
-- renewed is a reason, too.
-- OFFSET 0 keeps each question about one workspace: without it a page reads everybody's calendars to answer for a thousand.
-- So does asking for the account's status instead of joining it: before the first statistics a join went through all accounts.
-- Leases are bounded too, or each page walks through those of all pages before it.
SELECT w.id, l.large_until > now()
FROM workspaces w
LEFT JOIN workspace_sync_leases l ON l.ws_id = w.id AND (:after::uuid IS NULL OR l.ws_id > :after::uuid)
WHERE (:after::uuid IS NULL OR w.id > :after::uuid)
    AND NOT EXISTS (SELECT 1 FROM workspace_pauses p WHERE p.ws_id = w.id)
    AND (l.queued_at IS NULL OR l.queued_at < now() - interval '1 hour')
    AND (l.expires_at IS NULL OR l.expires_at <= now()
        OR EXISTS (SELECT 1 FROM runs r WHERE r.id = l.owner AND r.kind = 'schedule' OFFSET 0))
    AND (EXISTS (
        SELECT 1 FROM calendar_connections c
        WHERE c.ws_id = w.id AND c.is_enabled AND c.sync_inbound_enabled
            AND c.access_role <> 'freeBusyReader' AND (c.retry_at IS NULL OR c.retry_at <= now())
            AND (SELECT a.status = 'active' FROM calendar_auth_tokens a WHERE a.id = c.auth_token_id)
            AND (:installation::text IS NULL OR NOT EXISTS (
                SELECT 1 FROM calendar_sync_states s
                JOIN almanac_poll_pauses(:installation::text, :address_fingerprint::text) p ON p.connection_id = s.connection_id
                WHERE s.connection_id = c.id AND s.checkpoint IS NULL AND s.last_synced_at > now() - p.pause
                OFFSET 0
            ))
        OFFSET 0
    ) OR (:installation::text IS NOT NULL AND EXISTS (
        SELECT 1 FROM calendar_push_channels p
        LEFT JOIN calendar_connections c ON c.id = p.connection_id
        LEFT JOIN calendar_auth_tokens a ON a.id = c.auth_token_id
        WHERE p.ws_id = w.id AND p.installation = :installation::text AND p.status IN ('active', 'stopping')
            AND (p.expires_at IS NULL OR p.expires_at > now())
            AND (p.status = 'stopping' OR c.id IS NULL OR NOT c.is_enabled OR NOT c.sync_inbound_enabled
                OR a.status = 'disconnected'
                OR (p.expires_at < now() + :renew_seconds::float8 * interval '1 second' AND a.status = 'active'
                    AND c.failures = 0 AND NOT EXISTS (
                        SELECT 1 FROM calendar_push_channels f
                        WHERE f.connection_id = p.connection_id AND f.installation = p.installation AND f.retry_at > now()
                        OFFSET 0
                    )))
        OFFSET 0
    )))
ORDER BY w.id
LIMIT :limit::integer;

-- name: due_for_outbound
-- Something to write, or an answer to find out about, at a calendar that is not held, through an account that works, of
-- a provider that has not refused our project; nothing waiting in the queue for the last minutes, nothing running. What goes
-- once another target has it does not ask by itself, until it is let be.
SELECT w.id, l.large_until > now()
FROM workspaces w
LEFT JOIN workspace_sync_leases l ON l.ws_id = w.id AND (:after::uuid IS NULL OR l.ws_id > :after::uuid)
WHERE (:after::uuid IS NULL OR w.id > :after::uuid)
    AND NOT EXISTS (SELECT 1 FROM workspace_pauses p WHERE p.ws_id = w.id)
    AND (l.queued_at IS NULL OR l.queued_at < now() - interval '5 minutes')
    AND (l.expires_at IS NULL OR l.expires_at <= now())
    AND w.id IN (
        SELECT k.ws_id FROM calendar_event_links k
        JOIN calendar_auth_tokens a ON a.ws_id = k.ws_id AND a.provider = k.provider AND a.account_email = k.account
            AND a.status = 'active'
        JOIN calendar_connections c ON c.auth_token_id = a.id AND c.calendar_id = k.calendar_id
            AND CASE WHEN c.outbound_held IS NULL THEN true
                WHEN c.outbound_held_until IS NOT NULL THEN c.outbound_held_until <= now()
                ELSE c.outbound_held NOT IN ('mass_change', 'dry_run_first', 'other_installation') OR c.outbound_consent_until > now() END
        WHERE k.state IN ('wanted', 'dirty', 'sent') AND (k.next_attempt_at IS NULL OR k.next_attempt_at <= now())
            AND (k.current OR k.state <> 'dirty' OR a.leaving_since IS NOT NULL
                OR NOT EXISTS (SELECT 1 FROM almanac_successor(k) n WHERE NOT almanac_is_there(n))
                OR coalesce(k.base #>> '{when,end}', k.base #>> '{when,after}')
                    < to_char((now() - interval '1 day') AT TIME ZONE 'UTC', 'YYYY-MM-DD'))
            AND NOT EXISTS (SELECT 1 FROM provider_pauses p WHERE p.provider = k.provider AND p.retry_at > now())
    )
ORDER BY w.id
LIMIT :limit::integer;

-- name: due_for_schedule
-- A workspace without a zone is due too: its run says so.
SELECT w.id, (SELECT l.large_until > now() FROM workspace_sync_leases l WHERE l.ws_id = w.id)
FROM workspaces_to_plan w
WHERE (:after::uuid IS NULL OR w.id > :after::uuid)
    AND NOT EXISTS (SELECT 1 FROM workspace_pauses p WHERE p.ws_id = w.id)
ORDER BY w.id
LIMIT :limit::integer;

-- name: due_for_replan
-- Workspaces that have changed since their last plan, each with that plan's run. What is a day old was seen by every plan
-- since, or there is nothing to plan.
WITH old AS (
    DELETE FROM unplanned_changes WHERE at < now() - interval '1 day'
)
SELECT w.id, (SELECT l.large_until > now() FROM workspace_sync_leases l WHERE l.ws_id = w.id), w.last_plan
FROM workspaces_to_replan w
WHERE (:after::uuid IS NULL OR w.id > :after::uuid)
    AND NOT EXISTS (SELECT 1 FROM workspace_pauses p WHERE p.ws_id = w.id)
    AND w.id IN (SELECT u.ws_id FROM unplanned_changes u)
ORDER BY w.id
LIMIT :limit::integer;

-- name: now
SELECT now();

-- name: known_workspaces
SELECT w.id, (SELECT l.large_until > now() FROM workspace_sync_leases l WHERE l.ws_id = w.id)
FROM workspaces w WHERE w.id = ANY (:ws_ids::uuid[]);

-- name: mark_queued
-- A run that has begun since the tick is proof that its message is no longer waiting.
INSERT INTO workspace_sync_leases AS l (ws_id, queued_at)
SELECT id, now() FROM workspaces WHERE id = ANY (:ws_ids::uuid[])
ON CONFLICT (ws_id) DO UPDATE SET queued_at = excluded.queued_at
WHERE l.acquired_at IS NULL OR l.acquired_at < :since::timestamptz;
