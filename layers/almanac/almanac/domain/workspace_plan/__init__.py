"""Planning a workspace: its rows into a planning problem, and the plan back into changes of its blocks."""
