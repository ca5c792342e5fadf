-- Statements of those who say what is written where: targets, what waits, conflicts, repair, leaving. Rows are always scoped
-- by workspace.

-- name: member
SELECT m.target_connection_id FROM workspace_members m WHERE m.ws_id = :ws_id::uuid AND m.user_id = :user_id;

-- name: members_calendars
SELECT c.id, c.calendar_id, c.access_role, c.is_primary, a.id, a.provider, a.account_email, a.access_token, a.refresh_token,
    a.expires_at, a.status, a.version, a.scopes
FROM calendar_connections c JOIN calendar_auth_tokens a ON a.id = c.auth_token_id AND a.status <> 'disconnected'
WHERE c.ws_id = :ws_id::uuid AND a.user_id = :user_id
ORDER BY a.created_at, a.id, c.calendar_id;

-- name: members_accounts
SELECT a.id, a.provider, a.account_email, a.access_token, a.refresh_token, a.expires_at, a.status, a.version, a.scopes
FROM calendar_auth_tokens a
WHERE a.ws_id = :ws_id::uuid AND a.user_id = :user_id AND a.status <> 'disconnected'
ORDER BY a.created_at, a.id;

-- name: set_target
-- Whoever takes a target away has consented to what that deletes; with another in its place nothing is.
WITH former AS (
    UPDATE calendar_connections c SET outbound_consent_until = now() + interval '1 day', updated_at = now()
    FROM workspace_members m
    WHERE m.ws_id = :ws_id::uuid AND m.user_id = :user_id AND c.id = m.target_connection_id
        AND :connection_id::uuid IS NULL
)
UPDATE workspace_members SET target_connection_id = :connection_id::uuid, updated_at = now()
WHERE ws_id = :ws_id::uuid AND user_id = :user_id
RETURNING user_id;

-- name: calendar_intent
-- One calendar in the making a member and account: whoever comes after a crash finds it here.
INSERT INTO outbound_calendars AS o (ws_id, user_id, auth_token_id)
VALUES (:ws_id::uuid, :user_id, :account_id::uuid)
ON CONFLICT (ws_id, user_id, auth_token_id) WHERE calendar_id IS NULL DO UPDATE SET user_id = o.user_id
RETURNING o.id, o.nonce, o.requested_at, coalesce(o.retry_at, o.requested_at + interval '1 hour'),
    (SELECT coalesce(w.timezone, 'UTC') FROM workspaces w WHERE w.id = o.ws_id);

-- name: calendar_requested
UPDATE outbound_calendars
SET requested_at = CASE WHEN :requested::boolean THEN clock_timestamp() END,
    retry_at = CASE WHEN :requested::boolean THEN clock_timestamp() + :wait::float8 * interval '1 second' END
WHERE id = :id::uuid AND ws_id = :ws_id::uuid;

-- name: calendar_made
UPDATE outbound_calendars SET calendar_id = :calendar_id WHERE id = :id::uuid AND ws_id = :ws_id::uuid;

-- name: connect_made_calendar
INSERT INTO calendar_connections AS c
    (ws_id, auth_token_id, provider, calendar_id, calendar_name, access_role, time_zone)
SELECT a.ws_id, a.id, a.provider, :calendar_id, :name, 'owner', :time_zone
FROM calendar_auth_tokens a WHERE a.id = :account_id::uuid AND a.ws_id = :ws_id::uuid
ON CONFLICT (auth_token_id, calendar_id) DO UPDATE SET access_role = 'owner', updated_at = now()
RETURNING c.id;

-- name: review_targets
-- The dry run has been looked at: the next sync writes.
UPDATE workspace_members SET target_reviewed_at = now()
WHERE ws_id = :ws_id::uuid AND target_connection_id IS NOT NULL AND target_reviewed_at IS NULL;

-- name: reviewed_calendars
UPDATE calendar_connections SET outbound_held = NULL, updated_at = now()
WHERE ws_id = :ws_id::uuid AND outbound_held = 'dry_run_first';

-- name: consent
UPDATE calendar_connections SET outbound_consent_until = now() + interval '1 hour', updated_at = now()
WHERE ws_id = :ws_id::uuid AND outbound_held = 'mass_change'
RETURNING calendar_id;

-- name: waiting_links
-- Everything that is not settled, with what is known of it here.
SELECT l.id, l.event_id, l.kind, l.calendar_id, l.external_event_id, l.state, l.reason, l.desired, l.base, l.ours, l.conflict,
    l.error_type, coalesce(e.title, l.desired ->> 'title', l.base ->> 'title', ''),
    EXISTS (SELECT 1 FROM almanac_successor(l) n WHERE n.stopped IS NOT NULL AND NOT almanac_is_there(n))
FROM calendar_event_links l LEFT JOIN workspace_calendar_events e ON e.id = l.event_id AND e.ws_id = l.ws_id
WHERE l.ws_id = :ws_id::uuid
    AND (l.state IN ('wanted', 'dirty', 'sent', 'failed', 'conflict') OR l.conflict IS NOT NULL OR l.reason IN ('edited_beats_deleted', 'delete_refused'))
ORDER BY coalesce(l.desired #>> '{when,start}', l.desired #>> '{when,first}', l.base #>> '{when,start}', ''), l.id
LIMIT 1000;

-- name: unowned_blocks
-- As almanac_event_owner has it: a meeting's block is always written, for those who come.
SELECT b.user_id, count(*)
FROM (
    SELECT t.event_id, t.user_id FROM task_calendar_events t WHERE t.ws_id = :ws_id::uuid
    UNION ALL
    SELECT o.event_id, h.user_id FROM habit_calendar_events o JOIN workspace_habits h ON h.id = o.habit_id
    WHERE o.ws_id = :ws_id::uuid
) b
JOIN workspace_calendar_events e ON e.id = b.event_id AND e.end_at > now()
WHERE b.user_id IS NOT NULL AND almanac_writes_out(:ws_id::uuid)
    AND NOT EXISTS (SELECT 1 FROM workspace_members m WHERE m.ws_id = :ws_id::uuid AND m.user_id = b.user_id)
GROUP BY b.user_id
ORDER BY b.user_id
LIMIT 100;

-- name: targets
SELECT m.user_id, coalesce(nullif(m.name, ''), m.user_id), c.calendar_name, a.account_email, m.target_reviewed_at IS NOT NULL
FROM workspace_members m
LEFT JOIN calendar_connections c ON c.id = m.target_connection_id AND c.ws_id = m.ws_id
LEFT JOIN calendar_auth_tokens a ON a.id = c.auth_token_id
WHERE m.ws_id = :ws_id::uuid
ORDER BY m.created_at, m.user_id
LIMIT 500;

-- name: held_calendars
SELECT c.calendar_id, a.account_email, a.status,
    CASE WHEN a.status <> 'active' THEN 'reconnect_required' ELSE c.outbound_held END, c.outbound_held_until, a.provider,
    a.scopes, c.access_role,
    EXISTS (SELECT 1 FROM outbound_calendars o WHERE o.ws_id = c.ws_id AND o.calendar_id = c.calendar_id),
    EXISTS (SELECT 1 FROM workspace_members m WHERE m.target_connection_id = c.id AND m.target_reviewed_at IS NULL)
FROM calendar_connections c JOIN calendar_auth_tokens a ON a.id = c.auth_token_id
WHERE c.ws_id = :ws_id::uuid AND (c.outbound_held IS NOT NULL OR c.sync_outbound_enabled
    OR EXISTS (SELECT 1 FROM workspace_members m WHERE m.ws_id = c.ws_id AND m.target_connection_id = c.id)
    OR EXISTS (SELECT 1 FROM calendar_event_links l WHERE l.ws_id = c.ws_id AND l.provider = c.provider
        AND l.calendar_id = c.calendar_id AND l.account = a.account_email AND l.state IN ('wanted', 'dirty', 'sent')))
ORDER BY c.calendar_id, a.account_email;

-- name: link_to_resolve
SELECT l.ws_id, l.kind, l.state, l.reason, l.conflict FROM calendar_event_links l
WHERE l.id = :id::uuid AND (:ws_id::uuid IS NULL OR l.ws_id = :ws_id::uuid) FOR UPDATE;

-- name: use_mine
UPDATE workspace_calendar_events e
SET title = coalesce(l.conflict #>> '{title,ours}', e.title),
    description = coalesce(l.conflict #>> '{description,ours}', e.description),
    location = coalesce(l.conflict #>> '{location,ours}', e.location),
    transparency = coalesce(l.conflict #>> '{transparency,ours}', e.transparency),
    visibility = coalesce(l.conflict #>> '{visibility,ours}', e.visibility),
    all_day = CASE WHEN l.conflict #> '{when,ours}' IS NULL THEN e.all_day ELSE l.conflict #> '{when,ours,first}' IS NOT NULL END,
    start_date = CASE WHEN l.conflict #> '{when,ours}' IS NULL THEN e.start_date ELSE (l.conflict #>> '{when,ours,first}')::date END,
    end_date = CASE WHEN l.conflict #> '{when,ours}' IS NULL THEN e.end_date ELSE (l.conflict #>> '{when,ours,after}')::date END,
    start_at = CASE WHEN l.conflict #> '{when,ours}' IS NULL THEN e.start_at
        ELSE coalesce((l.conflict #>> '{when,ours,start}')::timestamptz,
            almanac_day_start((l.conflict #>> '{when,ours,first}')::date, coalesce(w.timezone, 'UTC'))) END,
    end_at = CASE WHEN l.conflict #> '{when,ours}' IS NULL THEN e.end_at
        ELSE coalesce((l.conflict #>> '{when,ours,end}')::timestamptz,
            almanac_day_start((l.conflict #>> '{when,ours,after}')::date, coalesce(w.timezone, 'UTC'))) END,
    updated_at = now()
FROM calendar_event_links l, workspaces w
WHERE l.id = :id::uuid AND l.ws_id = :ws_id::uuid AND e.id = coalesce(:row_id::uuid, l.event_id) AND e.ws_id = l.ws_id AND w.id = l.ws_id;

-- name: occurrence_of_series
-- Of what was one event and repeats now: the occurrence that is where the series begins.
SELECT e.id FROM calendar_event_links l JOIN workspace_calendar_events e ON e.ws_id = l.ws_id AND e.provider = l.provider
    AND e.external_calendar_id = l.calendar_id AND e.recurring_event_id = l.external_event_id
WHERE l.id = :id::uuid AND l.ws_id = :ws_id::uuid
ORDER BY abs(extract(epoch FROM coalesce(e.original_start_at, e.start_at)
    - coalesce(l.base #>> '{when,start}', l.base #>> '{when,first}')::timestamptz)), e.id
LIMIT 1;

-- name: delete_occurrence
DELETE FROM workspace_calendar_events WHERE id = :row_id::uuid AND ws_id = :ws_id::uuid;

-- name: close_conflict
-- What is insisted on wins over what is read next, where somebody went on typing there. Else the version that was decided
-- about is known, and a newer one is another conflict.
UPDATE calendar_event_links
SET conflict = NULL, stopped = CASE WHEN stopped = 'detached' THEN stopped END, refusals = 0, attempts = 0, next_attempt_at = NULL, error_type = NULL, updated_at = now(),
    reason = CASE WHEN :insist::boolean AND stopped = 'conflict' THEN 'use_mine' END,
    doubt = CASE WHEN stopped = 'conflict' AND base IS NOT NULL THEN 'unsure' ELSE doubt END,
    base = CASE WHEN stopped = 'conflict' AND NOT :insist::boolean AND desired IS NOT NULL THEN base || desired ELSE base END,
    ours = CASE WHEN stopped = 'conflict' AND NOT :insist::boolean AND desired IS NOT NULL THEN ours || desired ELSE ours END
WHERE id = :id::uuid AND ws_id = :ws_id::uuid;

-- name: make_it_ours
-- What was deleted there while it was changed here goes on as an event of our own.
UPDATE workspace_calendar_events e
SET provider = 'almanac', external_calendar_id = NULL, external_event_id = NULL, etag = NULL, recurring_event_id = NULL,
    original_start_at = NULL, original_start_date = NULL, updated_at = now()
FROM calendar_event_links l
WHERE l.id = :id::uuid AND l.ws_id = :ws_id::uuid AND e.id = l.event_id AND e.ws_id = l.ws_id;

-- name: drop_link
DELETE FROM calendar_event_links WHERE id = :id::uuid AND ws_id = :ws_id::uuid;

-- name: drop_row
SELECT almanac_delete_events(ARRAY (
    SELECT e.id FROM calendar_event_links l JOIN workspace_calendar_events e ON e.ws_id = l.ws_id
        AND (e.id = l.event_id OR (e.provider = l.provider AND e.external_calendar_id = l.calendar_id
            AND e.external_event_id = l.external_event_id))
    WHERE l.id = :id::uuid AND l.ws_id = :ws_id::uuid
));

-- name: delete_after_all
UPDATE calendar_event_links SET stopped = NULL, reason = NULL, desired = NULL, desired_rev = desired_rev + 1, updated_at = now()
WHERE id = :id::uuid AND ws_id = :ws_id::uuid;

-- name: forget_reason
UPDATE calendar_event_links SET reason = NULL, conflict = NULL, updated_at = now() WHERE id = :id::uuid AND ws_id = :ws_id::uuid;

-- name: written_calendars
-- Where events of ours may be: targets, and wherever a link leads.
SELECT DISTINCT ON (c.provider, c.calendar_id) c.id, c.calendar_id, coalesce(c.time_zone, 'UTC'), a.id, a.provider, a.account_email,
    a.access_token, a.refresh_token, a.expires_at, a.status, a.version
FROM calendar_connections c JOIN calendar_auth_tokens a ON a.id = c.auth_token_id AND a.status = 'active'
WHERE c.ws_id = :ws_id::uuid AND (
    EXISTS (SELECT 1 FROM workspace_members m WHERE m.ws_id = c.ws_id AND m.target_connection_id = c.id)
    OR EXISTS (SELECT 1 FROM calendar_event_links l WHERE l.ws_id = c.ws_id AND l.provider = c.provider
        AND l.calendar_id = c.calendar_id AND l.account = a.account_email AND l.kind <> 'edit')
    OR EXISTS (SELECT 1 FROM outbound_calendars o WHERE o.ws_id = c.ws_id AND o.calendar_id = c.calendar_id))
ORDER BY c.provider, c.calendar_id, array_position(ARRAY['owner', 'writer'], c.access_role) NULLS LAST, a.created_at;

-- name: known_link
-- The one that is gone on with, if there is any beside those that have ended.
SELECT id, base_etag FROM calendar_event_links
WHERE ws_id = :ws_id::uuid AND provider = :provider AND calendar_id = :calendar_id AND external_event_id = :external_event_id
ORDER BY state IN ('gone', 'detached'), updated_at DESC LIMIT 1;

-- name: doubt_link
UPDATE calendar_event_links SET doubt = coalesce(doubt, 'unsure'), next_attempt_at = NULL, updated_at = now(),
    stopped = CASE WHEN stopped = 'detached' THEN stopped END
WHERE id = :id::uuid AND ws_id = :ws_id::uuid;

-- name: generation_of
-- Which generation of an event an id is of; none: the id is not ours, so the event is somebody's copy.
SELECT g FROM installation i, generate_series(1, 64) g
WHERE almanac_remote_id(i.name, :ws_id::uuid, :event_id::uuid, g) = :external_event_id
LIMIT 1;

-- name: row_exists
SELECT 1 FROM workspace_calendar_events WHERE ws_id = :ws_id::uuid AND id = :event_id::uuid;

-- name: adopt
-- An event of ours that nobody here remembers: of a row that is there, what stands at the provider is read before
-- anything is decided; without one it is to be deleted.
WITH former AS (
    UPDATE calendar_event_links SET current = false, stopped = coalesce(stopped, 'detached'), reason = 'replaced'
    WHERE ws_id = :ws_id::uuid AND event_id = :event_id::uuid AND current AND base IS NULL
    RETURNING desired
)
INSERT INTO calendar_event_links (ws_id, event_id, current, kind, provider, account, calendar_id, external_event_id, generation,
    desired, base, ours, base_etag, doubt)
SELECT :ws_id::uuid, :event_id::uuid, true, CASE WHEN almanac_is_block(:event_id::uuid) THEN 'block' ELSE 'event' END, :provider,
    :account, :calendar_id, :external_event_id, :generation::integer, f.fields, coalesce(f.fields, :base::jsonb),
    coalesce(f.fields, :base::jsonb), :etag, CASE WHEN f.fields IS NULL THEN NULL ELSE 'unsure' END
FROM (SELECT (
    SELECT almanac_event_fields(e, w.timezone) FROM workspace_calendar_events e JOIN workspaces w ON w.id = e.ws_id
    WHERE e.ws_id = :ws_id::uuid AND e.id = :event_id::uuid
) AS fields) f
WHERE (SELECT count(*) FROM former) >= 0
    AND NOT EXISTS (SELECT 1 FROM calendar_event_links l WHERE l.event_id = :event_id::uuid AND l.current AND l.base IS NOT NULL)
RETURNING id;

-- name: restore_task_block
WITH e AS (
    INSERT INTO workspace_calendar_events (id, ws_id, provider, title, start_at, end_at, time_zone, task_id, locked)
    SELECT :event_id::uuid, :ws_id::uuid, 'almanac', :title, :start_at::timestamptz, :end_at::timestamptz, :time_zone, t.id, true
    FROM tasks t WHERE t.id = :item::uuid AND t.ws_id = :ws_id::uuid
    ON CONFLICT DO NOTHING
    RETURNING id, ws_id, task_id, start_at, end_at
)
INSERT INTO task_calendar_events (event_id, ws_id, task_id, scheduled_minutes)
SELECT id, ws_id, task_id, least(greatest(ceil(extract(epoch FROM end_at - start_at) / 60)::integer, 1), 44640) FROM e
RETURNING event_id;

-- name: leave_links
-- An account goes and its events stay where they are: they are their owner's from now on. Not those of somebody else who has
-- connected the same account, and has a target in it.
UPDATE calendar_event_links l
SET stopped = 'detached', reason = 'left', sent_op = NULL, doubt = NULL, current = false, updated_at = now()
FROM calendar_auth_tokens a
WHERE a.id = :account_id::uuid AND a.ws_id = :ws_id::uuid AND l.ws_id = a.ws_id AND l.provider = a.provider
    AND l.account = a.account_email AND l.state <> 'detached'
    AND NOT EXISTS (
        SELECT 1 FROM workspace_calendar_events e
        JOIN workspace_members m ON m.ws_id = e.ws_id AND m.user_id = almanac_event_owner(e)
        JOIN calendar_connections c ON c.id = m.target_connection_id AND c.ws_id = m.ws_id
        JOIN calendar_auth_tokens o ON o.id = c.auth_token_id AND o.status <> 'disconnected'
        WHERE e.id = l.event_id AND e.ws_id = l.ws_id AND l.current AND l.kind <> 'edit' AND o.id <> a.id
            AND o.provider = a.provider AND o.account_email = a.account_email
    );

-- name: read_anew
-- What stays there is an event like any other from now on, and no delta tells of what has not changed.
INSERT INTO calendar_views AS v (ws_id, provider, calendar_id, reread_at)
SELECT l.ws_id, l.provider, l.calendar_id, clock_timestamp()
FROM calendar_event_links l JOIN calendar_auth_tokens a
    ON a.ws_id = l.ws_id AND a.provider = l.provider AND a.account_email = l.account
WHERE a.id = :account_id::uuid AND a.ws_id = :ws_id::uuid AND l.stopped = 'detached' AND l.reason = 'left'
GROUP BY l.ws_id, l.provider, l.calendar_id
ON CONFLICT (ws_id, provider, calendar_id) DO UPDATE
SET connection_id = NULL, access_role = NULL, reread_at = excluded.reread_at;

-- name: clear_targets
UPDATE workspace_members m SET target_connection_id = NULL, updated_at = now()
FROM calendar_connections c
WHERE c.auth_token_id = :account_id::uuid AND c.ws_id = :ws_id::uuid AND m.ws_id = c.ws_id AND m.target_connection_id = c.id;

-- name: stop_edits
UPDATE calendar_connections SET sync_outbound_enabled = false, updated_at = now()
WHERE auth_token_id = :account_id::uuid AND ws_id = :ws_id::uuid AND sync_outbound_enabled;

-- name: set_leaving
UPDATE calendar_auth_tokens SET leaving_since = coalesce(leaving_since, now()), updated_at = now()
WHERE id = :account_id::uuid AND ws_id = :ws_id::uuid;

-- name: left_behind
-- How much of ours an account still has to take back.
SELECT count(*) FROM calendar_event_links l JOIN calendar_auth_tokens a
    ON a.ws_id = l.ws_id AND a.provider = l.provider AND a.account_email = l.account
WHERE a.id = :account_id::uuid AND a.ws_id = :ws_id::uuid AND l.state IN ('dirty', 'sent', 'wanted');

-- name: leaving_accounts
SELECT a.id, a.provider, a.account_email, a.access_token, a.refresh_token, a.expires_at, a.status, a.version
FROM calendar_auth_tokens a
WHERE a.ws_id = :ws_id::uuid AND a.leaving_since IS NOT NULL AND a.status <> 'disconnected'
    AND NOT EXISTS (
        SELECT 1 FROM calendar_event_links l
        WHERE l.ws_id = a.ws_id AND l.provider = a.provider AND l.account = a.account_email AND l.state IN ('dirty', 'sent', 'wanted')
    );

-- name: gone
UPDATE calendar_auth_tokens SET status = 'disconnected', access_token = NULL, refresh_token = :nothing, version = version + 1,
    leaving_since = NULL, updated_at = now()
WHERE id = :account_id::uuid AND ws_id = :ws_id::uuid;

-- name: is_connected_elsewhere
-- By somebody else, or in another workspace: a grant is the account's, however often it is connected.
SELECT EXISTS (
    SELECT 1 FROM calendar_auth_tokens o
    WHERE o.provider = :provider AND o.account_email = :email AND o.id <> :account_id::uuid AND o.status = 'active'
);

-- name: account_of
SELECT a.id, a.provider, a.account_email, a.access_token, a.refresh_token, a.expires_at, a.status, a.version
FROM calendar_auth_tokens a WHERE a.id = :account_id::uuid AND a.ws_id = :ws_id::uuid;

-- name: renew_installation
UPDATE installation SET name = gen_random_uuid()::text RETURNING name;

-- name: forget_all_links
-- Of every workspace, for it is a copy of another installation's: nothing of what is there is ours any more.
WITH targets AS (
    UPDATE workspace_members SET target_connection_id = NULL WHERE target_connection_id IS NOT NULL
), edits AS (
    UPDATE calendar_connections SET sync_outbound_enabled = false, outbound_held = NULL, outbound_held_until = NULL
    WHERE sync_outbound_enabled OR outbound_held IS NOT NULL
)
UPDATE calendar_event_links SET stopped = 'detached', reason = 'other_installation', sent_op = NULL, doubt = NULL, current = false
WHERE stopped IS DISTINCT FROM 'detached';
