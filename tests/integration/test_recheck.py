"""What changes while a pass is being paged, under either reading of Google's `nextSyncToken`.

"Changed since this result was returned": the simulator's `first_moment` takes the whole listing for the result,
`each_moment` the last page of it.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from almanac.jobs import CalendarSync
from local.google_simulator.api.listing import listing_place
from local.google_simulator.simulator import Simulator
from tests.integration.team import Team

pytestmark = [pytest.mark.integration, pytest.mark.parametrize("paging", ["first_moment", "each_moment"])]

PAGE = "5"
_NINE = (("start", "09"), ("end", "10"))


@pytest.fixture
def simulator(paging: str) -> Iterator[Simulator]:
    with Simulator(seed=7) as simulator:
        simulator.commands.configure({"paging": paging})
        yield simulator


@pytest.fixture
def team(make_team: Callable[..., Team]) -> Team:
    return make_team(ALMANAC_SYNC_PAGE_SIZE=PAGE)


def before_request(team: Team, nth: int, act: Callable[[], object]) -> None:
    """Do something at Google's when the nth listing from now on is asked for."""
    google, real = team.wiring.google, team.wiring.google.list_events
    asked = iter(range(1, 1000))

    def list_events(*arguments: Any) -> Any:
        if next(asked) == nth:
            act()
        return real(*arguments)

    google.list_events = list_events  # type: ignore[method-assign]


def filled(team: Team, events: int = 12) -> tuple[str, list[str]]:
    """A calendar, and its events in the order in which they are listed."""
    (calendar,) = team.connect()
    ids = [team.add(calendar, f"event {n}")["id"] for n in range(events)]
    return calendar, sorted(ids, key=listing_place)


def test_a_listing_of_one_page_is_asked_for_once(team: Team) -> None:
    (calendar,) = team.connect()
    team.add(calendar)

    assert team.sync().tally.api_calls == 2  # a token, and the page
    assert len(team.listings()) == 1
    team.sync()
    assert len(team.listings()) == 2


def test_one_of_several_pages_is_followed_by_one_look_at_what_has_changed(team: Team) -> None:
    calendar, _ = filled(team)

    team.sync()

    shapes = [set(request["params"]) & {"timeMin", "syncToken", "updatedMin"} for request in team.listings()]
    assert shapes == [{"timeMin"}] * 3 + [{"updatedMin"}] * (len(shapes) - 3)
    assert team.stored() == team.truth(calendar)


@pytest.mark.parametrize("kind", ["changed", "deleted", "moved away"])
def test_what_happens_on_the_first_page_during_the_last_one_is_not_lost(team: Team, kind: str) -> None:
    calendar, ids = filled(team)
    away = {end: {"dateTime": "2040-01-01T10:00:00Z"} for end in ("start", "end")}
    acts: dict[str, Callable[[], object]] = {
        "changed": lambda: team.google.patch_event(calendar, ids[0], {"summary": "new"}),
        "deleted": lambda: team.google.delete_event(calendar, ids[0]),
        "moved away": lambda: team.google.patch_event(calendar, ids[0], away),
    }
    before_request(team, 3, acts[kind])

    team.sync()
    team.sync()

    assert {key: title for key, title in team.stored().items() if key in team.truth(calendar)} == team.truth(calendar)
    assert _in_window(team) == set(team.truth(calendar))


def _in_window(team: Team) -> set[str]:
    sql = "SELECT external_event_id FROM workspace_calendar_events WHERE start_at < now() + interval '180 days'"
    return {row[0] for row in team.database.run(sql)}


def test_an_event_that_the_look_has_seen_and_that_goes_at_once_leaves_no_ghost(team: Team) -> None:
    calendar, ids = filled(team)
    before_request(team, 2, lambda: team.google.patch_event(calendar, ids[0], {"summary": "new"}))
    added: list[str] = []

    def come() -> None:
        added.append(team.add(calendar, "comes")["id"])

    before_request(team, 4, come)
    before_request(team, 5, lambda: team.google.delete_event(calendar, added[0]) if added else None)

    team.sync()
    team.sync()

    assert team.stored() == team.truth(calendar)


def test_a_delta_of_several_pages_is_looked_after_as_well(team: Team) -> None:
    calendar, ids = filled(team, 4)
    team.sync()
    for event_id in ids:
        team.google.patch_event(calendar, event_id, {"summary": "changed"})
    more = sorted((team.add(calendar, f"more {n}")["id"] for n in range(8)), key=listing_place)
    first = min([*ids, *more], key=listing_place)
    before_request(team, 3, lambda: team.google.patch_event(calendar, first, {"summary": "late"}))

    team.sync()
    team.sync()

    assert team.stored() == team.truth(calendar)


def test_a_pass_that_was_interrupted_for_hours_is_looked_after_from_its_beginning(team: Team) -> None:
    calendar, ids = filled(team)
    pages = len(team.listings())

    def left() -> float:
        return 100.0 if len(team.listings()) - pages < 2 else 10.0

    use_case = team.wiring.sync_workspace
    assert use_case(CalendarSync(ws_id=team.ws_id, source="schedule"), None, left).outcome == "continued"
    team.google.patch_event(calendar, ids[0], {"summary": "new"})
    team.google.delete_event(calendar, ids[1])

    team.sync(source="continuation")
    team.sync()

    assert team.stored() == team.truth(calendar)


def test_time_that_ends_before_the_look_leaves_it_to_the_next_run(team: Team) -> None:
    calendar, ids = filled(team)
    before_request(team, 3, lambda: team.google.patch_event(calendar, ids[0], {"summary": "new"}))
    pages = len(team.listings())
    job = CalendarSync(ws_id=team.ws_id, source="schedule")
    first = team.wiring.sync_workspace(job, None, lambda: 100.0 if len(team.listings()) - pages < 3 else 10.0)
    assert first.outcome == "continued"

    team.sync(source="continuation")

    assert team.stored() == team.truth(calendar)
    assert team.sync().outcome == "incremental"


@pytest.mark.parametrize("how", ["shortened", "deleted"])
def test_a_series_that_loses_instances_meanwhile_loses_their_rows(team: Team, how: str) -> None:
    (calendar,) = team.connect()
    times = {end: {"dateTime": f"{team.now:%Y-%m-%d}T{at}:00:00Z", "timeZone": "UTC"} for end, at in _NINE}
    series = team.add(calendar, "Weekly", recurrence=["RRULE:FREQ=WEEKLY;COUNT=12"], **times)["id"]
    shorter = {"recurrence": ["RRULE:FREQ=WEEKLY;COUNT=3"]}
    acts: dict[str, Callable[[], object]] = {
        "shortened": lambda: team.google.patch_event(calendar, series, shorter),
        "deleted": lambda: team.google.delete_event(calendar, series),
    }
    before_request(team, 3, acts[how])

    team.sync()
    team.sync()

    assert team.stored() == team.truth(calendar)


def weekly(team: Team, calendar: str, event_id: str | None = None) -> list[str]:
    """A series of five weeks; returns the ids of its occurrences in the order in which they are listed."""
    times = {end: {"dateTime": f"{team.now:%Y-%m-%d}T{at}:00:00Z", "timeZone": "UTC"} for end, at in _NINE}
    body = {"summary": "Weekly", "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=5"], **times}
    series = team.google.insert_event(calendar, body, event_id=event_id)["id"]
    return sorted((key for key in team.truth(calendar) if key.startswith(f"{series}_")), key=listing_place)


@pytest.mark.parametrize("stored", [True, False])
def test_a_delta_of_several_pages_keeps_the_occurrences_of_an_event_that_repeats_by_now(
    team: Team, stored: bool
) -> None:
    """It tells the end of the single event under the id of the series, here a page after the occurrences."""
    (calendar,) = team.connect()
    days = [team.now + timedelta(weeks=week) for week in range(int(PAGE))]
    event_id = next(each for each in map("single{}".format, range(1000)) if _is_listed_after(each, days))
    times = {end: {"dateTime": f"{team.now:%Y-%m-%d}T{at}:00:00Z", "timeZone": "UTC"} for end, at in _NINE}
    team.google.step_clock(-3600)
    team.google.insert_event(calendar, {"summary": "Single", **times}, event_id=event_id)
    team.sync()
    if not stored:
        team.database.run("DELETE FROM workspace_calendar_events WHERE ws_id = :ws_id", ws_id=team.ws_id)
    team.google.patch_event(calendar, event_id, {"recurrence": [f"RRULE:FREQ=WEEKLY;COUNT={PAGE}"], **times})
    team.google.step_clock(3600)  # the look at what has changed meanwhile does not tell of it any more

    team.sync()

    assert len(team.truth(calendar)) == int(PAGE)
    assert team.stored() == team.truth(calendar)
    team.google.delete_event(calendar, event_id)
    team.sync()
    assert team.stored() == {}, "and nothing of it is remembered"


def _is_listed_after(event_id: str, days: Sequence[datetime]) -> bool:
    occurrences = [f"{event_id}_{day:%Y%m%d}T090000Z" for day in days]
    return listing_place(event_id) > max(map(listing_place, occurrences))


def test_a_series_that_changes_again_while_the_calendar_is_listed_again_is_met_once_more(team: Team) -> None:
    calendar, _ = filled(team)
    series = weekly(team, calendar)[0].rpartition("_")[0]
    pages = -(-len(team.truth(calendar)) // int(PAGE))
    look = -(-(12 + 1) // int(PAGE))

    def shorten(times: int) -> None:
        team.google.patch_event(calendar, series, {"recurrence": [f"RRULE:FREQ=WEEKLY;COUNT={times}"]})

    before_request(team, pages, lambda: shorten(4))
    before_request(team, pages + look + pages, lambda: shorten(1))

    team.sync()
    team.sync()

    assert team.stored() == team.truth(calendar)


def test_a_changed_occurrence_that_its_series_has_lost_is_no_event(team: Team) -> None:
    """A listing of what has changed tells it as itself; where occurrences are listed it is not shown."""
    calendar, _ = filled(team)
    last = max(weekly(team, calendar))
    team.google.patch_event(calendar, last, {"summary": "Changed before"})
    shorter = {"recurrence": ["RRULE:FREQ=WEEKLY;COUNT=3"]}
    team.google.patch_event(calendar, last.rpartition("_")[0], shorter)
    assert last not in team.truth(calendar)

    for _ in range(2):
        team.sync(mode="full")
        assert team.stored() == team.truth(calendar)
    assert len(team.listings()) < 30


@pytest.mark.parametrize("nth", [*range(4, 17)])
def test_an_occurrence_that_is_brought_back_meanwhile_is_an_event(team: Team, nth: int) -> None:
    calendar, _ = filled(team)
    back = weekly(team, calendar)[0]
    team.google.delete_event(calendar, back)
    before_request(team, nth, lambda: team.google.patch_event(calendar, back, {"status": "confirmed"}))

    team.sync(mode="full")
    team.sync()

    assert team.stored() == team.truth(calendar)


def test_time_that_ends_within_the_look_forgets_no_series(team: Team) -> None:
    """Its first page has nothing but series, which are no rows: the next run looks at all of it once more."""
    (calendar,) = team.connect()
    ids = sorted((f"chosen{n:03}" for n in range(int(PAGE) + 2)), key=listing_place)
    for event_id in ids[: int(PAGE)]:
        weekly(team, calendar, event_id)
    for event_id in ids[int(PAGE) :]:
        times = {end: {"dateTime": f"{team.now:%Y-%m-%d}T{at}:00:00Z"} for end, at in _NINE}
        team.google.insert_event(calendar, {"summary": "Single", **times}, event_id=event_id)
    shorter = {"recurrence": ["RRULE:FREQ=WEEKLY;COUNT=2"]}
    pages = -(-len(team.truth(calendar)) // int(PAGE))
    before_request(team, pages, lambda: team.google.patch_event(calendar, ids[0], shorter))
    job = CalendarSync(ws_id=team.ws_id, source="schedule")
    asked = lambda: len(team.listings())  # noqa: E731
    first = team.wiring.sync_workspace(job, None, lambda: 100.0 if asked() <= pages else 10.0)
    assert (first.outcome, asked()) == ("continued", pages + 1)

    team.sync(source="continuation")
    team.sync()

    assert team.stored() == team.truth(calendar)


def test_a_calendar_that_never_rests_ends_nevertheless(team: Team) -> None:
    calendar, ids = filled(team)
    google, real = team.wiring.google, team.wiring.google.list_events
    titles = iter(range(1000))

    def list_events(*arguments: Any) -> Any:
        team.google.patch_event(calendar, ids[0], {"summary": f"title {next(titles)}"})
        return real(*arguments)

    google.list_events = list_events  # type: ignore[method-assign]

    assert team.sync().status == "completed"
    assert len(team.listings()) < 30
    google.list_events = real  # type: ignore[method-assign]
    team.sync()
    assert team.stored() == team.truth(calendar)
