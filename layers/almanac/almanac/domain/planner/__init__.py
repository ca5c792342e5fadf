"""The planner: tasks and habits into free time, pure and deterministic.

`document/` reads a planning instance and writes a schedule, `model/` is the problem on its slot grid and its plan,
`search/` finds a good plan, `explain/` gives the reasons for it. `planner.plan` is all of it in one call.
"""
