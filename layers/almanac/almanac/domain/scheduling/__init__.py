"""The planner: tasks and habits into free time, pure and deterministic.

problem = problem_of(read_instance(document).instance)
document = schedule_document(plan(problem), problem.zone)
"""

from almanac.domain.scheduling.build import problem_of
from almanac.domain.scheduling.document import schedule_document
from almanac.domain.scheduling.fields import InstanceError
from almanac.domain.scheduling.plan import Block, Finding, Plan, Summary
from almanac.domain.scheduling.planner import plan
from almanac.domain.scheduling.problem import Problem
from almanac.domain.scheduling.reading import Reading, read_instance

__all__ = [
    "Block",
    "Finding",
    "InstanceError",
    "Plan",
    "Problem",
    "Reading",
    "Summary",
    "plan",
    "problem_of",
    "read_instance",
    "schedule_document",
]
