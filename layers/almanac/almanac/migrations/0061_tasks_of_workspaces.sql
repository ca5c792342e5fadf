-- Lists of a workspace's tasks, whether or not Almanac plans them: tasks_to_plan has only what it does.
CREATE INDEX tasks_of_workspace ON tasks (ws_id, completed_at);
