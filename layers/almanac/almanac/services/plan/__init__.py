"""Planning a workspace: one run, or a preview of one."""
