"""Workspaces, connections, runs, summary and queues, as operators look at them; rows in memory."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from almanac.domain.operations.queue_depth import QueueDepth
from almanac.domain.operations.run_statistics import Behind, ProviderCalls, RunStatistics
from almanac.domain.operations.runs import SyncRunDetails
from almanac.domain.operations.workspaces import ListedAccount
from almanac.errors import BadInput, BadSettings, UnknownWorkspace
from almanac.services.operations.accounts import Accounts
from almanac.services.operations.connections import Connections
from almanac.services.operations.queues import QueueDepths
from almanac.services.operations.run_summary import RunSummary
from almanac.services.operations.runs import RunHistory
from almanac.services.operations.workspaces import Workspaces as AddWorkspaces
from tests.services.operations.fakes import (
    ACCOUNT,
    NOON,
    OTHER,
    RUN,
    WS,
    Runs,
    Switches,
    Workspaces,
    calendar,
    sync_run,
)


class TestWorkspaces:
    def test_a_new_one_gets_an_id_of_its_own(self) -> None:
        store = Workspaces(known={})

        first, second = (AddWorkspaces(store).add("Team", "UTC") for _ in range(2))

        assert first != second
        assert store.known == {first: ("Team", "UTC"), second: ("Team", "UTC")}

    def test_a_known_one_is_found_again_or_is_another(self) -> None:
        workspaces = AddWorkspaces(Workspaces())

        assert workspaces.add("Team", "Europe/Berlin", WS) == WS
        for name, zone in (("Other", "Europe/Berlin"), ("Team", "UTC")):
            with pytest.raises(BadInput, match=r"id: workspace .* exists with another name or time zone"):
                workspaces.add(name, zone, WS)

    def test_a_name_stands_for_the_one_workspace_that_has_it(self) -> None:
        workspaces = AddWorkspaces(Workspaces(known={WS: ("Team", "UTC"), OTHER: ("Twin", None), RUN: ("twin", None)}))

        assert workspaces.named("team") == WS
        with pytest.raises(BadInput, match="`almanac workspace list`"):
            workspaces.named("Nobody")
        assert workspaces.shares_name("Twin")
        assert not workspaces.shares_name("Team")
        with pytest.raises(BadInput, match=f"2 workspaces have that name; give the id of one: {OTHER}, {RUN}"):
            workspaces.named("Twin")

    def test_a_zone_or_a_name_is_changed_alone(self) -> None:
        workspaces = AddWorkspaces(Workspaces(known={WS: ("Team", None)}))

        assert workspaces.set(WS, None, "Asia/Kathmandu") == ("Team", "Asia/Kathmandu", False)
        assert workspaces.set(WS, weekly_report=True) == ("Team", "Asia/Kathmandu", True)
        assert workspaces.set(WS, "Crew", None) == ("Crew", "Asia/Kathmandu", True)
        with pytest.raises(UnknownWorkspace):
            workspaces.set(OTHER, "Crew", None)


def leave(_ws_id: UUID, _account_id: UUID, _blocks: str) -> int:
    """Nothing of ours is anywhere."""
    return 0


def stop_watching(_ws_id: UUID, _account_id: UUID) -> int:
    """Nothing rings."""
    return 0


class TestAccounts:
    def account(self, number: int, email: str = "ada@example.test") -> ListedAccount:
        return ListedAccount(UUID(int=number), WS, "Team", email, "ada", "active", None, 2, 1)

    def test_one_is_disconnected_by_its_id_or_its_only_address(self) -> None:
        switches = Switches([self.account(1), self.account(2), self.account(3, "bo@example.test")])
        accounts = Accounts(Workspaces(), Workspaces(), switches, leave, stop_watching)

        assert accounts.disconnect(WS, "Bo@example.test").status == "disconnected"
        accounts.disconnect(WS, str(UUID(int=1)))
        assert switches.disconnected == [UUID(int=3), UUID(int=1)]
        with pytest.raises(BadInput, match=f"give the id of one: {UUID(int=1)}, {UUID(int=2)}"):
            accounts.disconnect(WS, "ada@example.test")
        with pytest.raises(BadInput, match="`almanac account list"):
            accounts.disconnect(WS, "cy@example.test")

    def test_a_calendar_is_switched_in_every_account_that_has_it(self) -> None:
        both = [calendar("team", connection_id=UUID(int=n), name="Team") for n in (1, 2)]
        other = [calendar(f"c{n}", connection_id=UUID(int=n), name="Climbing") for n in (3, 4)]
        store, switches = Workspaces(calendars=[*both, *other]), Switches()
        accounts = Accounts(store, store, switches, leave, stop_watching)

        assert accounts.switch(WS, "team", on=False) == both
        accounts.switch(WS, str(UUID(int=3)), on=True)
        assert switches.switched == [(UUID(int=1), False), (UUID(int=2), False), (UUID(int=3), True)]
        with pytest.raises(BadInput, match="several calendars have that name; give the id of one: c3, c4"):
            accounts.switch(WS, "climbing", on=False)
        with pytest.raises(BadInput, match="`almanac connections"):
            accounts.switch(WS, "Nothing", on=False)


def test_connections_are_those_of_a_known_workspace_or_of_one_account() -> None:
    store = Workspaces(calendars=[calendar("a"), calendar("b", account_id=uuid4())])
    connections = Connections(store, store)

    assert [each.calendar_id for each in connections(WS)] == ["a", "b"]
    assert [each.calendar_id for each in connections(WS, ACCOUNT)] == ["a"]
    with pytest.raises(UnknownWorkspace):
        connections(OTHER)


class TestRunHistory:
    def test_of_one_workspace_or_of_all(self) -> None:
        runs = Runs([sync_run()])
        history = RunHistory(Workspaces(), runs)

        assert history.latest(None, job=None, failed=False, limit=3) == runs.runs
        assert history.latest(WS, job="sync", failed=True, limit=5) == runs.runs
        assert runs.asked == [(None, None, False, 3), (WS, "sync", True, 5)]

    def test_of_an_unknown_workspace_nothing_is_asked(self) -> None:
        runs = Runs()

        with pytest.raises(UnknownWorkspace):
            RunHistory(Workspaces(), runs).latest(OTHER, job=None, failed=False, limit=3)
        assert runs.asked == []

    def test_one_run_is_there_or_the_id_is_bad(self) -> None:
        details = SyncRunDetails(sync_run(), [])
        history = RunHistory(Workspaces(), Runs(details={RUN: details}))

        assert history.run(RUN) is details
        with pytest.raises(BadInput, match="run_id: no run"):
            history.run(uuid4())


@dataclass
class Counted:
    """CountedRuns without a run."""

    asked: list[tuple[UUID | None, datetime, datetime, int]] = field(default_factory=list)

    def statistics(self, ws_id: UUID | None, since: datetime, now: datetime, limit: int) -> RunStatistics:
        self.asked.append((ws_id, since, now, limit))
        return RunStatistics([], [], ProviderCalls(10, 5, NOON), [], {})

    def behind(self, ws_ids: Collection[UUID] | None, now: datetime, limit: int) -> Behind:
        return Behind([], {})


def test_a_summary_is_of_the_span_until_now() -> None:
    counted = Counted()
    summary = RunSummary(Workspaces(), counted, lambda: NOON, quota_per_minute=20)

    report = summary(WS, timedelta(hours=2), 7)

    assert counted.asked == [(WS, NOON - timedelta(hours=2), NOON, 7)]
    assert (report.since, report.until, report.ws_id) == (NOON - timedelta(hours=2), NOON, WS)
    assert (report.peak_share, report.all_behind) == (0.25, {"sync": 0, "schedule": 0})
    with pytest.raises(UnknownWorkspace):
        summary(OTHER, timedelta(hours=2), 7)


class Measured:
    """MeasuredQueues in which one message waits."""

    def depth(self, job_kind: str) -> QueueDepth:
        return QueueDepth(1, 0, None, 0)


def test_only_queues_that_there_are_are_measured() -> None:
    assert list(QueueDepths(Measured(), {"calendar.schedule", "calendar.sync"})()) == ["sync", "schedule"]
    assert list(QueueDepths(Measured(), {"calendar.schedule"})()) == ["schedule"]
    with pytest.raises(BadSettings, match="ALMANAC_SYNC_QUEUE_URL: missing"):
        QueueDepths(Measured(), set())()
