"""The planner: tasks and habits into free time, pure and deterministic.

`document/` reads a planning instance and writes a schedule, `model/` is the problem on its slot grid and the plan that
answers it, `search/` looks for a good one, `explain/` says why it is as it is. `planner.plan` is all of it in one call.
"""
