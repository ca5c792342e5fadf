"""What answers under Google's name may be: endless, packed to burst, slow, lying about their length or never ending."""

import itertools
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from almanac.errors import AlmanacError, ProviderRejected, ProviderUnavailable
from almanac.providers import http
from almanac.providers.google import connection
from almanac.providers.google.calendar import GoogleCalendar
from almanac.providers.google.oauth import GoogleTokens
from almanac.providers.google.request import ListEvents
from almanac.services.accounts import calendar_list
from almanac.services.sync import page_reader
from almanac.wiring.base import utc_now
from tests.integration.team import Team
from tests.scripted_server import ScriptedServer
from tests.security.raw_server import RawServer

DELTA = ListEvents("ada@example.test", sync_token="s")
MEGABYTE = 2**20
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
TOMORROW = (datetime.now(UTC) + timedelta(days=1)).isoformat()
SLOW = 0.25
"""Seconds that the client waits for the socket in these tests."""


@pytest.fixture
def small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (http, connection):
        monkeypatch.setattr(module, "LARGEST_ANSWER", MEGABYTE)


@pytest.fixture
def peak() -> Iterator[Callable[[], int]]:
    """Bytes allocated at the same time since the test began."""
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()


def listing(url: str, seconds: float = 5) -> None:
    google = GoogleCalendar(url, timeout_seconds=seconds)
    try:
        google.list_events("token", DELTA)
    finally:
        google.close()


def refresh(url: str, seconds: float = 5) -> None:
    tokens = GoogleTokens(url, "client", "secret", seconds, utc_now)
    try:
        tokens.refresh("1//refresh")
    finally:
        tokens.close()


def bomb(megabytes: int) -> bytes:
    packer, block = zlib.compressobj(9, zlib.DEFLATED, 31), bytes(MEGABYTE)
    return b"".join([*(packer.compress(block) for _ in range(megabytes)), packer.flush()])


def endless_body() -> Iterable[bytes]:
    yield OK + b"Connection: close\r\n\r\n"
    yield from itertools.repeat(b" " * 65536)


def endless_chunks() -> Iterable[bytes]:
    yield OK + b"Transfer-Encoding: chunked\r\n\r\n"
    yield from itertools.repeat(b"10000\r\n" + b" " * 65536 + b"\r\n")


@pytest.mark.parametrize("ask", [listing, refresh])
@pytest.mark.parametrize("script", [endless_body, endless_chunks])
@pytest.mark.usefixtures("small_limit")
def test_an_answer_without_end_is_dropped_at_the_limit(
    script: Callable[[], Iterable[bytes]], ask: Callable[[str], None]
) -> None:
    with RawServer(script) as server, pytest.raises(ProviderRejected, match=f"larger than {MEGABYTE} bytes"):
        ask(server.url)

    assert len(server.requests) == 1
    assert server.sent < 32 * MEGABYTE  # what the sockets of both sides hold


@pytest.mark.parametrize("ask", [listing, refresh])
@pytest.mark.usefixtures("small_limit")
def test_an_answer_that_unpacks_without_measure_is_dropped_at_the_limit(
    peak: Callable[[], int], ask: Callable[[str], None]
) -> None:
    packed = bomb(300)
    head = OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    with RawServer(lambda: [head, packed]) as server, pytest.raises(ProviderRejected, match="larger than"):
        ask(server.url)

    assert peak() < 200 * MEGABYTE  # zlib unpacks 64 KB to 64 MB before anybody can count


LIES = {
    "Content-Length": OK + b"Content-Length: 100000000000000\r\n\r\n{",
    "chunk": OK + b"Transfer-Encoding: chunked\r\n\r\nfffffffffff\r\n{",
}


@pytest.mark.parametrize("lie", LIES)
def test_an_announced_length_costs_nothing_until_it_comes_true(peak: Callable[[], int], lie: str) -> None:
    with RawServer(lambda: [LIES[lie]]) as server, pytest.raises(ProviderUnavailable, match="IncompleteRead"):
        listing(server.url)

    assert peak() < 20 * MEGABYTE


def drip(parts: bytes) -> Callable[[RawServer], Iterator[bytes]]:
    def script(server: RawServer) -> Iterator[bytes]:
        for byte in itertools.chain(parts, itertools.repeat(32)):
            yield bytes([byte])
            if not server.wait(SLOW / 5):
                return

    return script


DRIPS = {
    "a status line": b"HTTP/1.1 200 ",
    "headers": OK + b"X-Slow: ",
    "a body": OK + b"Content-Length: 1000000\r\n\r\n",
    "chunks": OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\n \r\n1\r\n",
}


@pytest.mark.parametrize("part", DRIPS)
def test_an_answer_byte_by_byte_is_out_of_time_as_a_whole(part: str) -> None:
    sent = DRIPS[part]
    begun = len(sent) - 8
    servers: list[RawServer] = []

    def script() -> Iterator[bytes]:
        yield sent[:begun]
        yield from drip(sent[begun:])(servers[0])

    with RawServer(script) as server:
        servers.append(server)
        began = time.monotonic()
        with pytest.raises(ProviderUnavailable, match="did not answer in time"):
            listing(server.url, SLOW)
        took = time.monotonic() - began

    assert SLOW * http.PATIENCE <= took < SLOW * 8


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n"), id="never begins"),
        pytest.param(itertools.chain([OK], itertools.repeat(b"X-More: 1\r\n")), id="more headers than anybody needs"),
        pytest.param([OK + b"X-Long: " + b"x" * 200_000], id="a header that is a page"),
        pytest.param([b"\0" * 100_000], id="no HTTP"),
    ],
)
@pytest.mark.usefixtures("small_limit")
def test_a_head_without_end_is_no_answer(head: Iterable[bytes]) -> None:
    with RawServer(lambda: head) as server, pytest.raises((ProviderUnavailable, ProviderRejected)):
        listing(server.url, 1)


def test_a_limit_that_was_met_leaves_the_next_request_a_connection_of_its_own(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    google = GoogleCalendar(server.url, timeout_seconds=5)
    monkeypatch.setattr(http, "LARGEST_ANSWER", 500)
    server.answers({"nextSyncToken": "s" * 1000})
    server.answers({"nextSyncToken": "s2"})
    with pytest.raises(ProviderRejected):
        google.list_events("token", DELTA)

    assert google.list_events("token", DELTA).next_sync_token == "s2"
    assert [request.connection for request in server.requests] == [1, 2]
    google.close()


# --- paging ---------------------------------------------------------------------------------------------------------


def event(number: int, **more: Any) -> dict[str, Any]:
    moment = {"dateTime": TOMORROW}
    return {"id": f"e{number}", "status": "confirmed", "start": moment, "end": moment, **more}


@pytest.fixture
def fooled(make_team: Callable[..., Team], server: ScriptedServer) -> Team:
    """A team with one calendar, whose Google Calendar is the server's script and whose tokens are good."""
    team = make_team(ALMANAC_GOOGLE_API_URL=server.url)
    team.connect()
    return team


@pytest.mark.integration
@pytest.mark.parametrize("tokens", [["a", "a"], ["a", "b", "a"], ["a", "b", "c", "b"]])
def test_pages_in_a_circle_end_the_pass(fooled: Team, server: ScriptedServer, tokens: list[str]) -> None:
    for number, token in enumerate(itertools.chain(tokens, tokens)):
        server.answers({"items": [event(number)], "nextPageToken": token})

    report = fooled.sync()

    assert (report.status, report.error_type) == ("failed", "google_rejected")
    assert len(server.requests) <= len(tokens) + 1  # one was asked for ahead


@pytest.mark.integration
def test_pages_without_end_are_given_up_however_many_runs_share_them(
    fooled: Team, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_reader, "MOST_PASS_PAGES", 5)
    for number in range(50):
        server.answers({"items": [], "nextPageToken": f"page-{number}"})

    outcomes = [fooled.sync(seconds=15, source="continuation").outcome for _ in range(7)]  # time for a page each

    assert outcomes == ["continued"] * 5 + ["failed"] * 2
    assert len(server.requests) == 7


@pytest.mark.integration
def test_the_same_page_tokens_may_come_again_when_a_listing_is_read_a_second_time(
    fooled: Team, server: ScriptedServer
) -> None:
    server.answers({"items": [event(n) for n in range(12)], "nextSyncToken": "s1"})
    assert fooled.sync().tally.inserted == 12
    for _reading in range(2):  # it lacks all there is, so it is not believed at once
        server.answers({"items": [event(20)], "nextPageToken": "same"})
        server.answers({"items": [], "nextSyncToken": "s2"})
    for _sample in range(3):
        server.answers({"error": {"code": 404}}, 404)
    server.answers({"items": [], "nextSyncToken": "s3"})  # what has changed under the two pages

    report = fooled.sync(mode="full")

    assert (report.status, report.tally.deleted) == ("completed", 12)


@pytest.mark.integration
def test_a_calendar_list_without_end_connects_nothing(
    fooled: Team, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendar_list, "MOST_LIST_PAGES", 4)
    for number in range(20):
        server.answers({"items": [], "nextPageToken": f"page-{number}"})
    token = fooled.google.add_account("bob@example.test")["refresh_token"]

    with pytest.raises(ProviderRejected, match="more than 4 pages"):
        fooled.wiring.connect_account(fooled.ws_id, "bob", "bob@example.test", token)

    assert len(server.requests) == 5
    assert fooled.database.run("SELECT count(*) FROM calendar_auth_tokens") == [[1]]


@pytest.mark.integration
def test_a_page_larger_than_asked_for_is_stored_like_any_other(
    make_team: Callable[..., Team], server: ScriptedServer
) -> None:
    team = make_team(ALMANAC_GOOGLE_API_URL=server.url, ALMANAC_SYNC_PAGE_SIZE="10")
    team.connect()
    server.answers({"items": [event(n) for n in range(4000)], "nextSyncToken": "s"})

    assert team.sync().tally.inserted == 4000
    assert server.requests[0].query["maxResults"] == "10"


@pytest.mark.integration
def test_one_event_of_megabytes_is_cut_to_its_columns(fooled: Team, server: ScriptedServer) -> None:
    crowd = [{"email": f"p{n}@example.test", "displayName": "x" * 1000} for n in range(2000)]
    huge = event(1, summary="t" * MEGABYTE, description="d" * MEGABYTE, location="l" * MEGABYTE, attendees=crowd)
    server.answers_gzip({"items": [huge, event(2)], "nextSyncToken": "s"})

    report = fooled.sync()

    assert (report.status, report.tally.inserted, report.tally.repaired) == ("completed", 2, 1)
    sizes = "max(length(title)), max(length(description)), max(jsonb_array_length(attendees)), max(pg_column_size(e))"
    (found,) = fooled.database.run(f"SELECT {sizes} FROM workspace_calendar_events e")
    assert found[:3] == [255, 10_000, 200]


NESTS = {"lists": "[" * 90_000 + "]" * 90_000, "objects": '{"a":' * 90_000 + "1" + "}" * 90_000}


@pytest.mark.parametrize("nest", NESTS)
@pytest.mark.parametrize("ask", [listing, refresh])
@pytest.mark.parametrize("status", [200, 403])
def test_json_nested_without_measure_is_an_ordinary_failure(
    server: ScriptedServer, ask: Callable[[str], None], nest: str, status: int
) -> None:
    server.answers_bytes(f'{{"items": [{NESTS[nest]}], "error": {NESTS[nest]}}}'.encode(), status)

    with pytest.raises(AlmanacError):
        ask(server.url)


@pytest.mark.integration
def test_an_event_nested_deeply_is_that_events_problem(fooled: Team, server: ScriptedServer) -> None:
    deep: Any = "x"
    for _ in range(400):
        deep = [deep]
    server.answers({"items": [event(1, attendees=deep), event(2, start=deep), event(3)], "nextSyncToken": "s"})

    report = fooled.sync()

    assert (report.status, report.tally.inserted, report.tally.rejected) == ("completed", 1, 2)
