-- Smart scheduling: what is to be placed, where it was placed, what ran.
-- Table and column names follow the system that Almanac replaces where it has them.

CREATE DOMAIN scheduling_priority AS text CHECK (VALUE IN ('critical', 'high', 'normal', 'low'));

-- 31 days: what the planner takes as one piece of work.
CREATE DOMAIN scheduling_minutes AS integer CHECK (VALUE BETWEEN 1 AND 44640);

CREATE TABLE tasks (
    id                         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    ws_id                      uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    creator_id                 text,
    title                      text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 255),
    priority                   scheduling_priority NOT NULL DEFAULT 'normal',
    total_minutes              scheduling_minutes, -- null = not estimated, so it cannot be planned
    done_minutes               integer NOT NULL DEFAULT 0 CHECK (done_minutes >= 0), -- outside its blocks: a block that has begun counts by itself
    is_splittable              boolean NOT NULL DEFAULT false,
    min_split_duration_minutes scheduling_minutes, -- null = 30, or what is left if that is less
    max_split_duration_minutes scheduling_minutes, -- null = no limit
    start_date                 timestamptz, -- nothing of it before
    end_date                   timestamptz, -- the deadline
    deadline_type              text NOT NULL DEFAULT 'soft' CHECK (deadline_type IN ('soft', 'hard')), -- hard = rather not at all than late
    calendar_hours             text NOT NULL DEFAULT 'personal' CHECK (calendar_hours <> ''), -- a type of workspace_calendar_hour_settings
    auto_schedule              boolean NOT NULL DEFAULT true,
    completed_at               timestamptz,
    created_at                 timestamptz NOT NULL DEFAULT now(),
    updated_at                 timestamptz NOT NULL DEFAULT now(),
    UNIQUE (id, ws_id),
    CHECK (min_split_duration_minutes <= max_split_duration_minutes),
    CHECK (start_date < end_date)
);
CREATE INDEX tasks_to_plan ON tasks (ws_id) WHERE auto_schedule AND completed_at IS NULL;

-- task_id begins only after depends_on_task_id has ended. Circles are found when the plan is made.
CREATE TABLE task_dependencies (
    ws_id              uuid NOT NULL,
    task_id            uuid NOT NULL,
    depends_on_task_id uuid NOT NULL,
    PRIMARY KEY (task_id, depends_on_task_id),
    FOREIGN KEY (task_id, ws_id) REFERENCES tasks (id, ws_id) ON DELETE CASCADE,
    FOREIGN KEY (depends_on_task_id, ws_id) REFERENCES tasks (id, ws_id) ON DELETE CASCADE,
    CHECK (task_id <> depends_on_task_id)
);
CREATE INDEX task_dependencies_ws_id ON task_dependencies (ws_id);

-- A recurring wish. Weekdays are numbers from 0 = Sunday, as in the system replaced.
CREATE TABLE workspace_habits (
    id                   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    ws_id                uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    creator_id           text,
    name                 text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 255),
    color                calendar_color NOT NULL DEFAULT 'BLUE',
    priority             scheduling_priority NOT NULL DEFAULT 'normal',
    calendar_hours       text NOT NULL DEFAULT 'personal' CHECK (calendar_hours <> ''),
    duration_minutes     integer NOT NULL DEFAULT 30 CHECK (duration_minutes BETWEEN 1 AND 1440), -- preferred
    min_duration_minutes integer CHECK (min_duration_minutes > 0), -- null = as preferred
    max_duration_minutes integer CHECK (max_duration_minutes <= 1440), -- null = as preferred
    ideal_time           time, -- in the workspace's zone; goes before time_preference
    time_preference      text CHECK (time_preference IN ('morning', 'afternoon', 'evening', 'night')),
    frequency            text NOT NULL DEFAULT 'daily' CHECK (frequency IN ('daily', 'weekly', 'monthly', 'yearly')),
    recurrence_interval  integer NOT NULL DEFAULT 1 CHECK (recurrence_interval BETWEEN 1 AND 1000), -- every N, counted from start_date
    days_of_week         integer[] CHECK (days_of_week <@ '{0,1,2,3,4,5,6}' AND days_of_week <> '{}'), -- weekly; null = that of start_date
    monthly_type         text CHECK (monthly_type IN ('day_of_month', 'day_of_week')),
    day_of_month         integer CHECK (day_of_month BETWEEN 1 AND 31), -- 31 in a shorter month = its last day; null = that of start_date
    week_of_month        integer CHECK (week_of_month BETWEEN 1 AND 5), -- 5 = the last one
    day_of_week_monthly  integer CHECK (day_of_week_monthly BETWEEN 0 AND 6),
    start_date           date NOT NULL DEFAULT current_date,
    end_date             date, -- inclusive
    instances_per_day    integer NOT NULL DEFAULT 1 CHECK (instances_per_day BETWEEN 1 AND 12), -- of duration_minutes each
    dependency_habit_id  uuid,
    dependency_type      text CHECK (dependency_type IN ('after', 'before')),
    is_active            boolean NOT NULL DEFAULT true,
    auto_schedule        boolean NOT NULL DEFAULT true,
    created_at           timestamptz NOT NULL DEFAULT now(),
    updated_at           timestamptz NOT NULL DEFAULT now(),
    UNIQUE (id, ws_id),
    FOREIGN KEY (dependency_habit_id, ws_id) REFERENCES workspace_habits (id, ws_id) ON DELETE SET NULL (dependency_habit_id),
    CHECK (min_duration_minutes <= duration_minutes AND duration_minutes <= coalesce(max_duration_minutes, duration_minutes)),
    CHECK (start_date <= end_date),
    CHECK (monthly_type <> 'day_of_week' OR (week_of_month IS NOT NULL AND day_of_week_monthly IS NOT NULL)),
    CHECK (dependency_habit_id IS NULL OR (dependency_type IS NOT NULL AND dependency_habit_id <> id))
);
CREATE INDEX workspace_habits_to_plan ON workspace_habits (ws_id) WHERE is_active AND auto_schedule;

CREATE TABLE habit_skipped_occurrences (
    ws_id           uuid NOT NULL,
    habit_id        uuid NOT NULL,
    occurrence_date date NOT NULL,
    created_by      text,
    created_at      timestamptz NOT NULL DEFAULT now(),
    revoked_at      timestamptz, -- not skipped after all
    PRIMARY KEY (habit_id, occurrence_date),
    FOREIGN KEY (habit_id, ws_id) REFERENCES workspace_habits (id, ws_id) ON DELETE CASCADE
);

-- Opening hours of a category: {"monday": {"enabled": true, "timeBlocks": [{"startTime": "09:00", "endTime": "17:00"}]}, …}.
-- A block that ends before it begins runs over midnight. work, personal and meeting are 07:00-23:00 without a row.
CREATE TABLE workspace_calendar_hour_settings (
    ws_id      uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    type       text NOT NULL CHECK (type <> ''),
    data       jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (ws_id, type)
);

ALTER TABLE workspace_calendar_events ADD UNIQUE (id, ws_id);

-- Which block is which piece of a task. The task's end leaves the row behind: the next plan takes its blocks away.
CREATE TABLE task_calendar_events (
    event_id          uuid PRIMARY KEY,
    ws_id             uuid NOT NULL,
    task_id           uuid,
    scheduled_minutes scheduling_minutes NOT NULL, -- of work; the block is this on the quarter-hour grid
    scheduling_reason text,
    started_at        timestamptz, -- its owner said so; a block whose time has come counts as started anyway
    completed         boolean NOT NULL DEFAULT false,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (event_id, ws_id) REFERENCES workspace_calendar_events (id, ws_id) ON DELETE CASCADE,
    FOREIGN KEY (task_id, ws_id) REFERENCES tasks (id, ws_id) ON DELETE SET NULL (task_id)
);
CREATE INDEX task_calendar_events_task ON task_calendar_events (task_id);
CREATE INDEX task_calendar_events_ws_id ON task_calendar_events (ws_id);

-- Which block is which occurrence of a habit: the date it is for, and which of several that day.
CREATE TABLE habit_calendar_events (
    event_id          uuid PRIMARY KEY,
    ws_id             uuid NOT NULL,
    habit_id          uuid,
    occurrence_date   date NOT NULL, -- in the workspace's zone
    instance          integer NOT NULL DEFAULT 1 CHECK (instance >= 1),
    scheduled_minutes scheduling_minutes NOT NULL,
    scheduling_reason text,
    started_at        timestamptz,
    completed         boolean NOT NULL DEFAULT false,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    UNIQUE (habit_id, occurrence_date, instance),
    FOREIGN KEY (event_id, ws_id) REFERENCES workspace_calendar_events (id, ws_id) ON DELETE CASCADE,
    FOREIGN KEY (habit_id, ws_id) REFERENCES workspace_habits (id, ws_id) ON DELETE SET NULL (habit_id)
);
CREATE INDEX habit_calendar_events_ws_id ON habit_calendar_events (ws_id);

-- One row a planning run.
CREATE TABLE workspace_scheduling_metadata (
    id               uuid PRIMARY KEY,
    ws_id            uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    source           text NOT NULL CHECK (source IN ('schedule', 'manual', 'push', 'continuation', 'batch')),
    user_id          text,
    request_id       text,
    window_days      integer NOT NULL CHECK (window_days BETWEEN 7 AND 90),
    force_reschedule boolean NOT NULL,
    apply            text NOT NULL CHECK (apply IN ('safe', 'full')),
    status           text NOT NULL CHECK (status IN ('running', 'completed', 'failed', 'skipped')),
    outcome          text, -- docs/jobs.md names them
    fence            bigint,
    started_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at      timestamptz,
    retry_after      double precision, -- seconds, when the answer is "later"
    window_start     timestamptz, -- nothing was placed before
    window_end       timestamptz, -- or after
    attempts         integer NOT NULL DEFAULT 0, -- plans made: more than one when the calendar changed meanwhile
    tasks            integer NOT NULL DEFAULT 0,
    habits           integer NOT NULL DEFAULT 0, -- occurrences wanted
    scheduled        integer NOT NULL DEFAULT 0, -- of both
    late             integer NOT NULL DEFAULT 0,
    partial          integer NOT NULL DEFAULT 0,
    unscheduled      integer NOT NULL DEFAULT 0,
    at_risk          integer NOT NULL DEFAULT 0,
    left_out         integer NOT NULL DEFAULT 0, -- unusable rows
    inserted         integer NOT NULL DEFAULT 0, -- blocks
    moved            integer NOT NULL DEFAULT 0,
    deleted          integer NOT NULL DEFAULT 0,
    unchanged        integer NOT NULL DEFAULT 0,
    objective        double precision, -- points; less is better
    load_ms          integer NOT NULL DEFAULT 0,
    plan_ms          integer NOT NULL DEFAULT 0,
    total_ms         integer NOT NULL DEFAULT 0,
    warnings         jsonb NOT NULL DEFAULT '[]', -- per item that is not simply in its place: kind, id, status, reason, hint
    error_type       text,
    error            text CHECK (char_length(error) <= 1000),
    CHECK ((status = 'running') = (finished_at IS NULL)),
    CHECK ((status = 'running') = (outcome IS NULL)),
    CHECK (status <> 'failed' OR error_type IS NOT NULL)
);
CREATE INDEX workspace_scheduling_metadata_ws_id ON workspace_scheduling_metadata (ws_id, started_at DESC);
CREATE UNIQUE INDEX workspace_scheduling_metadata_one_running ON workspace_scheduling_metadata (ws_id) WHERE status = 'running';
