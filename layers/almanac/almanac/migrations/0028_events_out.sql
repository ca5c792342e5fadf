-- Events out, sooner and after a restore: who was told to look, which life of the database this is, who is late, and
-- what a plan's removed blocks were, so that a plan can be undone.

-- A run that moved a workspace's head tells the relay, once a version.
ALTER TABLE workspace_history_heads ADD COLUMN nudged bigint NOT NULL DEFAULT 0; -- up to here the relay was told to look
UPDATE workspace_history_heads SET nudged = version;

-- A database that was restored goes on from an earlier version than its readers have seen, and may count transactions
-- anew. So everything that goes out names the epoch: of two changes with one version and two epochs the later one holds.
CREATE TABLE workspace_history_epoch (
    one   boolean PRIMARY KEY DEFAULT true CHECK (one),
    epoch integer NOT NULL DEFAULT 0,
    since timestamptz NOT NULL DEFAULT now()
);
INSERT INTO workspace_history_epoch DEFAULT VALUES;
CREATE FUNCTION almanac_epoch() RETURNS integer LANGUAGE sql STABLE AS $$ SELECT epoch FROM workspace_history_epoch $$;

-- Begins the next epoch and tells every workspace. The feed gets this transaction's number: numbers of the earlier life
-- mean nothing here. What was under way to a webhook is cut anew, for its body has to name the epoch.
CREATE FUNCTION almanac_begin_epoch() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    fresh integer;
BEGIN
    UPDATE workspace_history_epoch SET epoch = epoch + 1, since = clock_timestamp() RETURNING epoch INTO fresh;
    UPDATE workspace_history_feed SET tx = pg_current_xact_id();
    UPDATE webhook_deliveries SET status = 'cancelled' WHERE status = 'pending';
    UPDATE workspace_history_heads SET claimed_until = NULL WHERE claimed_until IS NOT NULL;
    PERFORM almanac_add_to_history(
        h.ws_id, 'workspace.restored', h.ws_id, NULL, 'operator', jsonb_build_object('epoch', fresh)
    ) FROM (SELECT ws_id FROM workspace_history_heads ORDER BY ws_id) h;
    RETURN fresh;
END $$;

-- A dump that was read into another server is noticed: its feed holds transactions that this one has yet to begin.
-- Returns the new epoch, or nothing. A look at the end of one index; the lock is for two that look at once.
CREATE FUNCTION almanac_notice_restore() RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM workspace_history_feed f WHERE f.tx >= pg_snapshot_xmax(pg_current_snapshot())) THEN
        RETURN NULL;
    END IF;
    PERFORM 1 FROM workspace_history_epoch FOR UPDATE;
    IF NOT EXISTS (SELECT FROM workspace_history_feed f WHERE f.tx >= pg_snapshot_xmax(pg_current_snapshot())) THEN
        RETURN NULL;
    END IF;
    RETURN almanac_begin_epoch();
END $$;

-- One row while a workspace is behind with a job: so that its lateness is told once, and its end too.
CREATE TABLE workspace_lateness (
    ws_id   uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    job     text NOT NULL, -- sync or schedule
    reason  text NOT NULL, -- as it was when it was told
    told_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (ws_id, job)
);

-- Of a block that a plan took away, the row that said whose piece it was. It goes with the history.
CREATE TABLE removed_block_links (
    event_id   uuid PRIMARY KEY,
    ws_id      uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    owner      text NOT NULL CHECK (owner IN ('task', 'habit', 'meeting')),
    link       jsonb NOT NULL,
    removed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX removed_block_links_ws_id ON removed_block_links (ws_id, removed_at);

-- Gives blocks that are back their links; one whose task, habit or meeting is gone, or whose occurrence has been placed
-- elsewhere meanwhile, stays without. Returns how many got theirs.
CREATE FUNCTION almanac_relink_blocks(workspace uuid, blocks uuid[]) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    relinked integer := 0;
    done integer;
BEGIN
    INSERT INTO task_calendar_events
    SELECT b.* FROM removed_block_links k
    JOIN tasks t ON t.id = (k.link ->> 'task_id')::uuid AND t.ws_id = k.ws_id,
        jsonb_populate_record(NULL::task_calendar_events, k.link) b
    WHERE k.ws_id = workspace AND k.event_id = ANY (blocks) AND k.owner = 'task'
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS done = ROW_COUNT;
    relinked := relinked + done;
    INSERT INTO habit_calendar_events
    SELECT b.* FROM removed_block_links k
    JOIN workspace_habits h ON h.id = (k.link ->> 'habit_id')::uuid AND h.ws_id = k.ws_id,
        jsonb_populate_record(NULL::habit_calendar_events, k.link) b
    WHERE k.ws_id = workspace AND k.event_id = ANY (blocks) AND k.owner = 'habit'
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS done = ROW_COUNT;
    relinked := relinked + done;
    INSERT INTO meeting_calendar_events
    SELECT b.* FROM removed_block_links k
    JOIN meetings m ON m.id = (k.link ->> 'meeting_id')::uuid AND m.ws_id = k.ws_id,
        jsonb_populate_record(NULL::meeting_calendar_events, k.link) b
    WHERE k.ws_id = workspace AND k.event_id = ANY (blocks) AND k.owner = 'meeting'
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS done = ROW_COUNT;
    DELETE FROM removed_block_links k WHERE k.ws_id = workspace AND k.event_id = ANY (blocks);
    RETURN relinked + done;
END $$;

CREATE OR REPLACE FUNCTION almanac_prune_history(workspace uuid, until timestamptz, most integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    since bigint := (SELECT h.oldest FROM workspace_history_heads h WHERE h.ws_id = workspace FOR UPDATE);
    kept bigint;
BEGIN
    SELECT min(h.version) INTO kept
    FROM workspace_history h
    WHERE h.ws_id = workspace AND h.version BETWEEN since AND since + most - 1 AND h.at >= until;
    kept := coalesce(kept, least(
        since + most, (SELECT h.version + 1 FROM workspace_history_heads h WHERE h.ws_id = workspace)
    ));
    PERFORM set_config('almanac.history_change', 'retention', true);
    DELETE FROM workspace_history h WHERE h.ws_id = workspace AND h.version BETWEEN since AND kept - 1;
    PERFORM set_config('almanac.history_change', '', true);
    DELETE FROM workspace_history_feed f WHERE f.ws_id = workspace AND f.last < kept;
    DELETE FROM removed_block_links l WHERE l.ws_id = workspace AND l.removed_at < until;
    UPDATE workspace_history_heads h SET oldest = kept WHERE h.ws_id = workspace;
    RETURN kept - since;
END $$;
