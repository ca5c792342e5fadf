-- The ledger: `jobs`, what was asked for, and `runs`, the attempts at it, of whatever kind; `run_connections`, the calendars
-- of a sync. The tables that held syncs and plans apart become views with the columns that they had. The previous release
-- goes on writing through them until its functions are replaced, so they take INSERT, UPDATE and DELETE.

-- In this order: whoever records a calendar holds its table before it looks at the run's.
LOCK TABLE workspace_calendar_sync_log_connections, workspace_calendar_sync_log, workspace_scheduling_metadata;
ALTER TABLE workspace_calendar_sync_log RENAME TO syncs_before;
ALTER TABLE workspace_scheduling_metadata RENAME TO plans_before;
ALTER TABLE workspace_calendar_sync_log_connections RENAME TO run_connections;

CREATE DOMAIN job_source AS text CHECK (VALUE IN ('schedule', 'manual', 'push', 'continuation', 'batch'));

-- What was asked for. A request id is unique among the jobs of one kind and workspace: a list gives many workspaces one.
CREATE TABLE jobs (
    id           text NOT NULL, -- the message's request_id
    ws_id        uuid NOT NULL,
    kind         text NOT NULL, -- almanac/jobs.py names them
    body         jsonb NOT NULL, -- of the message, without what stands in the columns here
    source       job_source NOT NULL,
    requested_by text,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    sent_at      timestamptz -- null: not sent, or nobody could say so
);

-- One row an attempt.
CREATE TABLE runs (
    id          uuid NOT NULL,
    ws_id       uuid NOT NULL,
    job_id      text, -- of the same workspace and kind; null in rows of before, where nobody named the request. No foreign
                      -- key: the statement that begins a run sees to its job, and a check a row would cost upkeep a third
    kind        text NOT NULL,
    source      job_source NOT NULL, -- of the message: a continuation is not what its job was
    user_id     text,
    message_id  text,
    scope       jsonb NOT NULL, -- what the message wanted covered, by the fields of its job
    status      text NOT NULL CHECK (status IN ('running', 'completed', 'partial', 'failed', 'skipped')),
    outcome     text, -- docs/jobs.md names them
    fence       bigint,
    sent_at     timestamptz,
    started_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    retry_after double precision, -- seconds, when the answer is "later"
    error_type  text,
    error       text CHECK (char_length(error) <= 1000),
    total_ms    integer NOT NULL DEFAULT 0,
    report      jsonb NOT NULL DEFAULT '{}', -- counts, times and notes of the kind; what is 0, null or empty is left out
    CHECK ((status = 'running') = (finished_at IS NULL)),
    CHECK ((status = 'running') = (outcome IS NULL)),
    CHECK (status <> 'failed' OR error_type IS NOT NULL)
);

INSERT INTO jobs (id, ws_id, kind, body, source, requested_by, created_at, sent_at)
SELECT DISTINCT ON (b.request_id, b.ws_id) b.request_id, b.ws_id, 'sync',
    jsonb_strip_nulls(jsonb_build_object('mode', b.requested_mode, 'direction', b.direction, 'calendar_id', b.calendar_id)),
    b.source, b.user_id, b.started_at, b.sent_at
FROM syncs_before b WHERE b.request_id IS NOT NULL ORDER BY b.request_id, b.ws_id, b.started_at;

INSERT INTO jobs (id, ws_id, kind, body, source, requested_by, created_at, sent_at)
SELECT DISTINCT ON (b.request_id, b.ws_id) b.request_id, b.ws_id, 'schedule',
    jsonb_build_object('window_days', b.window_days, 'force_reschedule', b.force_reschedule, 'apply', b.apply),
    b.source, b.user_id, b.started_at, b.sent_at
FROM plans_before b WHERE b.request_id IS NOT NULL ORDER BY b.request_id, b.ws_id, b.started_at;

INSERT INTO runs (id, ws_id, job_id, kind, source, user_id, message_id, scope, status, outcome, fence, sent_at, started_at,
    finished_at, retry_after, error_type, error, total_ms, report)
SELECT b.id, b.ws_id, b.request_id, 'sync', b.source, b.user_id, b.message_id,
    jsonb_strip_nulls(jsonb_build_object('mode', b.requested_mode, 'direction', b.direction, 'calendar_id', b.calendar_id)),
    b.status, b.outcome, b.fence, b.sent_at, b.started_at, b.finished_at, b.retry_after, b.error_type, b.error, b.total_ms,
    jsonb_strip_nulls(jsonb_build_object(
        'connections', nullif(b.connections, 0), 'inserted', nullif(b.inserted, 0), 'updated', nullif(b.updated, 0),
        'deleted', nullif(b.deleted, 0), 'unchanged', nullif(b.unchanged, 0), 'rejected', nullif(b.rejected, 0),
        'repaired', nullif(b.repaired, 0), 'api_calls', nullif(b.api_calls, 0), 'pages', nullif(b.pages, 0),
        'retries', nullif(b.retries, 0), 'token_ms', nullif(b.token_ms, 0), 'fetch_ms', nullif(b.fetch_ms, 0),
        'map_ms', nullif(b.map_ms, 0), 'write_ms', nullif(b.write_ms, 0)
    ))
FROM syncs_before b;

INSERT INTO runs (id, ws_id, job_id, kind, source, user_id, message_id, scope, status, outcome, fence, sent_at, started_at,
    finished_at, retry_after, error_type, error, total_ms, report)
SELECT b.id, b.ws_id, b.request_id, 'schedule', b.source, b.user_id, b.message_id,
    jsonb_build_object('window_days', b.window_days, 'force_reschedule', b.force_reschedule, 'apply', b.apply),
    b.status, b.outcome, b.fence, b.sent_at, b.started_at, b.finished_at, b.retry_after, b.error_type, b.error, b.total_ms,
    jsonb_strip_nulls(jsonb_build_object(
        'window_start', b.window_start, 'window_end', b.window_end, 'attempts', nullif(b.attempts, 0),
        'tasks', nullif(b.tasks, 0), 'habits', nullif(b.habits, 0), 'scheduled', nullif(b.scheduled, 0),
        'late', nullif(b.late, 0), 'partial', nullif(b.partial, 0), 'unscheduled', nullif(b.unscheduled, 0),
        'at_risk', nullif(b.at_risk, 0), 'left_out', nullif(b.left_out, 0), 'inserted', nullif(b.inserted, 0),
        'moved', nullif(b.moved, 0), 'deleted', nullif(b.deleted, 0), 'unchanged', nullif(b.unchanged, 0),
        'objective', b.objective, 'load_ms', nullif(b.load_ms, 0), 'plan_ms', nullif(b.plan_ms, 0)
    )) || CASE b.warnings WHEN '[]' THEN '{}' ELSE jsonb_build_object('warnings', b.warnings) END
FROM plans_before b;

-- Indexes and keys after the rows: a million is sorted faster than it is inserted one by one.
ALTER TABLE jobs ADD PRIMARY KEY (id, ws_id, kind),
    ADD FOREIGN KEY (ws_id) REFERENCES workspaces ON DELETE CASCADE;
CREATE INDEX jobs_created_at ON jobs (created_at);
ALTER TABLE runs ADD PRIMARY KEY (id),
    ADD FOREIGN KEY (ws_id) REFERENCES workspaces ON DELETE CASCADE;
CREATE INDEX runs_of_workspace ON runs (ws_id, kind, started_at DESC);
CREATE INDEX runs_started_at ON runs (kind, started_at DESC);
CREATE INDEX runs_job_id ON runs (job_id);
CREATE UNIQUE INDEX runs_one_running ON runs (ws_id, kind) WHERE status = 'running';
-- Failures are few: lists of them, and the run behind a dead letter, are found without reading the others.
CREATE INDEX runs_failed ON runs (kind, started_at DESC) WHERE status IN ('failed', 'partial');
CREATE INDEX runs_failed_message ON runs (message_id) WHERE status IN ('failed', 'partial');
ALTER TABLE run_connections DROP CONSTRAINT workspace_calendar_sync_log_connections_run_id_fkey,
    ADD FOREIGN KEY (run_id) REFERENCES runs ON DELETE CASCADE;

CREATE VIEW workspace_calendar_sync_log AS
SELECT r.id, r.ws_id, r.source::text AS source, r.scope ->> 'mode' AS requested_mode, r.scope ->> 'direction' AS direction,
    r.scope ->> 'calendar_id' AS calendar_id, r.user_id, r.job_id AS request_id, r.status, r.outcome, r.fence, r.started_at,
    r.finished_at, r.retry_after,
    coalesce((r.report ->> 'connections')::integer, 0) AS connections,
    coalesce((r.report ->> 'inserted')::integer, 0) AS inserted,
    coalesce((r.report ->> 'updated')::integer, 0) AS updated,
    coalesce((r.report ->> 'deleted')::integer, 0) AS deleted,
    coalesce((r.report ->> 'unchanged')::integer, 0) AS unchanged,
    coalesce((r.report ->> 'rejected')::integer, 0) AS rejected,
    coalesce((r.report ->> 'repaired')::integer, 0) AS repaired,
    coalesce((r.report ->> 'api_calls')::integer, 0) AS api_calls,
    coalesce((r.report ->> 'pages')::integer, 0) AS pages,
    coalesce((r.report ->> 'retries')::integer, 0) AS retries,
    coalesce((r.report ->> 'token_ms')::integer, 0) AS token_ms,
    coalesce((r.report ->> 'fetch_ms')::integer, 0) AS fetch_ms,
    coalesce((r.report ->> 'map_ms')::integer, 0) AS map_ms,
    coalesce((r.report ->> 'write_ms')::integer, 0) AS write_ms,
    r.total_ms, r.error_type, r.error, r.sent_at, r.message_id
FROM runs r
WHERE r.kind = 'sync';

CREATE VIEW workspace_scheduling_metadata AS
SELECT r.id, r.ws_id, r.source::text AS source, r.user_id, r.job_id AS request_id,
    (r.scope ->> 'window_days')::integer AS window_days, (r.scope ->> 'force_reschedule')::boolean AS force_reschedule,
    r.scope ->> 'apply' AS apply, r.status, r.outcome, r.fence, r.started_at, r.finished_at, r.retry_after,
    (r.report ->> 'window_start')::timestamptz AS window_start, (r.report ->> 'window_end')::timestamptz AS window_end,
    coalesce((r.report ->> 'attempts')::integer, 0) AS attempts,
    coalesce((r.report ->> 'tasks')::integer, 0) AS tasks,
    coalesce((r.report ->> 'habits')::integer, 0) AS habits,
    coalesce((r.report ->> 'scheduled')::integer, 0) AS scheduled,
    coalesce((r.report ->> 'late')::integer, 0) AS late,
    coalesce((r.report ->> 'partial')::integer, 0) AS partial,
    coalesce((r.report ->> 'unscheduled')::integer, 0) AS unscheduled,
    coalesce((r.report ->> 'at_risk')::integer, 0) AS at_risk,
    coalesce((r.report ->> 'left_out')::integer, 0) AS left_out,
    coalesce((r.report ->> 'inserted')::integer, 0) AS inserted,
    coalesce((r.report ->> 'moved')::integer, 0) AS moved,
    coalesce((r.report ->> 'deleted')::integer, 0) AS deleted,
    coalesce((r.report ->> 'unchanged')::integer, 0) AS unchanged,
    (r.report ->> 'objective')::double precision AS objective,
    coalesce((r.report ->> 'load_ms')::integer, 0) AS load_ms,
    coalesce((r.report ->> 'plan_ms')::integer, 0) AS plan_ms,
    r.total_ms, coalesce(r.report -> 'warnings', '[]') AS warnings, r.error_type, r.error, r.sent_at, r.message_id
FROM runs r
WHERE r.kind = 'schedule';

-- So simple that Postgres writes through it.
CREATE VIEW workspace_calendar_sync_log_connections AS
SELECT run_id, connection_id, status, outcome, inserted, updated, deleted, unchanged, rejected, repaired, api_calls, pages,
    retries, token_ms, fetch_ms, map_ms, write_ms, total_ms, problems, error_type, error
FROM run_connections;

-- What of a row's columns is worth keeping in `report`.
CREATE FUNCTION almanac_run_report(said jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_object_agg(each.key, each.value), '{}')
    FROM jsonb_each(said - '{id, ws_id, source, requested_mode, direction, calendar_id, window_days, force_reschedule, apply,
        user_id, request_id, message_id, status, outcome, fence, sent_at, started_at, finished_at, retry_after, error_type,
        error, total_ms}'::text[]) each
    WHERE each.value NOT IN ('0', 'null', '[]') OR (each.key = 'objective' AND each.value = '0')
$$;

CREATE FUNCTION almanac_run_scope(kind text, said jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE kind
        WHEN 'sync' THEN jsonb_strip_nulls(jsonb_build_object('mode', said -> 'requested_mode',
            'direction', said -> 'direction', 'calendar_id', said -> 'calendar_id'))
        ELSE jsonb_build_object('window_days', said -> 'window_days', 'force_reschedule', said -> 'force_reschedule',
            'apply', said -> 'apply')
    END
$$;

-- Writes through the two views, for the kind that the trigger names.
CREATE FUNCTION almanac_write_run() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    said jsonb := to_jsonb(NEW);
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM runs WHERE id = OLD.id;
        RETURN OLD;
    END IF;
    IF NEW.request_id IS NOT NULL THEN
        INSERT INTO jobs (id, ws_id, kind, body, source, requested_by, sent_at)
        VALUES (NEW.request_id, NEW.ws_id, TG_ARGV[0], almanac_run_scope(TG_ARGV[0], said), NEW.source, NEW.user_id,
            NEW.sent_at)
        ON CONFLICT (id, ws_id, kind) DO NOTHING;
    END IF;
    IF TG_OP = 'INSERT' THEN
        INSERT INTO runs (id, ws_id, job_id, kind, source, user_id, message_id, scope, status, outcome, fence, sent_at,
            started_at, finished_at, retry_after, error_type, error, total_ms, report)
        VALUES (NEW.id, NEW.ws_id, NEW.request_id, TG_ARGV[0], NEW.source, NEW.user_id, NEW.message_id,
            almanac_run_scope(TG_ARGV[0], said), NEW.status, NEW.outcome, NEW.fence, NEW.sent_at,
            coalesce(NEW.started_at, clock_timestamp()), NEW.finished_at, NEW.retry_after, NEW.error_type, NEW.error,
            coalesce(NEW.total_ms, 0), almanac_run_report(said));
        RETURN NEW;
    END IF;
    -- Of what it was told to change: another statement may have ended the run since this one saw it.
    UPDATE runs
    SET ws_id = NEW.ws_id, job_id = NEW.request_id, source = NEW.source, user_id = NEW.user_id, message_id = NEW.message_id,
        scope = almanac_run_scope(TG_ARGV[0], said), status = NEW.status, outcome = NEW.outcome, fence = NEW.fence,
        sent_at = NEW.sent_at, started_at = NEW.started_at, finished_at = NEW.finished_at, retry_after = NEW.retry_after,
        error_type = NEW.error_type, error = NEW.error, total_ms = NEW.total_ms, report = almanac_run_report(said)
    WHERE id = OLD.id AND status = OLD.status;
    RETURN CASE WHEN FOUND THEN NEW END;
END $$;
CREATE TRIGGER workspace_calendar_sync_log_written INSTEAD OF INSERT OR UPDATE OR DELETE ON workspace_calendar_sync_log
    FOR EACH ROW EXECUTE FUNCTION almanac_write_run('sync');
CREATE TRIGGER workspace_scheduling_metadata_written INSTEAD OF INSERT OR UPDATE OR DELETE ON workspace_scheduling_metadata
    FOR EACH ROW EXECUTE FUNCTION almanac_write_run('schedule');

-- Whoever was let read the tables may read the views.
DO $$
DECLARE
    given record;
BEGIN
    FOR given IN
        SELECT v.name, a.privilege_type AS what, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS who
        FROM (VALUES ('syncs_before', 'workspace_calendar_sync_log'), ('plans_before', 'workspace_scheduling_metadata'),
            ('run_connections', 'workspace_calendar_sync_log_connections')) AS v (was, name)
        JOIN pg_class c ON c.oid = v.was::regclass
        CROSS JOIN LATERAL aclexplode(c.relacl) a
        WHERE a.grantee <> c.relowner AND a.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
    LOOP
        EXECUTE format('GRANT %s ON %I TO %s', given.what, given.name, given.who);
    END LOOP;
END $$;
DROP TABLE syncs_before, plans_before;
ANALYZE jobs, runs, run_connections;
