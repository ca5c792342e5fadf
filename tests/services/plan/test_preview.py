"""What a planning run would come to, with a workspace in memory."""

from contextlib import nullcontext
from functools import partial
from typing import Any, NoReturn
from uuid import UUID

import pytest

from almanac.adapters.recurrence import dates_between
from almanac.domain.workspace_plan.snapshot import LoadWindow, Workspace
from almanac.errors import UnknownWorkspace
from almanac.presentation.wording import words
from almanac.services.plan.apply import ApplyPlan, job_of
from almanac.services.plan.proposal import PlanPreview
from almanac.services.plan.run import PlanWorkspace, TimezoneMissing
from almanac.services.plan.solve import solve_request
from tests.domain.workspace_plan.builders import NOW, task, workspace
from tests.services.operations.fakes import OTHER, WS, Workspaces


class Rows:
    """PlanStore of one workspace, which may only be read."""

    def __init__(self, found: Workspace) -> None:
        self.found = found

    def load(self, ws_id: UUID, reach: LoadWindow) -> Workspace:
        assert ws_id == WS
        return self.found

    def refuse(self, *_given: Any, **_named: Any) -> NoReturn:
        raise AssertionError("a preview writes nothing and takes no lease")

    begin_run = prolong = apply = finish_run = refuse


def preview(found: Workspace, ws_id: UUID = WS, *, safe: bool = False) -> PlanPreview:
    rows = Rows(found)
    plan = PlanWorkspace(rows, partial(solve_request, wording=words), dates_between, lambda: NOW, 0.05)
    return ApplyPlan(Workspaces(), plan, rows, lambda _ws: None, lambda _ws, _shown: {}, nullcontext).preview(
        job_of(ws_id, 7, force_reschedule=False, safe=safe)
    )


def test_a_plan_that_fits_would_be_planned() -> None:
    found = preview(workspace(tasks=(task(1, 60),)), safe=True)

    assert (found.workspace_name, found.report.outcome, found.report.success) == ("Team", "planned", True)
    assert [new.owner for new in found.proposal.changes.inserted] == [UUID(int=1)]


def test_a_plan_that_leaves_something_out_would_be_refused_when_it_has_to_be_safe() -> None:
    crowded = workspace(tasks=(task(1, 6000),))

    assert preview(crowded, safe=True).report.outcome == "blocked"
    assert preview(crowded).report.outcome != "blocked"


def test_without_workspace_or_zone_there_is_none() -> None:
    with pytest.raises(UnknownWorkspace):
        preview(workspace(), OTHER)
    with pytest.raises(TimezoneMissing):
        preview(workspace(time_zone=None))
