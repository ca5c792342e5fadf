"""Several people in one workspace: whose time is planned, who works on what, and meetings."""
