from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almanac.domain.sync import listing
from almanac.domain.sync.listing import (
    LISTING_FIELDS,
    SPREAD,
    WINDOW_SLACK,
    Due,
    ListEvents,
    SyncState,
    Window,
    due_pass,
    query_fingerprint,
    spread_of,
)

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
PAST, FUTURE = timedelta(days=90), timedelta(days=180)
WANTED = Window.around(NOW, PAST, FUTURE)
QUERY = query_fingerprint(2500)
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
def test_which_pass_is_due(mode: listing.Mode, state: SyncState, due: Due) -> None:
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


class TestWindow:
    @given(st.timedeltas(timedelta(days=-9_000), timedelta(days=9_000)), st.timezones())
    def test_it_is_whole_seconds_of_utc_around_the_instant(self, offset: timedelta, zone: tzinfo) -> None:
        now = (NOW + offset).astimezone(zone)
        window = Window.around(now, PAST, FUTURE)

        assert window.start.tzinfo == window.end.tzinfo == UTC
        assert window.start.microsecond == window.end.microsecond == 0
        assert timedelta(0) <= now.astimezone(UTC) - (window.start + PAST) < timedelta(seconds=1)
        assert window.end - window.start == PAST + FUTURE

    @given(st.timedeltas(timedelta(-900), timedelta(900)), st.timedeltas(timedelta(-900), timedelta(900)))
    def test_distance_is_the_further_edge_and_symmetric(self, start: timedelta, end: timedelta) -> None:
        other = Window(WANTED.start + start, WANTED.end + end)

        assert WANTED.distance(other) == other.distance(WANTED) == max(abs(start), abs(end))


class TestRequest:
    def test_trap_4_two_shapes_that_share_everything_but_window_and_token(self) -> None:
        full = ListEvents("ada", window=WANTED).parameters()
        delta = ListEvents("ada", sync_token="token").parameters()

        assert full.keys() - delta.keys() == {"timeMin", "timeMax"}
        assert delta.keys() - full.keys() == {"syncToken"}
        assert {name: delta[name] for name in delta.keys() & full.keys()}.items() <= full.items()

    def test_trap_6_nothing_hides_deletions(self) -> None:
        assert "showDeleted" not in ListEvents("ada", sync_token="token").parameters()

    @pytest.mark.parametrize("request_", [{}, {"window": WANTED, "sync_token": "token"}])
    def test_neither_and_both_is_no_request(self, request_: dict[str, object]) -> None:
        with pytest.raises(ValueError, match="window or a sync token"):
            ListEvents("ada", **request_)

    @pytest.mark.parametrize("first", [ListEvents("ada", window=WANTED), ListEvents("ada", sync_token="token")])
    def test_trap_7_the_next_page_is_the_same_query_with_a_page_token(self, first: ListEvents) -> None:
        assert replace(first, page_token="p2").parameters() == first.parameters() | {"pageToken": "p2"}

    @pytest.mark.parametrize("mask", ["nextPageToken", "nextSyncToken", "timeZone", "items("])
    def test_trap_85_the_fields_mask_keeps_what_paging_needs(self, mask: str) -> None:
        assert mask in LISTING_FIELDS
        assert LISTING_FIELDS.count("(") == LISTING_FIELDS.count(")")

    def test_trap_47_bounds_are_utc_with_an_offset_and_without_fractions(self) -> None:
        berlin = Window(*(edge.astimezone(timezone(timedelta(hours=2))) for edge in (WANTED.start, WANTED.end)))
        parameters = ListEvents("ada", window=berlin).parameters()

        assert (parameters["timeMin"], parameters["timeMax"]) == ("2025-12-02T12:00:00Z", "2026-08-29T12:00:00Z")


class TestFingerprint:
    def test_it_is_stable_and_fits_its_column(self) -> None:
        assert query_fingerprint(2500) == query_fingerprint(2500)
        assert len(QUERY) == 16

    def test_trap_5_page_size_fields_and_mapping_make_another_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = {query_fingerprint(2500), query_fingerprint(250)}
        for name, value in (("MAPPING_VERSION", 99), ("LISTING_FIELDS", "items(id)")):
            monkeypatch.setattr(listing, name, value)
            found.add(query_fingerprint(2500))

        assert len(found) == 4
