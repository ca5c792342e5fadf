"""What a message may be: large, nested, replayed, forged, or sent twice. Who may send one is for IAM to say."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from almanac.cli.accounts import read_token_file
from almanac.domain.sync.report import SyncReport
from almanac.errors import BadInput, BadJob, Postponed, UnknownWorkspace
from almanac.jobs import parse_schedule, parse_sync, parse_tick, parse_upkeep
from almanac.services.queues.message_run import SqsMessage
from almanac.services.sync.ports import Lease
from tests.integration.team import Team
from tests.security.snapshot import snapshot

WS = "7d9f1c52-4d0b-4c39-9a55-0f6d3a1b2c01"
LARGEST_BODY = 2**20
"""Bytes of a message: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html."""
PADDING = "x" * (LARGEST_BODY - 200)


def body(**said: Any) -> str:
    return json.dumps({"ws_id": WS, **said})


@pytest.mark.parametrize("parse", [parse_sync, parse_schedule])
class TestOversized:
    def test_a_field_that_nobody_knows_costs_its_reading_only(self, parse: Callable[[str], Any]) -> None:
        job = parse(body(padding=PADDING))

        assert job.model_dump() == parse(body()).model_dump()
        assert job.ignored == ("padding",), "only its name is kept"

    @pytest.mark.parametrize("field", ["user_id", "request_id", "source", "ws_id", "version", "requested_at"])
    def test_a_field_that_is_known_is_refused_in_one_short_line(self, parse: Callable[[str], Any], field: str) -> None:
        with pytest.raises(BadJob) as raised:
            parse(body(**{field: PADDING}))

        assert len(str(raised.value)) < 300
        assert "xxxxxxxx" not in str(raised.value)

    @pytest.mark.parametrize("nest", ["[" * 400_000, '{"ws_id":' * 100_000, '{"a":' + "[" * 300_000])
    def test_a_nest_is_refused_and_breaks_nothing(self, parse: Callable[[str], Any], nest: str) -> None:
        with pytest.raises(BadJob, match="Invalid JSON"):
            parse(nest)

    def test_a_number_of_a_million_digits_is_refused(self, parse: Callable[[str], Any]) -> None:
        with pytest.raises(BadJob):
            parse(f'{{"ws_id": "{WS}", "version": {"9" * 1_000_000}}}')


@pytest.mark.parametrize("document", [PADDING, "[" * 400_000, json.dumps({"refresh_token": PADDING}), "\0", '{"a":1}'])
def test_a_token_file_of_any_size_is_refused_by_its_field(tmp_path: Any, document: str) -> None:
    file = tmp_path / "token.json"
    file.write_text(document)

    with pytest.raises(BadInput) as raised:
        read_token_file(str(file))

    assert len(str(raised.value)) < 300
    assert "xxxxxxxx" not in str(raised.value)


@pytest.mark.parametrize("event", [None, [], "calendar.sync", {"job": {"job": "calendar.sync"}}, {"job": "drop"}, 7])
def test_a_tick_of_another_shape_is_refused(event: object) -> None:
    for parse in (parse_tick, parse_upkeep):
        with pytest.raises(BadJob):
            parse(event)


def message(text: str, *, sent_at: datetime | None = None, message_id: str = "m-1") -> SqsMessage:
    return SqsMessage(text, message_id, "receipt", 1, sent_at or datetime.now(UTC))


@pytest.mark.integration
class TestForgedAndReplayed:
    @pytest.fixture
    def synced(self, team: Team) -> Team:
        """A team whose calendar is up to date."""
        (calendar,) = team.connect()
        team.add(calendar)
        assert team.sync(source="batch").status == "completed"
        return team

    def receive(self, team: Team, text: str, **how: Any) -> SyncReport:
        return team.wiring.receive_sync(message(text, **how), lambda: 300.0)

    def test_a_message_of_yesterday_is_not_needed_any_more(self, synced: Team) -> None:
        yesterday = datetime.now(UTC) - timedelta(days=1)
        requests = len(synced.listings())

        for source in ("schedule", "push", "batch"):
            asked = json.dumps({"ws_id": str(synced.ws_id), "source": source})
            assert self.receive(synced, asked, sent_at=yesterday).outcome == "superseded"

        assert len(synced.listings()) == requests

    def test_a_message_twice_is_one_run(self, synced: Team) -> None:
        sent_at = datetime.now(UTC) - timedelta(seconds=2)
        synced.database.run("UPDATE workspace_calendar_sync_log SET started_at = now() - interval '1 hour'")
        asked = json.dumps({"ws_id": str(synced.ws_id), "source": "push"})

        outcomes = [self.receive(synced, asked, sent_at=sent_at).outcome for _ in range(2)]

        assert outcomes == ["incremental", "superseded"]

    @pytest.mark.parametrize(
        "said",
        [
            {"source": "continuation", "requested_at": "0001-01-01T00:00:00+14:00"},
            {"source": "continuation", "requested_at": "9999-12-31T23:59:59-12:00"},
            {"source": "schedule", "requested_at": "1970-01-01T00:00:00Z"},
            {"source": "push", "force": True, "mode": "full", "requested_at": "9999-12-31T23:59:59Z"},
            {"source": "manual", "user_id": "somebody else", "request_id": "r-1", "force": True},
        ],
    )
    def test_whatever_it_says_about_itself_the_rows_are_googles(self, synced: Team, said: dict[str, Any]) -> None:
        calendar = "ada@example.test"

        report = self.receive(synced, json.dumps({"ws_id": str(synced.ws_id), **said}))

        assert report.status == "completed"
        assert synced.stored(calendar) == synced.truth(calendar)
        assert (report.tally.updated, report.tally.deleted) == (0, 0)

    def test_one_for_a_workspace_that_is_none_is_poison(self, team: Team) -> None:
        with pytest.raises(UnknownWorkspace):
            self.receive(team, json.dumps({"ws_id": str(uuid4())}))

    def test_a_calendar_of_another_workspace_is_unknown(self, synced: Team, make_team: Callable[..., Team]) -> None:
        stranger = make_team()
        before = snapshot(synced.database, synced.ws_id)

        asked = {"ws_id": str(stranger.ws_id), "calendar_id": "ada@example.test"}
        report = self.receive(stranger, json.dumps(asked))

        assert (report.status, report.error_type) == ("failed", "unknown_calendar")
        assert snapshot(synced.database, synced.ws_id) == before

    def test_in_another_workspaces_group_it_still_waits_for_its_own_workspace(
        self, synced: Team, make_team: Callable[..., Team]
    ) -> None:
        """The body names the workspace and the lease keeps its runs apart: a wrong group brings nothing but a wait."""
        other = make_team()
        before = snapshot(synced.database, synced.ws_id)
        held = other.wiring.sync_runs.begin_run(parse_sync(json.dumps({"ws_id": str(other.ws_id)})), uuid4(), None)
        assert isinstance(held, Lease)

        with pytest.raises(Postponed, match="already_running"):
            self.receive(synced, json.dumps({"ws_id": str(other.ws_id), "source": "push"}))

        assert snapshot(synced.database, synced.ws_id) == before
