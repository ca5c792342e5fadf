"""What the app owns of an event stays with the event: through deletion and return, and through a move."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from local.google_simulator.simulator import Simulator
from tests.integration.team import Team

pytestmark = pytest.mark.integration


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(seed=4) as simulator:
        yield simulator


OWNED = {"task_id": uuid4(), "locked": True, "color_override": "PINK"}


def own(team: Team, event_id: str, **fields: Any) -> UUID:
    """The app sets its fields on the event's row; returns the row's id."""
    values = OWNED | fields
    sql = (
        "UPDATE workspace_calendar_events SET task_id = :task_id, locked = :locked, color_override = :color_override"
        " WHERE ws_id = :ws_id AND external_event_id = :event_id RETURNING id"
    )
    ((row_id,),) = team.database.run(sql, ws_id=team.ws_id, event_id=event_id, **values)
    assert isinstance(row_id, UUID)
    return row_id


def rows_of(team: Team, event_id: str) -> list[list[Any]]:
    """Id, calendar and app-owned fields of every row of the event."""
    sql = (
        "SELECT id, external_calendar_id, task_id, locked, color_override FROM workspace_calendar_events"
        " WHERE ws_id = :ws_id AND external_event_id = :event_id ORDER BY external_calendar_id"
    )
    return [list(row) for row in team.database.run(sql, ws_id=team.ws_id, event_id=event_id)]


def keepsakes(team: Team) -> int:
    return int(team.database.run("SELECT count(*) FROM calendar_event_keepsakes")[0][0])


def revive(team: Team, calendar: str, event_id: str) -> None:
    team.google.patch_event(calendar, event_id, {"status": "confirmed"})


def test_an_event_that_comes_back_is_the_row_it_was(team: Team) -> None:
    (calendar,) = team.connect()
    event_id = team.add(calendar)["id"]
    team.sync()
    row_id = own(team, event_id)

    team.google.delete_event(calendar, event_id)
    team.sync()
    assert rows_of(team, event_id) == [], "readers see live events only"
    revive(team, calendar, event_id)
    team.sync()

    assert rows_of(team, event_id) == [[row_id, calendar, *OWNED.values()]]
    assert keepsakes(team) == 0


def test_nothing_is_kept_of_an_event_that_the_app_has_not_touched(team: Team) -> None:
    (calendar,) = team.connect()
    event_id = team.add(calendar)["id"]
    team.sync()

    team.google.delete_event(calendar, event_id)
    team.sync()

    assert rows_of(team, event_id) == []
    assert keepsakes(team) == 0


@pytest.mark.parametrize(("source", "destination"), [(0, 1), (1, 0)])
def test_what_the_app_owns_moves_with_the_event(team: Team, source: int, destination: int) -> None:
    calendars = team.connect(calendars=1)
    event_id = team.add(calendars[source])["id"]
    team.sync()
    own(team, event_id)

    team.google.move_event(calendars[source], event_id, calendars[destination])
    team.sync()

    assert [row[1:] for row in rows_of(team, event_id)] == [[calendars[destination], *OWNED.values()]]
    assert keepsakes(team) == 0


def test_a_move_that_is_seen_first_where_the_event_was_keeps_the_rows_id(team: Team) -> None:
    here, there = team.connect(calendars=1)
    event_id = team.add(here)["id"]
    team.sync()
    row_id = own(team, event_id)

    team.google.move_event(here, event_id, there)
    team.sync(calendar_id=here)
    assert rows_of(team, event_id) == []
    team.sync(calendar_id=there)

    assert rows_of(team, event_id) == [[row_id, there, *OWNED.values()]]


def test_a_move_that_is_seen_first_where_the_event_went_hands_the_fields_over(team: Team) -> None:
    here, there = team.connect(calendars=1)
    event_id = team.add(here)["id"]
    team.sync()
    own(team, event_id)
    task = link_to_a_task(team, event_id)

    team.google.move_event(here, event_id, there)
    team.sync(calendar_id=there)
    assert [row[1:3] for row in rows_of(team, event_id)] == sorted([[there, None], [here, OWNED["task_id"]]])
    team.sync(calendar_id=here)

    assert [row[1:] for row in rows_of(team, event_id)] == [[there, *OWNED.values()]]
    assert links(team) == [[rows_of(team, event_id)[0][0], task]]
    assert keepsakes(team) == 0


def test_fields_that_the_app_gave_the_moved_event_meanwhile_are_not_overwritten(team: Team) -> None:
    here, there = team.connect(calendars=1)
    event_id = team.add(here)["id"]
    team.sync()
    own(team, event_id)
    team.google.move_event(here, event_id, there)
    team.sync(calendar_id=there)
    newer = uuid4()
    sql = "UPDATE workspace_calendar_events SET task_id = :newer WHERE external_calendar_id = :there"
    team.database.run(sql, newer=newer, there=there)

    team.sync(calendar_id=here)

    assert [row[1:] for row in rows_of(team, event_id)] == [[there, newer, False, None]]


def test_a_colleagues_copy_of_a_meeting_does_not_inherit_from_the_one_that_is_cancelled(team: Team) -> None:
    here, copied = team.connect(calendars=1)
    event = team.add(here)
    team.google.insert_event(copied, {k: event[k] for k in ("start", "end", "organizer")}, event_id=event["id"])
    team.sync()
    sql = "UPDATE workspace_calendar_events SET locked = true WHERE external_calendar_id = :here"
    team.database.run(sql, here=here)

    team.google.delete_event(here, event["id"])
    team.sync()

    assert [row[1:] for row in rows_of(team, event["id"])] == [[copied, None, False, None]]
    revive(team, here, event["id"])
    team.sync()
    assert sorted(row[1:4] for row in rows_of(team, event["id"])) == sorted([[copied, None, False], [here, None, True]])


def test_an_event_that_a_lying_listing_had_swept_comes_back_as_it_was(team: Team) -> None:
    (calendar,) = team.connect()
    events = [team.add(calendar, f"event {number}")["id"] for number in range(3)]
    team.sync()
    before = {event_id: [[own(team, event_id), calendar, *OWNED.values()]] for event_id in events}
    team.inject("truncated_listing", path="*/events", count=1)

    assert team.sync(mode="full", source="manual").tally.deleted == 1
    assert keepsakes(team) == 1
    assert team.sync(mode="full").tally.inserted == 1

    assert {event_id: rows_of(team, event_id) for event_id in events} == before


@pytest.mark.parametrize("task_is_deleted", [False, True])
def test_a_link_comes_back_with_its_event(team: Team, task_is_deleted: bool) -> None:
    (calendar,) = team.connect()
    event_id = team.add(calendar)["id"]
    team.sync()
    task = link_to_a_task(team, event_id)
    row_id = rows_of(team, event_id)[0][0]

    team.google.delete_event(calendar, event_id)
    team.sync()
    assert links(team) == []
    if task_is_deleted:
        team.database.run("DELETE FROM tasks")
    revive(team, calendar, event_id)
    team.sync()

    assert links(team) == [[row_id, None if task_is_deleted else task]]


def test_a_habits_link_comes_back_unless_its_occurrence_was_placed_elsewhere(team: Team) -> None:
    (calendar,) = team.connect()
    event_id, elsewhere = (team.add(calendar, title)["id"] for title in ("swim", "swim elsewhere"))
    team.sync()
    sql = "INSERT INTO workspace_habits (ws_id, name) VALUES (:ws_id, 'Swim') RETURNING id"
    habit = team.database.run(sql, ws_id=team.ws_id)[0][0]
    link_to_a_habit(team, habit, event_id)
    row_id = rows_of(team, event_id)[0][0]

    for _ in range(2):
        team.google.delete_event(calendar, event_id)
        team.sync()
        revive(team, calendar, event_id)
        team.sync()
        assert team.database.run("SELECT event_id FROM habit_calendar_events") == [[row_id]]
    team.google.delete_event(calendar, event_id)
    team.sync()
    link_to_a_habit(team, habit, elsewhere)
    revive(team, calendar, event_id)
    team.sync()

    other_id = rows_of(team, elsewhere)[0][0]
    assert team.database.run("SELECT event_id FROM habit_calendar_events") == [[other_id]]
    assert rows_of(team, event_id)[0][0] == row_id


def test_a_row_id_that_was_given_away_meanwhile_costs_only_the_id(team: Team) -> None:
    (calendar,) = team.connect()
    event_id, other = (team.add(calendar, title)["id"] for title in ("ours", "other"))
    team.sync()
    row_id = own(team, event_id)
    team.google.delete_event(calendar, event_id)
    team.sync()
    sql = "UPDATE workspace_calendar_events SET id = :id WHERE external_event_id = :other"
    team.database.run(sql, id=row_id, other=other)

    revive(team, calendar, event_id)

    assert team.sync().status == "completed"
    assert [row[1:] for row in rows_of(team, event_id)] == [[calendar, *OWNED.values()]]


def link_to_a_task(team: Team, event_id: str) -> UUID:
    sql = "INSERT INTO tasks (ws_id, title) VALUES (:ws_id, 'Write') RETURNING id"
    task = team.database.run(sql, ws_id=team.ws_id)[0][0]
    sql = (
        "INSERT INTO task_calendar_events (event_id, ws_id, task_id, scheduled_minutes)"
        " SELECT id, ws_id, :task, 60 FROM workspace_calendar_events WHERE external_event_id = :event_id"
    )
    team.database.run(sql, task=task, event_id=event_id)
    assert isinstance(task, UUID)
    return task


def link_to_a_habit(team: Team, habit: UUID, event_id: str) -> None:
    sql = (
        "INSERT INTO habit_calendar_events (event_id, ws_id, habit_id, occurrence_date, scheduled_minutes)"
        " SELECT id, ws_id, :habit, '2026-03-02', 30 FROM workspace_calendar_events WHERE external_event_id = :event_id"
    )
    team.database.run(sql, habit=habit, event_id=event_id)


def links(team: Team) -> list[list[Any]]:
    return [list(row) for row in team.database.run("SELECT event_id, task_id FROM task_calendar_events")]
