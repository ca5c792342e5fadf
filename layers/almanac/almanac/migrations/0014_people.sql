-- Whose time is planned, and meetings that look for theirs. A workspace without members is planned as one timeline.

-- user_id is the product's, as in calendar_auth_tokens: an account's calendars are the time of the member of that name.
CREATE TABLE workspace_members (
    ws_id                uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    user_id              text NOT NULL CHECK (char_length(user_id) BETWEEN 1 AND 255),
    name                 text NOT NULL DEFAULT '' CHECK (char_length(name) <= 255), -- '' = user_id is shown
    timezone             text -- IANA; null = the workspace's
        CHECK (timezone ~ '^[A-Za-z]\w*(/[A-Za-z0-9_+-]+)*$' AND timestamptz 'epoch' AT TIME ZONE timezone < 'infinity'),
    settings             jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(settings) = 'object'), -- scheduling: as in workspaces.settings, for one person
    target_connection_id uuid, -- where blocks of this person are written; null = nowhere
    created_at           timestamptz NOT NULL DEFAULT now(),
    updated_at           timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (ws_id, user_id)
);
ALTER TABLE calendar_connections ADD UNIQUE (id, ws_id);
ALTER TABLE workspace_members ADD FOREIGN KEY (target_connection_id, ws_id)
    REFERENCES calendar_connections (id, ws_id) ON DELETE SET NULL (target_connection_id);
CREATE INDEX workspace_members_target ON workspace_members (target_connection_id) WHERE target_connection_id IS NOT NULL;

-- Who works on a task, each for minutes of their own. No row = the default member: the workspace's creator, else the first.
CREATE TABLE task_assignees (
    task_id       uuid NOT NULL,
    user_id       text NOT NULL CHECK (char_length(user_id) BETWEEN 1 AND 255),
    ws_id         uuid NOT NULL, -- the task's; filled in where it is left out
    total_minutes scheduling_minutes, -- null = the task's
    done_minutes  integer NOT NULL DEFAULT 0 CHECK (done_minutes >= 0), -- outside this person's blocks
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (task_id, user_id),
    FOREIGN KEY (task_id, ws_id) REFERENCES tasks (id, ws_id) ON DELETE CASCADE
);
CREATE INDEX task_assignees_ws_id ON task_assignees (ws_id);

ALTER TABLE workspace_habits ADD COLUMN user_id text CHECK (user_id <> ''); -- whose time it takes; null = the default member's
ALTER TABLE task_calendar_events ADD COLUMN user_id text CHECK (user_id <> ''); -- whose block; null = the default member's
ALTER TABLE calendar_connections ADD COLUMN is_shared boolean NOT NULL DEFAULT false; -- takes everybody's time: holidays, the one meeting room

ALTER TABLE workspace_calendar_hour_settings ADD COLUMN user_id text CHECK (user_id <> ''); -- null = of everybody without hours of their own
ALTER TABLE workspace_calendar_hour_settings DROP CONSTRAINT workspace_calendar_hour_settings_pkey;
ALTER TABLE workspace_calendar_hour_settings ADD UNIQUE NULLS NOT DISTINCT (ws_id, type, user_id);

-- What takes the same time from all who must come.
CREATE TABLE meetings (
    id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    ws_id            uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    creator_id       text,
    title            text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 255),
    color            calendar_color NOT NULL DEFAULT 'BLUE',
    priority         scheduling_priority NOT NULL DEFAULT 'normal',
    duration_minutes scheduling_minutes NOT NULL DEFAULT 30,
    start_date       timestamptz, -- not before
    end_date         timestamptz, -- the deadline
    deadline_type    text NOT NULL DEFAULT 'soft' CHECK (deadline_type IN ('soft', 'hard')),
    calendar_hours   text NOT NULL DEFAULT 'meeting' CHECK (calendar_hours <> ''),
    auto_schedule    boolean NOT NULL DEFAULT true,
    completed_at     timestamptz,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    UNIQUE (id, ws_id),
    CHECK (start_date < end_date)
);
CREATE INDEX meetings_to_plan ON meetings (ws_id) WHERE auto_schedule AND completed_at IS NULL;

CREATE TABLE meeting_attendees (
    meeting_id  uuid NOT NULL,
    user_id     text NOT NULL CHECK (char_length(user_id) BETWEEN 1 AND 255),
    ws_id       uuid NOT NULL, -- the meeting's; filled in where it is left out
    is_optional boolean NOT NULL DEFAULT false,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (meeting_id, user_id),
    FOREIGN KEY (meeting_id, ws_id) REFERENCES meetings (id, ws_id) ON DELETE CASCADE
);
CREATE INDEX meeting_attendees_ws_id ON meeting_attendees (ws_id);

-- Which block is which meeting: one for all who come. Optional people who do not come are not in `attending`.
CREATE TABLE meeting_calendar_events (
    event_id               uuid PRIMARY KEY,
    ws_id                  uuid NOT NULL,
    meeting_id             uuid,
    attending              text[] NOT NULL DEFAULT '{}', -- user ids
    scheduled_minutes      scheduling_minutes NOT NULL,
    scheduling_reason      text,
    scheduling_explanation jsonb,
    started_at             timestamptz,
    completed              boolean NOT NULL DEFAULT false,
    created_at             timestamptz NOT NULL DEFAULT now(),
    updated_at             timestamptz NOT NULL DEFAULT now(),
    UNIQUE (meeting_id),
    FOREIGN KEY (event_id, ws_id) REFERENCES workspace_calendar_events (id, ws_id) ON DELETE CASCADE,
    FOREIGN KEY (meeting_id, ws_id) REFERENCES meetings (id, ws_id) ON DELETE SET NULL (meeting_id)
);
CREATE INDEX meeting_calendar_events_ws_id ON meeting_calendar_events (ws_id);

-- What waits for a meeting, and what a meeting waits for; between two tasks there is task_dependencies.
CREATE TABLE meeting_dependencies (
    ws_id                 uuid NOT NULL,
    task_id               uuid,
    meeting_id            uuid,
    depends_on_task_id    uuid,
    depends_on_meeting_id uuid,
    UNIQUE NULLS NOT DISTINCT (task_id, meeting_id, depends_on_task_id, depends_on_meeting_id),
    FOREIGN KEY (task_id, ws_id) REFERENCES tasks (id, ws_id) ON DELETE CASCADE,
    FOREIGN KEY (meeting_id, ws_id) REFERENCES meetings (id, ws_id) ON DELETE CASCADE,
    FOREIGN KEY (depends_on_task_id, ws_id) REFERENCES tasks (id, ws_id) ON DELETE CASCADE,
    FOREIGN KEY (depends_on_meeting_id, ws_id) REFERENCES meetings (id, ws_id) ON DELETE CASCADE,
    CHECK (num_nonnulls(task_id, meeting_id) = 1 AND num_nonnulls(depends_on_task_id, depends_on_meeting_id) = 1),
    CHECK (task_id IS NULL OR depends_on_task_id IS NULL),
    CHECK (meeting_id <> depends_on_meeting_id)
);
CREATE INDEX meeting_dependencies_ws_id ON meeting_dependencies (ws_id);

-- Assignees and attendees belong to the workspace of what they are of: nobody has to say it twice.
CREATE FUNCTION almanac_workspace_of_task() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.ws_id := coalesce(NEW.ws_id, (SELECT t.ws_id FROM tasks t WHERE t.id = NEW.task_id));
    RETURN NEW;
END $$;
CREATE TRIGGER task_assignees_workspace BEFORE INSERT ON task_assignees
    FOR EACH ROW EXECUTE FUNCTION almanac_workspace_of_task();

CREATE FUNCTION almanac_workspace_of_meeting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.ws_id := coalesce(NEW.ws_id, (SELECT m.ws_id FROM meetings m WHERE m.id = NEW.meeting_id));
    RETURN NEW;
END $$;
CREATE TRIGGER meeting_attendees_workspace BEFORE INSERT ON meeting_attendees
    FOR EACH ROW EXECUTE FUNCTION almanac_workspace_of_meeting();
