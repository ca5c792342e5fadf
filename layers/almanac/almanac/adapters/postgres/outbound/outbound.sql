-- Statements of writing out. Rows are always scoped by workspace; a statement that writes under a lease checks its fence.

-- name: divert
-- Which items of a listing are linked: they become no rows. One that has another version than was agreed on, or is gone,
-- is in doubt from then on, before the page with its progress is written; a version that a person has made after a
-- conflict opens it again. So is one that has become a series: only its instances are listed; and one that nobody wants any
-- more, whose insert had no answer and has come after all. An overtaken run notes nothing, and its page is refused; nobody
-- overtakes it in the middle of this. The row of an edit that waits was there all the same, as far as a full pass is concerned.
-- The end of a series, if it is told by that alone, is the end of its occurrences; not where an earlier page of the delta has
-- told any (see apply_page). An occurrence that a whole listing lacks may
-- yet be told by one of changes, although its series has lost it. What was let be because it had passed, and nobody has changed
-- since, is still what its row says.
WITH held AS (
    SELECT 1 FROM workspace_sync_leases WHERE ws_id = :ws_id::uuid AND owner = :run_id::uuid AND fence = :fence::bigint
    FOR UPDATE
), listed AS (
    SELECT * FROM unnest(:ids::text[], :etags::text[]) AS p (id, etag)
    UNION ALL
    SELECT t.id, NULL FROM unnest(:tombstones::text[]) AS t (id)
    UNION ALL
    SELECT e.external_event_id, NULL FROM calendar_event_links l
        JOIN workspace_calendar_events e ON e.id = l.event_id AND e.ws_id = l.ws_id
    WHERE cardinality(:tombstones::text[]) > 0 AND l.ws_id = :ws_id::uuid AND l.provider = :provider
        AND l.calendar_id = :calendar_id AND l.kind = 'edit' AND e.recurring_event_id = ANY (:tombstones::text[])
        AND e.external_event_id <> ALL (:ids::text[] || :tombstones::text[])
        AND NOT EXISTS (
            SELECT 1 FROM calendar_sync_seen m
            WHERE m.connection_id = :connection_id::uuid AND m.external_event_id = e.recurring_event_id
        )
), linked AS (
    SELECT l.id AS link_id, p.id, p.etag, l.state, l.base_etag, l.kind
    FROM listed p JOIN calendar_event_links l
        ON EXISTS (SELECT 1 FROM held) AND l.ws_id = :ws_id::uuid AND l.provider = :provider AND l.calendar_id = :calendar_id AND l.external_event_id = p.id
    WHERE (l.state NOT IN ('gone', 'detached') OR (l.state = 'gone' AND l.sent_rev IS NOT NULL) OR (
            l.state = 'detached' AND l.reason IS NULL AND p.etag = l.base_etag
            AND coalesce(l.base #>> '{when,end}', l.base #>> '{when,after}') < to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
            AND EXISTS (SELECT 1 FROM workspace_calendar_events e WHERE e.id = l.event_id AND e.ws_id = l.ws_id)
        ))
        AND (l.kind <> 'edit' OR l.state <> 'agreed' OR l.conflict IS NOT NULL)
), doubted AS (
    UPDATE calendar_event_links l
    SET doubt = CASE
            WHEN k.etag IS NULL THEN 'deleted'
            WHEN l.doubt = 'missing' AND EXISTS (SELECT 1 FROM workspace_calendar_events e WHERE e.id = l.event_id
                AND e.ws_id = l.ws_id AND e.recurring_event_id IS NOT NULL) THEN 'missing'
            ELSE 'changed' END, seen_at = now(), updated_at = now(),
        stopped = CASE WHEN l.reason = 'empty_range' THEN l.stopped END, next_attempt_at = NULL
    FROM linked k
    WHERE l.id = k.link_id AND l.ws_id = :ws_id::uuid AND (k.etag IS DISTINCT FROM l.base_etag OR k.state = 'gone')
        AND (l.doubt IS NULL OR l.doubt <> 'deleted')
), series AS (
    UPDATE calendar_event_links l SET doubt = 'changed', updated_at = now(), next_attempt_at = NULL
    WHERE EXISTS (SELECT 1 FROM held) AND l.ws_id = :ws_id::uuid AND l.provider = :provider AND l.calendar_id = :calendar_id
        AND l.external_event_id = ANY (:series::text[]) AND l.doubt IS NULL
        AND l.state NOT IN ('gone', 'detached') AND NOT EXISTS (SELECT 1 FROM linked k WHERE k.link_id = l.id)
), seen AS (
    UPDATE calendar_event_links l SET seen_at = now()
    FROM linked k
    WHERE :full_pass::boolean AND l.id = k.link_id AND l.ws_id = :ws_id::uuid AND k.etag IS NOT DISTINCT FROM l.base_etag
), noted AS (
    INSERT INTO calendar_sync_seen (connection_id, external_event_id)
    SELECT :connection_id::uuid, k.id FROM linked k WHERE :full_pass::boolean AND k.kind = 'edit' AND k.etag IS NOT NULL
    ON CONFLICT DO NOTHING
)
SELECT id FROM linked;

-- name: linked_events
SELECT l.external_event_id FROM calendar_event_links l
WHERE l.ws_id = :ws_id::uuid AND l.provider = :provider AND l.calendar_id = :calendar_id
    AND l.external_event_id = ANY (:event_ids::text[])
    AND (l.state NOT IN ('gone', 'detached') OR (l.state = 'gone' AND l.sent_rev IS NOT NULL));

-- name: doubt_missing
-- After a full listing: what it should have held and did not is read by name, before anybody calls it deleted. Until then
-- the rows of edits that wait stay. Of a link that was made meanwhile nobody knows whether the listing has had it.
WITH held AS (
    SELECT 1 FROM workspace_sync_leases WHERE ws_id = :ws_id::uuid AND owner = :run_id::uuid AND fence = :fence::bigint
    FOR UPDATE
), kept AS (
    INSERT INTO calendar_sync_seen (connection_id, external_event_id)
    SELECT :connection_id::uuid, l.external_event_id FROM held, calendar_event_links l
    WHERE l.ws_id = :ws_id::uuid AND l.provider = :provider AND l.calendar_id = :calendar_id AND l.kind = 'edit'
        AND l.state NOT IN ('gone', 'detached')
    ON CONFLICT DO NOTHING
)
UPDATE calendar_event_links l SET doubt = 'missing', updated_at = now()
FROM held
WHERE l.ws_id = :ws_id::uuid AND l.provider = :provider AND l.calendar_id = :calendar_id AND l.base IS NOT NULL
    AND l.created_at < :since::timestamptz
    AND l.doubt IS NULL AND l.state IN ('agreed', 'dirty', 'sent', 'conflict') AND (l.seen_at IS NULL OR l.seen_at < :since::timestamptz)
    AND coalesce(l.base #>> '{when,end}', l.base #>> '{when,after}') > :window_start
    AND coalesce(l.base #>> '{when,start}', l.base #>> '{when,first}') < :window_end;

-- name: installation
SELECT i.name, coalesce(w.timezone, 'UTC'),
    EXISTS (SELECT 1 FROM calendar_event_links l WHERE l.ws_id = w.id)
        OR EXISTS (SELECT 1 FROM calendar_connections c WHERE c.ws_id = w.id AND c.outbound_held IS NOT NULL),
    EXISTS (SELECT 1 FROM calendar_auth_tokens a WHERE a.ws_id = w.id AND a.leaving_since IS NOT NULL)
FROM installation i, workspaces w WHERE w.id = :ws_id::uuid;

-- name: name_installation
-- Not once something was written under another name: this may be a copy of that installation's database.
UPDATE installation SET name = :name
WHERE NOT EXISTS (
    SELECT 1 FROM calendar_event_links
    WHERE (base IS NOT NULL OR sent_op IS NOT NULL) AND stopped IS DISTINCT FROM 'detached'
)
RETURNING name;

-- name: hold_for_other_installation
-- Where something was written, or shall be: who looks at it is told why nothing is.
WITH held AS (
    UPDATE workspace_sync_leases
    SET expires_at = clock_timestamp() + :seconds::float8 * interval '1 second'
    WHERE ws_id = :ws_id::uuid AND owner = :run_id::uuid AND fence = :fence::bigint
    RETURNING ws_id
)
UPDATE calendar_connections c SET outbound_held = 'other_installation', outbound_held_until = NULL, updated_at = now()
FROM held, calendar_auth_tokens a
WHERE c.ws_id = held.ws_id AND a.id = c.auth_token_id AND c.outbound_held IS DISTINCT FROM 'other_installation'
    AND (c.sync_outbound_enabled OR EXISTS (SELECT 1 FROM workspace_members m WHERE m.target_connection_id = c.id)
        OR EXISTS (SELECT 1 FROM calendar_event_links l WHERE l.ws_id = c.ws_id AND l.provider = c.provider
            AND l.calendar_id = c.calendar_id AND l.account = a.account_email AND l.state <> 'detached'));

-- name: places
-- Calendars with something to write or to find out about. Counts are of links that live there: all of them, those that a
-- listing says are gone, those that we would delete although they are still ahead, those that are gone here and made
-- elsewhere. What goes to another target is not deleted, and comes first: it is looked at before it is made there.
SELECT c.id, c.calendar_id, c.access_role, coalesce(c.time_zone, :zone), a.scopes,
    EXISTS (SELECT 1 FROM workspace_members m WHERE m.ws_id = c.ws_id AND m.target_connection_id = c.id),
    EXISTS (SELECT 1 FROM workspace_members m WHERE m.ws_id = c.ws_id AND m.target_connection_id = c.id
        AND m.target_reviewed_at IS NOT NULL),
    c.sync_outbound_enabled,
    EXISTS (SELECT 1 FROM outbound_calendars o WHERE o.ws_id = c.ws_id AND o.calendar_id = c.calendar_id),
    c.outbound_held, c.outbound_held_until,
    CASE WHEN a.leaving_since IS NULL THEN c.outbound_consent_until ELSE now() + interval '1 hour' END, k.live, k.gone, k.deletes, k.due, c.outbound_slowed, k.moving,
    k.gone_after_all, a.id, a.provider, a.account_email, a.access_token, a.refresh_token, a.expires_at, a.status, a.version
FROM (
    SELECT l.provider, l.calendar_id, l.account,
        count(*) FILTER (WHERE l.base IS NOT NULL AND l.state <> 'detached') AS live,
        count(*) FILTER (WHERE l.doubt IN ('deleted', 'missing') AND l.state <> 'detached'
            AND (l.desired IS NOT NULL OR (n.id IS NOT NULL AND n.base IS NULL))) AS gone,
        count(*) FILTER (WHERE l.desired IS NULL AND n.id IS NULL AND l.base IS NOT NULL AND l.state <> 'detached' AND (l.kind = 'edit'
            OR coalesce(l.base #>> '{when,end}', l.base #>> '{when,after}') > :now)) AS deletes,
        count(*) FILTER (WHERE l.state IN ('wanted', 'dirty', 'sent')) AS due,
        count(*) FILTER (WHERE l.state IN ('dirty', 'sent') AND l.sent_op IS NULL AND l.desired IS NULL
            AND n.id IS NOT NULL AND n.base IS NULL AND n.stopped IS NULL) AS moving,
        count(*) FILTER (WHERE l.doubt IN ('deleted', 'missing') AND l.state <> 'detached' AND l.desired IS NULL
            AND n.made_at IS NOT NULL AND n.base IS NOT NULL) AS gone_after_all
    FROM calendar_event_links l LEFT JOIN LATERAL almanac_successor(l) n ON true
    WHERE l.ws_id = :ws_id::uuid
    GROUP BY l.provider, l.calendar_id, l.account
) k
JOIN calendar_auth_tokens a ON a.ws_id = :ws_id::uuid AND a.provider = k.provider AND a.account_email = k.account
JOIN calendar_connections c ON c.ws_id = a.ws_id AND c.auth_token_id = a.id AND c.calendar_id = k.calendar_id
WHERE k.due > 0 OR c.outbound_held IS NOT NULL
ORDER BY k.moving > 0 DESC, c.calendar_id, a.account_email;

-- name: doubt_replaced
-- What goes to another target is read where it still is, by the run that makes it there: a person may have deleted or changed
-- it. So many a run, the soonest first, that it comes to the making; `fence` says which run.
WITH held AS (
    UPDATE workspace_sync_leases
    SET expires_at = clock_timestamp() + :seconds::float8 * interval '1 second'
    WHERE ws_id = :ws_id::uuid AND owner = :run_id::uuid AND fence = :fence::bigint
    RETURNING ws_id
), moving AS (
    SELECT l.id
    FROM held
    JOIN calendar_event_links l ON l.ws_id = held.ws_id AND NOT l.current AND l.desired IS NULL
        AND l.state IN ('dirty', 'sent') AND l.sent_op IS NULL
    JOIN LATERAL almanac_successor(l) n ON n.base IS NULL AND n.stopped IS NULL
        AND (n.next_attempt_at IS NULL OR n.next_attempt_at <= clock_timestamp())
    JOIN calendar_auth_tokens a ON a.ws_id = n.ws_id AND a.provider = n.provider AND a.account_email = n.account AND a.status = 'active'
    JOIN calendar_connections c ON c.ws_id = a.ws_id AND c.auth_token_id = a.id AND c.calendar_id = n.calendar_id
        AND CASE WHEN c.outbound_held IS NULL THEN true
            WHEN c.outbound_held_until IS NOT NULL THEN c.outbound_held_until <= clock_timestamp()
            ELSE c.outbound_held NOT IN ('mass_change', 'dry_run_first', 'other_installation') OR c.outbound_consent_until > now() END
    ORDER BY coalesce(n.desired #>> '{when,start}', n.desired #>> '{when,first}'), l.id
    LIMIT :limit::integer
), doubted AS (
    UPDATE calendar_event_links l SET doubt = coalesce(l.doubt, 'unsure'), fence = :fence::bigint, updated_at = now()
    WHERE l.id IN (SELECT id FROM moving) AND l.ws_id = :ws_id::uuid
    RETURNING l.id
)
SELECT (SELECT count(*) FROM held), (SELECT count(*) FROM doubted);

-- name: due_links
-- What has been sent comes first: it must be known before anything else is decided. What takes another's place goes
-- before what it takes the place of, and after a look of this run at that, unless nobody may look there for long. What is
-- refused for good takes nobody's place, unless the account of that one goes. What has been over for a day, by any clock and
-- zone, waits for nothing any more: it is let be.
SELECT l.id, l.event_id, l.kind, n.desired, almanac_is_there(n), CASE WHEN almanac_is_there(n) THEN n.made_at END, l.calendar_id, l.external_event_id, l.generation, l.state, l.desired, l.desired_rev,
    l.base, l.ours, l.base_etag, l.base_rev, l.theirs, l.sent_op, l.sent_rev, l.sent_bodies, l.doubt, l.attempts, l.refusals,
    l.reason IS NOT DISTINCT FROM 'use_mine', l.error_type IS NOT DISTINCT FROM 'event_gone',
    CASE WHEN b.task_id IS NOT NULL THEN concat_ws(':', 'task', b.task_id)
        WHEN h.habit_id IS NOT NULL THEN concat_ws(':', 'habit', h.habit_id, h.occurrence_date) END,
    l.kind = 'edit' AND NOT EXISTS (
        SELECT 1 FROM calendar_connections c WHERE c.ws_id = l.ws_id AND c.provider = l.provider AND c.calendar_id = l.calendar_id
            AND c.sync_outbound_enabled),
    CASE WHEN l.doubt = 'deleted' THEN l.seen_at END
FROM calendar_event_links l
LEFT JOIN task_calendar_events b ON b.event_id = l.event_id AND b.ws_id = l.ws_id
LEFT JOIN habit_calendar_events h ON h.event_id = l.event_id AND h.ws_id = l.ws_id
LEFT JOIN LATERAL almanac_successor(l) n ON true
WHERE l.ws_id = :ws_id::uuid AND l.provider = :provider AND l.calendar_id = :calendar_id AND l.account = :account
    AND (l.state = 'sent' OR (l.state IN ('wanted', 'dirty') AND l.kind = ANY (:kinds::text[]))) AND (l.next_attempt_at IS NULL OR l.next_attempt_at <= clock_timestamp())
    AND (l.state = 'sent' OR n.id IS NULL OR almanac_is_there(n) OR (n.stopped IS NOT NULL AND EXISTS (
        SELECT 1 FROM calendar_auth_tokens a
        WHERE a.ws_id = l.ws_id AND a.provider = l.provider AND a.account_email = l.account AND a.leaving_since IS NOT NULL
    )) OR coalesce(l.base #>> '{when,end}', l.base #>> '{when,after}')
        < to_char((now() - interval '1 day') AT TIME ZONE 'UTC', 'YYYY-MM-DD'))
    AND (l.state <> 'wanted' OR NOT EXISTS (
        SELECT 1 FROM calendar_event_links f
        JOIN calendar_auth_tokens a ON a.ws_id = f.ws_id AND a.provider = f.provider AND a.account_email = f.account AND a.status = 'active'
        JOIN calendar_connections c ON c.ws_id = a.ws_id AND c.auth_token_id = a.id AND c.calendar_id = f.calendar_id
            AND coalesce(c.outbound_held, 'rate_limit') IN ('rate_limit', 'quota')
        WHERE f.event_id = l.event_id AND f.ws_id = l.ws_id AND NOT f.current AND f.kind <> 'edit' AND f.desired IS NULL
            AND (f.state = 'sent' OR (f.state = 'dirty' AND f.fence IS DISTINCT FROM :fence::bigint))
    ))
ORDER BY l.state <> 'sent', l.updated_at, l.id
LIMIT :limit::integer;

-- name: intend
-- The intent, before the call: who comes after a crash reads first. With it the account's pace and what it may create and
-- delete in a day; seconds to wait until the call, none when the day's budget is used up.
WITH held AS (
    UPDATE workspace_sync_leases
    SET expires_at = clock_timestamp() + :seconds::float8 * interval '1 second'
    WHERE ws_id = :ws_id::uuid AND owner = :run_id::uuid AND fence = :fence::bigint
    RETURNING ws_id
), pace AS (
    INSERT INTO outbound_budget AS b (account, day, created, deleted, next_write_at)
    SELECT :account, (clock_timestamp() AT TIME ZONE 'UTC')::date, (:operation = 'insert')::integer, (:operation = 'delete')::integer,
        clock_timestamp() + :interval::float8 * interval '1 second'
    FROM held
    ON CONFLICT (account, day) DO UPDATE SET
        created = b.created + excluded.created, deleted = b.deleted + excluded.deleted,
        next_write_at = greatest(b.next_write_at, clock_timestamp()) + :interval::float8 * interval '1 second'
    WHERE :operation = 'patch' OR b.created + b.deleted < :most::integer
    RETURNING extract(epoch FROM b.next_write_at - clock_timestamp())::float8 - :interval::float8 AS wait
), link AS (
    UPDATE calendar_event_links l
    SET sent_op = :operation, sent_rev = l.desired_rev, sent_at = clock_timestamp(), fence = :fence::bigint,
        attempts = l.attempts + 1, updated_at = clock_timestamp(),
        sent_bodies = CASE :operation WHEN 'delete' THEN l.sent_bodies
            ELSE l.sent_bodies || jsonb_build_object(l.desired_rev::text, :body::jsonb) END
    FROM pace
    WHERE l.id = :id::uuid AND l.ws_id = :ws_id::uuid AND l.desired_rev = :revision::bigint
        AND l.base_etag IS NOT DISTINCT FROM :etag AND l.state IN ('wanted', 'dirty')
    RETURNING l.id
)
SELECT (SELECT count(*) FROM held), (SELECT greatest(wait, 0) FROM pace), (SELECT count(*) FROM link);

-- name: answered
-- The provider's answer is what is agreed on from now on.
WITH held AS (
    UPDATE workspace_sync_leases
    SET expires_at = clock_timestamp() + :seconds::float8 * interval '1 second'
    WHERE ws_id = :ws_id::uuid AND owner = :run_id::uuid AND fence = :fence::bigint
    RETURNING ws_id
), link AS (
    UPDATE calendar_event_links l
    SET base = :base::jsonb, ours = :body::jsonb, base_etag = :etag, base_rev = l.sent_rev, sent_op = NULL, sent_at = NULL,
        sent_bodies = jsonb_build_object(l.sent_rev::text, :body::jsonb), sent_rev = NULL, doubt = NULL, attempts = 0, refusals = 0,
        next_attempt_at = NULL, error_type = NULL, reason = CASE WHEN l.conflict IS NULL THEN NULL ELSE l.reason END,
        made_at = CASE WHEN l.base IS NULL THEN :updated::timestamptz ELSE l.made_at END, updated_at = clock_timestamp()
    FROM held
    WHERE l.id = :id::uuid AND l.ws_id = :ws_id::uuid AND l.fence = :fence::bigint
    RETURNING l.id
)
SELECT (SELECT count(*) FROM held);

-- name: answered_delete
-- Gone; what is wanted again meanwhile gets another id, for this one is dead.
WITH held AS (
    UPDATE workspace_sync_leases
    SET expires_at = clock_timestamp() + :seconds::float8 * interval '1 second'
    WHERE ws_id = :ws_id::uuid AND owner = :run_id::uuid AND fence = :fence::bigint
    RETURNING ws_id
), link AS (
    UPDATE calendar_event_links l
    SET base = NULL, ours = NULL, base_etag = NULL, base_rev = 0, sent_op = NULL, sent_rev = NULL, sent_at = NULL,
        sent_bodies = '{}', doubt = NULL, attempts = 0, refusals = 0, next_attempt_at = NULL, error_type = NULL,
        desired = almanac_fields_named(l.ours, l.theirs) || l.desired,
        generation = CASE WHEN l.desired IS NULL THEN l.generation ELSE almanac_next_generation(l.event_id) END,
        external_event_id = CASE WHEN l.desired IS NULL OR l.kind = 'edit' THEN l.external_event_id
            ELSE almanac_remote_id(i.name, l.ws_id, l.event_id, almanac_next_generation(l.event_id)) END,
        updated_at = clock_timestamp()
    FROM held, installation i
    WHERE l.id = :id::uuid AND l.ws_id = :ws_id::uuid
    RETURNING l.id
)
SELECT (SELECT count(*) FROM held);

-- name: take_answer_into_row
-- So that the echo of an edit is known by its etag; unless the row has been changed again since.
UPDATE workspace_calendar_events e
SET etag = :etag, external_updated_at = coalesce(:updated::timestamptz, e.external_updated_at), updated_at = now()
FROM calendar_event_links l
WHERE l.id = :id::uuid AND l.ws_id = :ws_id::uuid AND e.id = l.event_id AND e.ws_id = l.ws_id;

-- name: forget_settled_edit
-- A conflict is for somebody to decide; with edits switched off it is given up with all that waited.
DELETE FROM calendar_event_links l
WHERE l.id = :id::uuid AND l.ws_id = :ws_id::uuid AND l.kind = 'edit' AND l.state IN ('agreed', 'gone')
    AND (l.conflict IS NULL OR NOT EXISTS (
        SELECT 1 FROM calendar_connections c
        WHERE c.ws_id = l.ws_id AND c.provider = l.provider AND c.calendar_id = l.calendar_id AND c.sync_outbound_enabled));

-- name: postpone
UPDATE calendar_event_links
SET next_attempt_at = clock_timestamp() + :wait::float8 * interval '1 second', error_type = :error_type, updated_at = now()
WHERE id = :id::uuid AND ws_id = :ws_id::uuid;

-- name: refuse
-- Not taken: read it, then decide again. Of other versions so many in a row mean that a person goes on typing.
UPDATE calendar_event_links
SET doubt = 'changed', sent_op = CASE WHEN :landed::boolean THEN sent_op END, attempts = 0,
    refusals = refusals + CASE WHEN :stale::boolean THEN 1 ELSE 0 END, updated_at = now()
WHERE id = :id::uuid AND ws_id = :ws_id::uuid;

-- name: doubt_deleted
UPDATE calendar_event_links SET doubt = 'deleted', updated_at = now() WHERE id = :id::uuid AND ws_id = :ws_id::uuid;

-- name: stop
UPDATE calendar_event_links
SET stopped = :stopped, reason = :reason, error_type = :error_type, sent_op = NULL, sent_at = NULL, doubt = NULL,
    conflict = coalesce(:conflict::jsonb, conflict), refusals = 0, attempts = 0, updated_at = now()
WHERE id = :id::uuid AND ws_id = :ws_id::uuid;

-- name: hold_event
-- Whoever changes it meanwhile comes after what becomes of its link, or has been seen by then. Links are locked after events and
-- the history, by everybody.
SELECT 1 FROM workspace_calendar_events e WHERE e.id = :event_id::uuid AND e.ws_id = :ws_id::uuid FOR NO KEY UPDATE;

-- name: is_as_it_was
-- Whether what is wanted of a link is what it was when it was looked at, here or at the target that it goes to.
SELECT 1 FROM calendar_event_links l
WHERE l.id = :id::uuid AND l.ws_id = :ws_id::uuid AND l.desired_rev = :revision::bigint
    AND (:successor::jsonb IS NULL OR EXISTS (SELECT 1 FROM almanac_successor(l) n WHERE n.desired = :successor::jsonb));

-- name: agree
-- One version again. What was taken stands in the row by now, and is so agreed on as the row has it. What is theirs and was
-- taken elsewhere is still to be written here.
UPDATE calendar_event_links l
SET base = :base::jsonb, base_etag = :etag, base_rev = :revision::bigint,
    made_at = CASE WHEN l.base IS NULL THEN :made_at::timestamptz ELSE l.made_at END,
    ours = :ours::jsonb || coalesce((
        SELECT jsonb_object_agg(f.key, f.value)
        FROM workspace_calendar_events e, workspaces w, jsonb_each(almanac_event_fields(e, w.timezone)) f
        WHERE e.id = l.event_id AND e.ws_id = l.ws_id AND w.id = l.ws_id AND f.key = ANY (:taken::text[])
    ), '{}'),
    theirs = :theirs::text[], sent_op = NULL, sent_rev = NULL, sent_at = NULL, doubt = NULL, attempts = 0, next_attempt_at = NULL,
    desired = CASE WHEN l.desired IS NULL THEN NULL ELSE l.desired || coalesce((
        SELECT jsonb_object_agg(f.key, f.value)
        FROM workspace_calendar_events e, workspaces w, jsonb_each(almanac_event_fields(e, w.timezone)) f
        WHERE e.id = l.event_id AND e.ws_id = l.ws_id AND w.id = l.ws_id AND f.key = ANY (:taken::text[])
    ), '{}') END - ARRAY (SELECT unnest(:theirs::text[]) INTERSECT SELECT unnest(:taken::text[])),
    sent_bodies = coalesce((
        SELECT jsonb_object_agg(b.key, b.value) FROM jsonb_each(l.sent_bodies) b WHERE b.key::bigint >= :revision::bigint
    ), '{}'),
    conflict = CASE WHEN :conflict::jsonb IS NULL THEN l.conflict ELSE coalesce(l.conflict, '{}') || :conflict::jsonb END,
    error_type = NULL, updated_at = now()
WHERE l.id = :id::uuid AND l.ws_id = :ws_id::uuid;

-- name: hand_over
-- What a person did to an event that goes to another target, for the link that has taken its place there. A value that they
-- took over is written there once.
UPDATE calendar_event_links n
SET theirs = ARRAY (SELECT unnest(n.theirs) UNION SELECT unnest(:theirs::text[]) ORDER BY 1),
    desired = n.desired || almanac_fields_named(almanac_event_fields(e, w.timezone), :taken::text[]), desired_rev = n.desired_rev + 1,
    conflict = CASE WHEN :conflict::jsonb IS NULL THEN n.conflict ELSE coalesce(n.conflict, '{}') || :conflict::jsonb END,
    stopped = NULL, attempts = 0, refusals = 0, next_attempt_at = NULL, error_type = NULL, updated_at = now()
FROM calendar_event_links l
JOIN workspace_calendar_events e ON e.id = l.event_id AND e.ws_id = l.ws_id
JOIN workspaces w ON w.id = l.ws_id
CROSS JOIN LATERAL almanac_successor(l) s
WHERE l.id = :id::uuid AND l.ws_id = :ws_id::uuid AND n.id = s.id;

-- name: take
-- A person's values into the row; whose time was taken is pinned.
UPDATE workspace_calendar_events e
SET title = CASE WHEN 'title' = ANY (:taken::text[]) THEN :title ELSE e.title END,
    description = CASE WHEN 'description' = ANY (:taken::text[]) THEN :description ELSE e.description END,
    location = CASE WHEN 'location' = ANY (:taken::text[]) THEN :location ELSE e.location END,
    transparency = CASE WHEN 'transparency' = ANY (:taken::text[]) THEN :transparency ELSE e.transparency END,
    visibility = CASE WHEN 'visibility' = ANY (:taken::text[]) THEN :visibility ELSE e.visibility END,
    start_at = CASE WHEN 'when' = ANY (:taken::text[]) THEN :start_at::timestamptz ELSE e.start_at END,
    end_at = CASE WHEN 'when' = ANY (:taken::text[]) THEN :end_at::timestamptz ELSE e.end_at END,
    all_day = CASE WHEN 'when' = ANY (:taken::text[]) THEN :all_day::boolean ELSE e.all_day END,
    start_date = CASE WHEN 'when' = ANY (:taken::text[]) THEN :start_date::date ELSE e.start_date END,
    end_date = CASE WHEN 'when' = ANY (:taken::text[]) THEN :end_date::date ELSE e.end_date END,
    time_zone = CASE WHEN 'when' = ANY (:taken::text[]) THEN :time_zone ELSE e.time_zone END,
    locked = e.locked OR (:pin::boolean AND almanac_is_block(e.id)),
    etag = CASE WHEN e.provider = 'almanac' THEN e.etag ELSE :etag END, updated_at = now()
FROM calendar_event_links l
WHERE l.id = :id::uuid AND l.ws_id = :ws_id::uuid AND e.id = l.event_id AND e.ws_id = l.ws_id;

-- name: resize_task_block
UPDATE task_calendar_events b
SET scheduled_minutes = least(greatest(ceil(extract(epoch FROM e.end_at - e.start_at) / 60)::integer, 1), 44640), updated_at = now()
FROM calendar_event_links l JOIN workspace_calendar_events e ON e.id = l.event_id AND e.ws_id = l.ws_id
WHERE l.id = :id::uuid AND l.ws_id = :ws_id::uuid AND b.event_id = e.id;

-- name: resize_habit_block
UPDATE habit_calendar_events b
SET scheduled_minutes = least(greatest(ceil(extract(epoch FROM e.end_at - e.start_at) / 60)::integer, 1), 44640), updated_at = now()
FROM calendar_event_links l JOIN workspace_calendar_events e ON e.id = l.event_id AND e.ws_id = l.ws_id
WHERE l.id = :id::uuid AND l.ws_id = :ws_id::uuid AND b.event_id = e.id;

-- name: absent
-- Not there. Of an insert that may still land what was sent is kept: it is known by that, and its id is not given up.
UPDATE calendar_event_links l
SET base = NULL, ours = NULL, base_etag = NULL, base_rev = 0, sent_op = NULL, sent_at = NULL, doubt = NULL, attempts = 0,
    refusals = 0, next_attempt_at = NULL, error_type = NULL, updated_at = now(),
    sent_rev = CASE WHEN :may_land::boolean THEN l.sent_rev END,
    sent_bodies = CASE WHEN :may_land::boolean THEN l.sent_bodies ELSE '{}' END,
    desired = almanac_fields_named(l.ours, l.theirs) || l.desired,
    generation = CASE WHEN :id_is_dead::boolean AND l.desired IS NOT NULL THEN almanac_next_generation(l.event_id) ELSE l.generation END,
    external_event_id = CASE WHEN :id_is_dead::boolean AND l.desired IS NOT NULL
        THEN almanac_remote_id(i.name, l.ws_id, l.event_id, almanac_next_generation(l.event_id)) ELSE l.external_event_id END
FROM installation i
WHERE l.id = :id::uuid AND l.ws_id = :ws_id::uuid;

-- name: refuse_slot
-- Where it stood: as it was sent, where nobody has heard of that before it was gone.
INSERT INTO refused_slots (ws_id, task_id, start_at, end_at)
SELECT b.ws_id, b.task_id, (s.body #>> '{when,start}')::timestamptz, (s.body #>> '{when,end}')::timestamptz
FROM calendar_event_links l JOIN task_calendar_events b ON b.event_id = l.event_id AND b.ws_id = l.ws_id
CROSS JOIN LATERAL (SELECT coalesce(l.base, l.sent_bodies -> l.sent_rev::text) AS body) s
WHERE l.id = :id::uuid AND l.ws_id = :ws_id::uuid AND b.task_id IS NOT NULL
    AND s.body #>> '{when,start}' < s.body #>> '{when,end}'
ON CONFLICT DO NOTHING;

-- name: refuse_habit_slot
INSERT INTO refused_habit_slots (ws_id, habit_id, start_at, end_at)
SELECT b.ws_id, b.habit_id, (s.body #>> '{when,start}')::timestamptz, (s.body #>> '{when,end}')::timestamptz
FROM calendar_event_links l
JOIN habit_calendar_events b ON b.event_id = l.event_id AND b.ws_id = l.ws_id
JOIN workspace_habits h ON h.id = b.habit_id AND h.when_block_deleted = 'replan'
CROSS JOIN LATERAL (SELECT coalesce(l.base, l.sent_bodies -> l.sent_rev::text) AS body) s
WHERE l.id = :id::uuid AND l.ws_id = :ws_id::uuid AND s.body #>> '{when,start}' < s.body #>> '{when,end}'
ON CONFLICT DO NOTHING;

-- name: refuse_meeting_slot
INSERT INTO refused_meeting_slots (ws_id, meeting_id, start_at, end_at)
SELECT b.ws_id, b.meeting_id, (s.body #>> '{when,start}')::timestamptz, (s.body #>> '{when,end}')::timestamptz
FROM calendar_event_links l JOIN meeting_calendar_events b ON b.event_id = l.event_id AND b.ws_id = l.ws_id
CROSS JOIN LATERAL (SELECT coalesce(l.base, l.sent_bodies -> l.sent_rev::text) AS body) s
WHERE l.id = :id::uuid AND l.ws_id = :ws_id::uuid AND b.meeting_id IS NOT NULL
    AND s.body #>> '{when,start}' < s.body #>> '{when,end}'
ON CONFLICT DO NOTHING;

-- name: skip_occurrence
INSERT INTO habit_skipped_occurrences (ws_id, habit_id, occurrence_date, created_by)
SELECT b.ws_id, b.habit_id, b.occurrence_date, 'calendar'
FROM calendar_event_links l
JOIN habit_calendar_events b ON b.event_id = l.event_id AND b.ws_id = l.ws_id
JOIN workspace_habits h ON h.id = b.habit_id AND h.when_block_deleted = 'skip'
WHERE l.id = :id::uuid AND l.ws_id = :ws_id::uuid
ON CONFLICT (habit_id, occurrence_date) DO UPDATE SET revoked_at = NULL;

-- name: other_calendars
-- Read here: where a person may have moved an event to. Five of the same account, and five of others, first of those of
-- the same person.
SELECT c.calendar_id, a.id, a.provider, a.account_email, a.access_token, a.refresh_token, a.expires_at, a.status, a.version
FROM (
    SELECT f.*, row_number() OVER (PARTITION BY f.own ORDER BY f.theirs DESC, f.is_primary DESC, f.calendar_id) AS place
    FROM (
        SELECT DISTINCT ON (c.calendar_id) c.calendar_id, c.auth_token_id, c.is_primary,
            c.auth_token_id = o.auth_token_id AS own, a.user_id IS NOT DISTINCT FROM s.user_id AS theirs
        FROM calendar_connections o
        JOIN calendar_auth_tokens s ON s.id = o.auth_token_id
        JOIN calendar_connections c ON c.ws_id = o.ws_id AND c.provider = o.provider AND c.calendar_id <> o.calendar_id
        JOIN calendar_auth_tokens a ON a.id = c.auth_token_id AND a.status = 'active'
        WHERE o.id = :connection_id::uuid AND o.ws_id = :ws_id::uuid AND c.is_enabled AND c.sync_inbound_enabled
            AND c.access_role <> 'freeBusyReader'
        ORDER BY c.calendar_id, own DESC, theirs DESC
    ) f
) c
JOIN calendar_auth_tokens a ON a.id = c.auth_token_id
WHERE c.place <= 5
ORDER BY c.own DESC, c.place;

-- name: moved_to
SELECT e.id FROM calendar_event_links l JOIN workspace_calendar_events e ON e.ws_id = l.ws_id AND e.provider = l.provider
    AND e.external_event_id = l.external_event_id AND e.external_calendar_id <> l.calendar_id
WHERE l.id = :id::uuid AND l.ws_id = :ws_id::uuid
ORDER BY e.created_at DESC LIMIT 1;

-- name: move_task_block
UPDATE task_calendar_events b SET event_id = :moved_id::uuid, updated_at = now()
FROM calendar_event_links l
WHERE l.id = :id::uuid AND l.ws_id = :ws_id::uuid AND b.event_id = l.event_id AND b.ws_id = l.ws_id
    AND NOT EXISTS (SELECT 1 FROM task_calendar_events o WHERE o.event_id = :moved_id::uuid);

-- name: move_habit_block
UPDATE habit_calendar_events b SET event_id = :moved_id::uuid, updated_at = now()
FROM calendar_event_links l
WHERE l.id = :id::uuid AND l.ws_id = :ws_id::uuid AND b.event_id = l.event_id AND b.ws_id = l.ws_id
    AND NOT EXISTS (SELECT 1 FROM habit_calendar_events o WHERE o.event_id = :moved_id::uuid);

-- name: move_meeting_block
UPDATE meeting_calendar_events b SET event_id = :moved_id::uuid
FROM calendar_event_links l
WHERE l.id = :id::uuid AND l.ws_id = :ws_id::uuid AND b.event_id = l.event_id AND b.ws_id = l.ws_id
    AND NOT EXISTS (SELECT 1 FROM meeting_calendar_events o WHERE o.event_id = :moved_id::uuid);

-- name: pin_moved
UPDATE workspace_calendar_events e SET locked = true, task_id = coalesce(e.task_id, f.task_id), updated_at = now()
FROM calendar_event_links l JOIN workspace_calendar_events f ON f.id = l.event_id AND f.ws_id = l.ws_id
WHERE l.id = :id::uuid AND l.ws_id = :ws_id::uuid AND e.id = :moved_id::uuid AND e.ws_id = l.ws_id;

-- name: delete_row
DELETE FROM workspace_calendar_events e
USING calendar_event_links l
WHERE l.id = :id::uuid AND l.ws_id = :ws_id::uuid AND e.id = l.event_id AND e.ws_id = l.ws_id AND e.provider = 'almanac';

-- name: delete_providers_row
SELECT almanac_delete_events(ARRAY (
    SELECT e.id FROM calendar_event_links l JOIN workspace_calendar_events e ON e.id = l.event_id AND e.ws_id = l.ws_id
    WHERE l.id = :id::uuid AND l.ws_id = :ws_id::uuid AND e.provider <> 'almanac'
));

-- name: end_edit
-- Of what is deleted there nothing is wanted any more: no event of theirs is ever made by us.
UPDATE calendar_event_links SET desired = NULL, desired_rev = desired_rev + 1 WHERE id = :id::uuid AND ws_id = :ws_id::uuid AND kind = 'edit';

-- name: hand_row_over
-- An event that was made here and is a person's now keeps its row, as the provider's. It is nothing of ours any more, so
-- what another target has of it goes.
WITH elsewhere AS (
    UPDATE calendar_event_links n
    SET desired = NULL, desired_rev = n.desired_rev + 1, current = false, conflict = NULL, next_attempt_at = NULL,
        stopped = CASE WHEN n.stopped = 'detached' THEN n.stopped END, updated_at = now()
    FROM calendar_event_links l
    WHERE l.id = :id::uuid AND l.ws_id = :ws_id::uuid AND n.event_id = l.event_id AND n.ws_id = l.ws_id AND n.id <> l.id
        AND n.current AND n.kind <> 'edit' AND NOT almanac_is_block(n.event_id)
)
UPDATE workspace_calendar_events e
SET provider = l.provider, external_calendar_id = l.calendar_id, external_event_id = l.external_event_id, etag = NULL, updated_at = now()
FROM calendar_event_links l
WHERE l.id = :id::uuid AND l.ws_id = :ws_id::uuid AND e.id = l.event_id AND e.ws_id = l.ws_id AND e.provider = 'almanac'
    AND NOT almanac_is_block(e.id);

-- name: detach
UPDATE calendar_event_links
SET stopped = 'detached', reason = :reason, sent_op = NULL, sent_at = NULL, sent_bodies = '{}', doubt = NULL, current = false,
    base = :base::jsonb, ours = :base::jsonb, base_etag = :etag, conflict = coalesce(:conflict::jsonb, conflict), updated_at = now()
WHERE id = :id::uuid AND ws_id = :ws_id::uuid;

-- name: delete_row_of_series
-- The row of an event that repeats by now, once its occurrences are here; until then their listing takes it away.
SELECT almanac_delete_events(ARRAY (
    SELECT e.id FROM calendar_event_links l JOIN workspace_calendar_events e ON e.id = l.event_id AND e.ws_id = l.ws_id
    WHERE l.id = :id::uuid AND l.ws_id = :ws_id::uuid AND EXISTS (
        SELECT 1 FROM workspace_calendar_events o
        WHERE o.ws_id = l.ws_id AND o.provider = l.provider AND o.external_calendar_id = l.calendar_id
            AND o.recurring_event_id = l.external_event_id)
));

-- name: let_be
UPDATE calendar_event_links
SET stopped = CASE WHEN base IS NULL THEN stopped ELSE 'detached' END, desired = CASE WHEN base IS NULL THEN NULL ELSE desired END,
    reason = NULL, current = false, updated_at = now()
WHERE id = :id::uuid AND ws_id = :ws_id::uuid AND state IN ('wanted', 'dirty') AND desired_rev = :revision::bigint;

-- name: hold
-- Of one connection, or of all that an account has.
UPDATE calendar_connections c
SET outbound_held = :reason, outbound_held_until = :until::timestamptz, updated_at = now(),
    outbound_slowed = c.outbound_slowed + (:reason = 'rate_limit')::integer
WHERE c.ws_id = :ws_id::uuid AND (c.id = :connection_id::uuid OR (:whole_account::boolean AND c.auth_token_id = (
    SELECT o.auth_token_id FROM calendar_connections o WHERE o.id = :connection_id::uuid AND o.ws_id = :ws_id::uuid)))
    AND (c.outbound_held IS DISTINCT FROM :reason OR c.outbound_held_until IS DISTINCT FROM :until::timestamptz);

-- name: release
UPDATE calendar_connections SET outbound_held = NULL, outbound_held_until = NULL, updated_at = now()
WHERE ws_id = :ws_id::uuid AND id = :connection_id::uuid AND outbound_held IS NOT NULL;

-- name: forget_slowed
UPDATE calendar_connections c SET outbound_slowed = 0, updated_at = now()
WHERE c.ws_id = :ws_id::uuid AND c.outbound_slowed > 0 AND c.auth_token_id = (
    SELECT o.auth_token_id FROM calendar_connections o WHERE o.id = :connection_id::uuid AND o.ws_id = :ws_id::uuid);

-- name: doubt_held
-- What waited is read before it is written: much may have happened since.
UPDATE calendar_event_links l SET doubt = coalesce(l.doubt, 'unsure'), updated_at = now()
WHERE l.ws_id = :ws_id::uuid AND l.provider = :provider AND l.calendar_id = :calendar_id AND l.account = :account
    AND l.state IN ('dirty', 'sent') AND l.base IS NOT NULL;

-- name: forget_old
-- What nobody can ask for any more: links that ended a month ago, slots and days that are over. By what was let be a listing
-- knows whose row it is.
WITH links AS (
    DELETE FROM calendar_event_links l
    WHERE ws_id = :ws_id::uuid AND state IN ('gone', 'detached') AND sent_op IS NULL AND coalesce(reason, '') NOT IN ('edited_beats_deleted', 'delete_refused')
        AND updated_at < now() - interval '30 days' AND NOT (state = 'detached' AND reason IS NULL
            AND EXISTS (SELECT 1 FROM workspace_calendar_events e WHERE e.id = l.event_id AND e.ws_id = l.ws_id))
), slots AS (
    DELETE FROM refused_slots WHERE ws_id = :ws_id::uuid AND end_at < now() - interval '1 day'
), habit_slots AS (
    DELETE FROM refused_habit_slots WHERE ws_id = :ws_id::uuid AND end_at < now() - interval '1 day'
), meeting_slots AS (
    DELETE FROM refused_meeting_slots WHERE ws_id = :ws_id::uuid AND end_at < now() - interval '1 day'
)
DELETE FROM outbound_budget WHERE account = :account AND day < (now() AT TIME ZONE 'UTC')::date - 7;

-- name: set_role
UPDATE calendar_connections SET access_role = :role, updated_at = now()
WHERE ws_id = :ws_id::uuid AND id = :connection_id::uuid AND access_role <> :role;
