"""A plan on the terminal: the week drawn, and the plan as text."""
