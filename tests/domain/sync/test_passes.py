from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almanac.domain.sync.passes import SPREAD, WINDOW_SLACK, Due, SyncState, WantedPass, due_pass, spread_of
from almanac.domain.sync.window import Window

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
PAST, FUTURE = timedelta(days=90), timedelta(days=180)
WANTED = Window.around(NOW, PAST, FUTURE)
QUERY = "query"
EARLY = UUID(int=0)
"""A connection whose spread is zero."""
SYNCED = SyncState("token", QUERY, WANTED)


def moved(days: float) -> SyncState:
    by = timedelta(days=days)
    return replace(SYNCED, window=Window(WANTED.start - by, WANTED.end - by))


@pytest.mark.parametrize(
    ("mode", "state", "due"),
    [
        pytest.param("auto", SYNCED, Due("incremental", "incremental"), id="a usable token"),
        pytest.param("incremental", SYNCED, Due("incremental", "incremental"), id="as asked"),
        pytest.param("full", SYNCED, Due("full", "full"), id="asked for full"),
        pytest.param("full", SyncState(), Due("full", "full"), id="asked for full, no token"),
        pytest.param("auto", SyncState(), Due("full", "redirected_to_full"), id="never read"),
        pytest.param("incremental", SyncState(), Due("full", "redirected_to_full"), id="no token to go on from"),
        pytest.param(
            "auto", replace(SYNCED, fingerprint="other"), Due("full", "redirected_to_full"), id="trap 5: other query"
        ),
        pytest.param("auto", replace(SYNCED, window=None), Due("full", "redirected_to_full"), id="no window"),
        pytest.param("auto", moved(6.9), Due("incremental", "incremental"), id="a window that is a week old at most"),
        pytest.param("auto", moved(7), Due("full", "full"), id="trap 8: a window that moved a week"),
        pytest.param("incremental", moved(7), Due("full", "full"), id="trap 8, also when asked for a delta"),
        pytest.param("auto", moved(-7), Due("full", "full"), id="a window of the future"),
    ],
)
def test_which_pass_is_due(mode: WantedPass, state: SyncState, due: Due) -> None:
    assert due_pass(mode, state, WANTED, QUERY, EARLY) == due


@pytest.mark.parametrize(
    "grown",
    [
        Window(WANTED.start - timedelta(days=8), WANTED.end),
        Window(WANTED.start, WANTED.end + timedelta(days=8)),
    ],
)
def test_settings_that_widen_one_edge_make_a_full_pass_due(grown: Window) -> None:
    assert due_pass("auto", SYNCED, grown, QUERY, EARLY).kind == "full"


class TestSpread:
    @given(st.uuids())
    def test_a_connection_always_has_the_same_delay_below_a_day(self, connection_id: UUID) -> None:
        assert timedelta(0) <= spread_of(connection_id) < SPREAD
        assert spread_of(connection_id) == spread_of(UUID(str(connection_id)))

    @given(st.uuids(version=4), st.floats(0, 20))
    def test_a_full_pass_falls_due_at_the_connections_own_moment_and_stays_due(
        self, connection_id: UUID, days: float
    ) -> None:
        state = moved(days)
        assert state.window is not None
        late = state.window.distance(WANTED) >= WINDOW_SLACK + spread_of(connection_id)

        assert (due_pass("auto", state, WANTED, QUERY, connection_id).kind == "full") == late

    def test_trap_83_a_thousand_connections_of_one_day_fall_due_in_every_hour_of_the_next(self) -> None:
        ids = [UUID(int=seed * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128, version=4) for seed in range(1, 1001)]
        hours = [int(spread_of(connection_id) / timedelta(hours=1)) for connection_id in ids]

        assert set(hours) == set(range(24))
        assert max(map(hours.count, range(24))) < 2 * len(ids) / 24
