-- The last plan of each workspace that was an answer, so that who is late with one is found without looking through runs.
-- Triggers keep it: runs are ended by several statements, and by those of the release before until its functions are replaced.

-- A refusal to write (blocked) is an answer too.
CREATE VIEW answering_plans AS
SELECT ws_id, id AS run_id, started_at FROM runs WHERE kind = 'schedule' AND (status = 'completed' OR outcome = 'blocked');

CREATE TABLE workspace_last_plans (
    ws_id      uuid PRIMARY KEY REFERENCES workspaces ON DELETE CASCADE,
    run_id     uuid NOT NULL, -- no foreign key: a check a row would cost whoever deletes runs
    started_at timestamptz NOT NULL
);

CREATE FUNCTION almanac_note_plan() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO workspace_last_plans AS l (ws_id, run_id, started_at) VALUES (NEW.ws_id, NEW.id, NEW.started_at)
    ON CONFLICT (ws_id) DO UPDATE SET run_id = excluded.run_id, started_at = excluded.started_at
    WHERE l.started_at < excluded.started_at;
    RETURN NULL;
END $$;

-- Of a run that goes, or that somebody changes after its end: an earlier one may be the last then.
CREATE FUNCTION almanac_forget_plan() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    DELETE FROM workspace_last_plans l WHERE l.ws_id = OLD.ws_id AND l.run_id = OLD.id;
    IF FOUND THEN
        INSERT INTO workspace_last_plans (ws_id, run_id, started_at)
        SELECT p.ws_id, p.run_id, p.started_at FROM answering_plans p WHERE p.ws_id = OLD.ws_id
        ORDER BY p.started_at DESC LIMIT 1
        ON CONFLICT (ws_id) DO NOTHING;
    END IF;
    RETURN NULL;
END $$;

-- What takes long comes before runs are locked against writers, which the first trigger does.
INSERT INTO workspace_last_plans (ws_id, run_id, started_at)
SELECT p.ws_id, p.run_id, p.started_at
FROM workspaces w CROSS JOIN LATERAL (
    SELECT a.ws_id, a.run_id, a.started_at FROM answering_plans a WHERE a.ws_id = w.id ORDER BY a.started_at DESC LIMIT 1
) p;

CREATE TRIGGER runs_last_plan AFTER INSERT OR UPDATE ON runs FOR EACH ROW
    WHEN (NEW.kind = 'schedule' AND (NEW.status = 'completed' OR NEW.outcome = 'blocked'))
    EXECUTE FUNCTION almanac_note_plan();
CREATE TRIGGER runs_former_plan AFTER UPDATE OR DELETE ON runs FOR EACH ROW
    WHEN (OLD.kind = 'schedule' AND (OLD.status = 'completed' OR OLD.outcome = 'blocked'))
    EXECUTE FUNCTION almanac_forget_plan();

-- Plans that have ended since: no run lives for an hour.
INSERT INTO workspace_last_plans AS l (ws_id, run_id, started_at)
SELECT DISTINCT ON (p.ws_id) p.ws_id, p.run_id, p.started_at FROM answering_plans p
WHERE p.started_at > now() - interval '1 hour'
ORDER BY p.ws_id, p.started_at DESC
ON CONFLICT (ws_id) DO UPDATE SET run_id = excluded.run_id, started_at = excluded.started_at
WHERE l.started_at < excluded.started_at;
ANALYZE workspace_last_plans;
