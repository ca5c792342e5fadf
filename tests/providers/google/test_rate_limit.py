import time
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almanac.adapters.crypto import new_key
from almanac.errors import ProviderUnavailable
from almanac.providers.google.calendar import GoogleCalendar
from almanac.providers.google.pace.rate_limit import RateLimiter
from almanac.providers.google.request import ListEvents
from almanac.wiring.command_line import Wiring
from tests.scripted_server import ScriptedServer

DELTA = ListEvents("ada@example.test", sync_token="sync-1")
LAST_PAGE = {"items": [], "nextSyncToken": "sync-2"}
MOMENT = 1e-6  # what adding seconds as floats may cost


class Time:
    """A clock that moves only while somebody sleeps, or a test lets it pass."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept = 0.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds


def instants(per_minute: int, gaps: list[float]) -> list[float]:
    """When requests go that are wanted so long after each other."""
    time = Time()
    pace = RateLimiter(per_minute, time.clock, time.sleep)
    went = []
    for gap in gaps:
        time.now += gap
        pace()
        went.append(time.now)
    return went


def most_in_a_minute(went: list[float]) -> int:
    return max(sum(start <= at < start + 60 - MOMENT for at in went) for start in went)


limits = st.integers(30, 600)
gaps = st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.01, 0.2, 3.0, 45.0, 400.0]), min_size=1, max_size=300)


@given(st.integers(1, 60), gaps)
def test_no_minute_ever_sees_more_than_the_limit(per_minute: int, gaps: list[float]) -> None:
    assert most_in_a_minute(instants(per_minute, gaps)) <= per_minute


@given(limits, gaps)
def test_a_request_is_never_held_back_for_longer_than_its_share_of_a_minute(per_minute: int, gaps: list[float]) -> None:
    time = Time()
    pace = RateLimiter(per_minute, time.clock, time.sleep)
    for gap in gaps:
        time.now += gap
        before = time.slept
        pace()
        assert time.slept - before <= 60 / (0.9 * per_minute) + MOMENT


@given(limits)
def test_who_always_wants_more_gets_nine_tenths_of_the_limit_in_every_minute(per_minute: int) -> None:
    went = instants(per_minute, [0.0] * 2 * per_minute)
    later = [at for at in went if at > went[0]]
    assert sum(at < later[0] + 60 for at in later) >= 0.9 * per_minute - 1


@given(limits)
def test_a_small_run_waits_for_nothing_however_long_the_process_was_idle(per_minute: int) -> None:
    small = per_minute // 10
    went = instants(per_minute, [0.0] * small + [10_000.0] + [0.0] * (small - 1))
    assert went[small - 1] - went[0] < MOMENT
    assert went[-1] - went[small] < MOMENT


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    return waits


def test_every_request_to_the_calendar_api_is_paced_an_attempt_like_another(server: ScriptedServer) -> None:
    asked: list[int] = []
    with closing(GoogleCalendar(server.url, 5, lambda: asked.append(len(server.requests)))) as google:
        server.answers({}, 503)
        with pytest.raises(ProviderUnavailable):
            google.list_events("token", DELTA)
        server.answers(LAST_PAGE)
        google.list_events("token", DELTA)
        server.answers({"items": []})
        google.list_calendars("token", None)
    assert asked == [0, 1, 2], "before each request, not after it"


@pytest.mark.parametrize(("variable", "waits"), [("30", 2), ("", 0)])
def test_the_setting_paces_a_process_and_without_it_nothing_waits(
    server: ScriptedServer, slept: list[float], variable: str, waits: int
) -> None:
    wiring = Wiring(
        {
            "ALMANAC_GOOGLE_API_URL": server.url,
            "ALMANAC_GOOGLE_CLIENT_ID": "client",
            "ALMANAC_GOOGLE_CLIENT_SECRET": "hidden",
            "ALMANAC_TOKEN_KEYS": new_key(),
            "ALMANAC_GOOGLE_REQUESTS_PER_MINUTE": variable,
        }
    )
    with closing(wiring):
        for _ in range(5):
            server.answers(LAST_PAGE)
            wiring.google.list_events("token", DELTA)
    assert len([seconds for seconds in slept if seconds > 1]) == waits, "30 a minute: a burst of three, then 2.2 s each"
