"""The law of the sync: however a history is cut into deltas, and whatever fails on the way, Postgres ends as Google."""

from contextlib import closing

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from almanac.adapters.migrations import migrate
from local.google_simulator.simulator import Simulator
from local.postgres import Postgres
from tests.integration.team import Team

pytestmark = pytest.mark.integration

STEPS = st.one_of(
    st.tuples(st.just("churn"), st.integers(1, 12)),
    st.tuples(st.just("sync"), st.sampled_from(["auto", "full", "incremental"])),
    st.tuples(st.just("sync"), st.just("auto")),
    st.tuples(st.just("expire sync tokens"), st.none()),
    st.tuples(st.just("forget tombstones"), st.none()),
    st.tuples(st.just("expire access tokens"), st.none()),
    st.tuples(
        st.just("fault"),
        st.sampled_from(
            [
                "error",
                "cut_within",
                "empty_page",
                "short_page",
                "empty_listing",
                "truncated_listing",
                "drop_sync_token",
                "duplicate_item",
            ]
        ),
    ),
    st.tuples(st.just("hurried sync"), st.just("auto")),
)
SMALL_PAGES = {"ALMANAC_SYNC_PAGE_SIZE": "7", "ALMANAC_SYNC_RESERVE_SECONDS": "25"}


@pytest.fixture(scope="module")
def database_url(postgres: Postgres) -> str:
    url = postgres.create_database("convergence")
    migrate(url)
    return url


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(
    history=[
        ("churn", 1),
        ("sync", "auto"),
        ("expire sync tokens", None),
        ("churn", 10),
        ("hurried sync", "auto"),
        ("churn", 1),
    ],
    seed=16,
)  # rows of a first reading that were gone before the second
@example(
    history=[("sync", "auto"), ("churn", 6), ("hurried sync", "auto"), ("churn", 5)], seed=26
)  # deleted, and brought back
@example(
    history=[("churn", 1), ("churn", 1), ("fault", "truncated_listing"), ("hurried sync", "auto")], seed=1
)  # a full pass that was asked for must not go on where a lying one stopped
@given(history=st.lists(STEPS, min_size=3, max_size=14), seed=st.integers(1, 5_000))
def test_any_history_in_any_cut_ends_equal_to_google(
    database_url: str, history: list[tuple[str, object]], seed: int
) -> None:
    with Simulator(seed=seed) as simulator, closing(Team(simulator, database_url, **SMALL_PAGES)) as team:
        (calendar,) = team.connect()
        simulator.loading.populate(calendar, calendars=1, events=20, seed=seed + 10_000)
        for number, (step, value) in enumerate(history):
            play(team, calendar, step, value, seed + number)
        team.google.clear_faults()
        marks = mark_rows(team)

        # A listing that hid events and yet gave its token can only be mended by a full pass: no delta brings them.
        lied = any(value in ("empty_listing", "truncated_listing") for _, value in history)
        report = team.sync(source="manual", force=True, mode="full" if lied else "auto")

        assert report.status == "completed", report
        assert team.stored(calendar) == team.truth(calendar)
        kept = kept_marks(team)
        assert kept.items() <= marks.items()
        # Deleted means deleted: an event that Google deleted and brought back within these deltas is a new row.
        assert len(marks.keys() & team.stored(calendar).keys() - kept.keys()) <= report.tally.deleted


def play(team: Team, calendar: str, step: str, value: object, seed: int) -> None:
    simulator = team.simulator
    match step, value:
        case "churn", int():
            simulator.loading.churn(calendar, value, seed=seed)
        case "sync", str():
            team.sync(mode=value, source="manual", force=True)
        case "hurried sync", _:
            team.sync(seconds=5, source="manual", force=True)
        case "expire sync tokens", _:
            simulator.commands.expire_sync_tokens(calendar)
        case "forget tombstones", _:
            simulator.commands.forget_tombstones(calendar)
        case "expire access tokens", _:
            simulator.commands.expire_access_tokens(calendar)
        case "fault", str():
            team.inject(value, path="*/events", nth=1 + seed % 3, times=1 + seed % 2, count=5)


def mark_rows(team: Team) -> dict[str, str]:
    """Give every row an app-owned mark of its own."""
    team.database.run(
        "UPDATE workspace_calendar_events SET task_id = gen_random_uuid(), locked = true WHERE ws_id = :ws_id",
        ws_id=team.ws_id,
    )
    return kept_marks(team)


def kept_marks(team: Team) -> dict[str, str]:
    sql = (
        "SELECT external_event_id, task_id FROM workspace_calendar_events WHERE ws_id = :ws_id AND task_id IS NOT NULL"
    )
    return {row[0]: row[1] for row in team.database.run(sql, ws_id=team.ws_id)}
