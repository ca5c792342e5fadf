"""Where a bearer token and the client's secret travel: to the two addresses of the settings, and nowhere else."""

from collections.abc import Callable, Iterator

import pytest

from almanac.adapters.aws.cloudformation import PresignedAnswers
from almanac.domain.sync.window import Window
from almanac.errors import AlmanacError, ProjectRefused, ProviderUnavailable
from almanac.providers.google.calendar import GoogleCalendar
from almanac.providers.google.connection import GoogleHttp
from almanac.providers.google.oauth import GoogleTokens
from almanac.providers.google.request import ListEvents
from almanac.wiring.base import utc_now
from tests.certificates import self_signed
from tests.integration.rows import NOON
from tests.integration.test_postgres import SpeakingServer
from tests.scripted_server import ScriptedServer

REDIRECTS = [300, 301, 302, 303, 307, 308]
WINDOW = Window(NOON, NOON.replace(year=2027))


@pytest.fixture
def elsewhere() -> Iterator[ScriptedServer]:
    """Another server, which no request may reach."""
    other = ScriptedServer()
    yield other
    other.stop()


@pytest.fixture
def google(server: ScriptedServer) -> Iterator[GoogleCalendar]:
    calendar = GoogleCalendar(server.url, timeout_seconds=5)
    yield calendar
    calendar.close()


ASK: dict[str, Callable[[GoogleCalendar], object]] = {
    "a listing": lambda google: google.list_events("ya29.token", ListEvents("c@example.test", window=WINDOW)),
    "a long listing": lambda google: google.list_events("ya29.token", ListEvents("c", sync_token="s" * 3000)),
    "the calendars": lambda google: google.list_calendars("ya29.token", None),
    "an event": lambda google: google.event_is_live("ya29.token", "c@example.test", "e", WINDOW),
}


@pytest.mark.parametrize("ask", ASK)
@pytest.mark.parametrize("status", REDIRECTS)
def test_no_redirect_takes_a_bearer_token_along(
    google: GoogleCalendar, server: ScriptedServer, elsewhere: ScriptedServer, status: int, ask: str
) -> None:
    server.answers_bytes(b"", status, location=f"{elsewhere.url}/calendar", content_location=elsewhere.url)

    with pytest.raises(AlmanacError):
        ASK[ask](google)

    assert len(server.requests) == 1
    assert elsewhere.requests == []


@pytest.mark.parametrize("status", REDIRECTS)
def test_no_redirect_takes_the_clients_secret_along(
    server: ScriptedServer, elsewhere: ScriptedServer, status: int
) -> None:
    tokens = GoogleTokens(server.url, "client", "client-secret", 5, utc_now)
    server.answers_bytes(b"", status, location=elsewhere.url)

    with pytest.raises(ProjectRefused):
        tokens.refresh("1//refresh")

    assert elsewhere.requests == []
    tokens.close()


ADDRESSES = (
    "http://127.0.0.1:1/x",
    "//evil.example.test/x",
    "@evil.example.test",
    "..",
    "../../../token",
    "a/b?c=d#e",
    "a%2e%2e%2fb",
    "x\r\nHost: evil.example.test\r\n\r\nGET /secret HTTP/1.1",
    "x y",
    "&calendarId=other&alt=media",
)


@pytest.mark.parametrize("text", ADDRESSES)
def test_an_id_or_a_token_of_an_answer_stays_a_part_of_its_own_request(
    google: GoogleCalendar, server: ScriptedServer, text: str
) -> None:
    server.answers({"nextSyncToken": "s"})
    server.answers({"id": "e", "status": "cancelled"})

    google.list_events("token", ListEvents(text, sync_token=text, page_token=text))
    google.event_is_live("token", text, text, WINDOW)

    listing, single = server.requests
    assert listing.path.partition("?")[0].count("/") == "/calendar/v3/calendars/c/events".count("/")
    assert single.path.partition("?")[0].count("/") == "/calendar/v3/calendars/c/events/e".count("/")
    for request in (listing, single):
        assert request.path.startswith("/calendar/v3/calendars/")
        assert request.headers["host"] == server.url.removeprefix("http://")
    assert listing.query["pageToken"] == listing.query["syncToken"] == text
    assert "calendarId" not in listing.query


@pytest.mark.parametrize("token", ["x\r\nHost: evil.example.test", "x\r\n\r\nGET / HTTP/1.1", "ключ", "x\0"])
def test_a_stored_token_cannot_write_a_header_of_its_own(
    google: GoogleCalendar, server: ScriptedServer, token: str
) -> None:
    with pytest.raises(AlmanacError):
        google.list_events(token, ListEvents("c", window=WINDOW))

    assert server.requests == []


def test_a_server_that_nobody_vouches_for_gets_no_token(tmp_path_factory: pytest.TempPathFactory) -> None:
    certificate = self_signed(tmp_path_factory.mktemp("tls"), "localhost")
    with ImpatientTls(b"", certificate) as impostor:
        http = GoogleHttp(5)
        with pytest.raises(ProviderUnavailable, match="SSLCertVerificationError"):
            http.request(f"https://localhost:{impostor.port}/calendar", headers={"authorization": "Bearer ya29.token"})

    assert impostor.received == b""


class ImpatientTls(SpeakingServer):
    """TLS from the first byte, where the original is asked for it first."""

    def _serve(self) -> None:
        client, _ = self._listener.accept()
        with client:
            client.settimeout(10)
            assert self._context is not None
            try:
                with self._context.wrap_socket(client, server_side=True) as secure:
                    self.received = secure.recv(4096)
            except OSError:
                self.received = b""


def test_an_answer_to_cloudformation_follows_no_redirect(server: ScriptedServer, elsewhere: ScriptedServer) -> None:
    for _ in range(3):
        server.answers_bytes(b"", 307, location=elsewhere.url)

    with pytest.raises(AlmanacError, match="HTTP 307"):
        PresignedAnswers(lambda _: None).send(f"{server.url}/answer", {"Status": "SUCCESS"})

    assert elsewhere.requests == []
