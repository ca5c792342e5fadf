"""Consents: a browser goes to the simulated Google and comes back, each way with its own ending."""

import re
from collections.abc import Iterator
from http.client import HTTPConnection
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID, uuid4

import pytest
from cryptography.fernet import Fernet

from almanac.adapters.postgres.connection import Database
from almanac.wiring.outside.connect import ConnectWiring
from local.google_simulator.simulator import Simulator
from tests.integration import rows
from tests.web.conftest import PUBLIC_URL, ListQueue, Reply, event

pytestmark = pytest.mark.integration
ADA, BOB = "ada@example.test", "bob@example.test"
BACK = "https://app.example.test/settings"
READ = "https://www.googleapis.com/auth/calendar.readonly"


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(seed=7) as simulator:
        for email in (ADA, BOB):
            simulator.commands.add_account(email)
        yield simulator


@pytest.fixture
def wiring(database_url: str, simulator: Simulator, queue: ListQueue) -> Iterator[ConnectWiring]:
    made = ConnectWiring(
        {
            "ALMANAC_DATABASE_URL": database_url,
            "ALMANAC_SYNC_QUEUE_URL": "https://queue.invalid/sync.fifo",
            "ALMANAC_PUBLIC_URL": PUBLIC_URL,
            "ALMANAC_CONNECT_RETURN_URLS": f"{BACK}, https://other.example.test/",
            "ALMANAC_GOOGLE_API_URL": simulator.url,
            "ALMANAC_GOOGLE_TOKEN_URL": simulator.token_url,
            "ALMANAC_GOOGLE_AUTH_URL": f"{simulator.url}/o/oauth2/v2/auth",
            "ALMANAC_GOOGLE_CLIENT_ID": "client",
            "ALMANAC_GOOGLE_CLIENT_SECRET": "secret",
            "ALMANAC_TOKEN_KEYS": Fernet.generate_key().decode(),
        }
    )
    vars(made)["queue"] = queue
    yield made
    made.close()


@pytest.fixture
def ws_id(database: Database) -> UUID:
    return rows.workspace(database)


class Owner:
    """An account's owner in front of a browser, which keeps one cookie."""

    def __init__(self, wiring: ConnectWiring, token: str) -> None:
        self.wiring, self.token, self.cookie = wiring, token, ""

    def send(self, sent: object) -> Reply:
        found = self.wiring.connect_web(sent, None)  # type: ignore[arg-type]
        return Reply(found["statusCode"], found["body"], found["headers"], found["cookies"])

    def ask(self, ws_id: UUID, **more: object) -> Reply:
        body = {"ws_id": str(ws_id), "user_id": "ada", "return_url": BACK, **more}
        return self.send(event("POST", "/v1/connect", body, {"Authorization": f"Bearer {self.token}"}))

    def visit(self, url: str) -> Reply:
        answer = self.send(event("GET", url.removeprefix(PUBLIC_URL), cookies=[self.cookie] if self.cookie else []))
        for cookie in answer.cookies:
            self.cookie = cookie.partition(";")[0]
        return answer

    def consent(self, place: str, account: str, answer: str = "allow", granted: str | None = READ) -> str:
        """Fill Google's page in; return where it leads to."""
        parts = urlsplit(place)
        connection = HTTPConnection(parts.hostname or "", parts.port)
        connection.request("GET", f"{parts.path}?{parts.query}")
        page = connection.getresponse().read().decode()
        form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]+)"', page))
        form |= {"account": account, "answer": answer} | ({"granted": granted} if granted else {})
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", f"{parts.path}?{parts.query}", urlencode(form), kind)
        back = connection.getresponse().getheader("Location") or ""
        connection.close()
        return back

    def connect(self, ws_id: UUID, account: str = ADA, **more: object) -> dict[str, str]:
        """The whole way; what the return address is told."""
        answer, granted = more.pop("answer", "allow"), more.pop("granted", READ)
        asked = self.ask(ws_id, **more)
        assert asked.status == 201, asked.text
        place = self.visit(asked.json["consent_url"]).headers["Location"]
        ended = self.visit(self.consent(place, account, str(answer), granted))  # type: ignore[arg-type]
        assert ended.status == 303
        assert ended.headers["Location"].startswith(f"{BACK}?")
        return {name: values[0] for name, values in parse_qs(urlsplit(ended.headers["Location"]).query).items()}


@pytest.fixture
def owner(wiring: ConnectWiring) -> Owner:
    return Owner(wiring, wiring.api_keys.add("app", {"operate", "admin"}, None).token)


def stored(database: Database) -> int:
    return int(database.run("SELECT count(*) FROM calendar_auth_tokens")[0][0])


def test_a_consent_connects_the_account_and_asks_for_its_first_sync(
    owner: Owner, ws_id: UUID, database: Database, queue: ListQueue
) -> None:
    told = owner.connect(ws_id)
    assert told["status"] == "connected"
    found = database.run("SELECT id, ws_id, user_id, account_email, scopes FROM calendar_auth_tokens")
    assert found == [[UUID(told["connection"]), ws_id, "ada", ADA, [READ]]]
    assert database.run("SELECT calendar_id FROM calendar_connections") == [[ADA]]
    (sent,) = queue.sent.values()
    assert (sent.job.ws_id, sent.job.job) == (ws_id, "calendar.sync")


@pytest.mark.parametrize(
    ("more", "status"),
    [({"answer": "deny"}, "denied"), ({"granted": None}, "scope_missing"), ({"granted": "openid"}, "scope_missing")],
)
def test_whoever_declines_or_grants_too_little_has_an_ending_of_their_own(
    owner: Owner, ws_id: UUID, database: Database, queue: ListQueue, more: dict[str, object], status: str
) -> None:
    assert owner.connect(ws_id, **more) == {"status": status}
    assert stored(database) == 0
    assert queue.sent == {}


def test_writing_is_asked_for_when_somebody_wants_it(owner: Owner, ws_id: UUID, database: Database) -> None:
    def asked(**more: object) -> dict[str, list[str]]:
        place = owner.visit(owner.ask(ws_id, **more).json["consent_url"]).headers["Location"]
        return parse_qs(urlsplit(place).query)

    assert asked()["scope"] == [READ]
    for writing, scope in (
        ("new_calendar", "calendar.app.created"),
        ("own_calendars", "calendar.events.owned"),
        ("all_calendars", "calendar.events"),
    ):
        query = asked(writing=writing)
        assert query["scope"] == [f"{READ} https://www.googleapis.com/auth/{scope}"]
        assert query["include_granted_scopes"] == ["true"]
    assert owner.ask(ws_id, writing="everything").json["field"] == "writing"

    assert owner.connect(ws_id, writing="new_calendar", granted=READ)["status"] == "connected"
    granted = "SELECT scopes FROM calendar_auth_tokens WHERE ws_id = :ws_id"
    assert database.run(granted, ws_id=ws_id) == [[[READ]]], "what was granted counts, not what was asked for"


def test_connecting_again_asks_for_the_same_account_and_takes_no_other(
    owner: Owner, ws_id: UUID, database: Database
) -> None:
    account = owner.connect(ws_id)["connection"]
    database.run("UPDATE calendar_auth_tokens SET status = 'reconnect_required'")
    asked = owner.ask(ws_id, account_id=account, user_id="somebody else")
    place = owner.visit(asked.json["consent_url"]).headers["Location"]
    assert parse_qs(urlsplit(place).query)["login_hint"] == [ADA]
    assert owner.connect(ws_id, BOB, account_id=account) == {"status": "wrong_account"}
    assert database.run("SELECT status FROM calendar_auth_tokens") == [["reconnect_required"]]
    assert owner.connect(ws_id, ADA, account_id=account, user_id="somebody else")["connection"] == account
    assert database.run("SELECT status, user_id FROM calendar_auth_tokens") == [["active", "ada"]]


def test_a_state_counts_once_in_its_own_browser_and_for_a_while(
    owner: Owner, wiring: ConnectWiring, ws_id: UUID, database: Database, simulator: Simulator
) -> None:
    place = owner.visit(owner.ask(ws_id).json["consent_url"]).headers["Location"]
    back = owner.consent(place, ADA)
    stranger = Owner(wiring, owner.token)
    assert stranger.visit(back).status == 400
    stranger.cookie = "__Host-almanac-consent=x"
    assert stranger.visit(back).status == 400
    assert owner.visit("/connect/callback?state=x&code=y").status == 400
    assert len(simulator.world.codes) == 1, "nothing was traded"
    cookie = owner.cookie
    assert owner.visit(back).status == 303
    owner.cookie = cookie
    assert owner.visit(back).status == 400

    asked = owner.ask(ws_id)
    assert owner.visit(asked.json["consent_url"]).status == 303
    assert stranger.visit(asked.json["consent_url"]).status == 400, "it belongs to the browser that began"
    database.run("UPDATE oauth_states SET expires_at = now()")
    assert owner.visit(asked.json["consent_url"]).status == 400


def test_what_is_asked_for_is_checked(owner: Owner, wiring: ConnectWiring, ws_id: UUID) -> None:
    assert owner.ask(ws_id, return_url=f"{BACK}/").json["field"] == "return_url"
    assert owner.ask(ws_id, return_url="https://evil.test/").json["field"] == "return_url"
    assert owner.ask(ws_id, account_id=str(uuid4())).json["field"] == "account_id"
    assert owner.ask(uuid4()).json["code"] == "unknown_workspace"
    assert owner.ask(ws_id, more=1).status == 422
    assert Owner(wiring, "alm_x_y").ask(ws_id).status == 401
    assert Owner(wiring, wiring.api_keys.add("k", {"read", "run", "operate"}, None).token).ask(ws_id).status == 403
    elsewhere = rows.workspace(wiring.database)
    assert Owner(wiring, wiring.api_keys.add("k", {"admin"}, [elsewhere]).token).ask(ws_id).status == 404


def test_a_dump_holds_no_token_code_verifier_or_key(owner: Owner, ws_id: UUID, database: Database) -> None:
    asked = owner.ask(ws_id)
    state = parse_qs(urlsplit(asked.json["consent_url"]).query)["state"][0]
    place = owner.visit(asked.json["consent_url"]).headers["Location"]
    back = owner.consent(place, ADA)
    code = parse_qs(urlsplit(back).query)["code"][0]
    owner.visit(back)
    secret = owner.token.split("_", 2)[2]
    browser = owner.cookie.partition("=")[2]
    tables = [row[0] for row in database.run("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    dump = "".join(str(database.run(f'SELECT t::text FROM "{table}" t')) for table in tables)
    assert ADA in dump, "it holds what was stored"
    for each in (state, code, secret, browser or "-none-", "ya29.", "1//"):
        assert each not in dump


def test_a_queue_that_is_down_costs_the_first_sync_and_not_the_account(
    owner: Owner, ws_id: UUID, queue: ListQueue
) -> None:
    queue.down = True
    assert owner.connect(ws_id)["status"] == "connected"


def test_a_refused_code_fails_and_stores_nothing(
    owner: Owner, ws_id: UUID, database: Database, simulator: Simulator
) -> None:
    place = owner.visit(owner.ask(ws_id).json["consent_url"]).headers["Location"]
    back = owner.consent(place, ADA)
    simulator.world.codes.clear()
    assert owner.visit(back).headers["Location"] == f"{BACK}?status=failed"
    assert stored(database) == 0


class TestGoing:
    """An account goes, and blocks get a calendar: routes of the API that only this function can answer."""

    def call(self, owner: Owner, method: str, url: str, body: object = None) -> Reply:
        return owner.send(event(method, url, body, {"Authorization": f"Bearer {owner.token}"}))

    def test_a_disconnected_account_is_revoked_and_forgotten(
        self, owner: Owner, ws_id: UUID, database: Database, simulator: Simulator
    ) -> None:
        account = owner.connect(ws_id)["connection"]
        url = f"/v1/workspaces/{ws_id}/accounts/{account}"
        assert self.call(owner, "DELETE", f"{url}?blocks=maybe").json["field"] == "blocks"
        gone = self.call(owner, "DELETE", url)
        assert (gone.status, gone.json["status"]) == (200, "disconnected")
        assert database.run("SELECT status, access_token FROM calendar_auth_tokens") == [["disconnected", None]]
        assert simulator.world.account(ADA).revoked
        assert self.call(owner, "DELETE", url).json["status"] == "disconnected", "asked again, it is so already"
        assert database.run("SELECT DISTINCT action FROM audit_log ORDER BY 1") == [["account_disconnect"], ["connect"]]

    def test_a_foreign_account_is_as_unknown_as_none(self, owner: Owner, ws_id: UUID, database: Database) -> None:
        foreign = rows.account(database, rows.workspace(database))
        for account in (foreign, uuid4()):
            refused = self.call(owner, "DELETE", f"/v1/workspaces/{ws_id}/accounts/{account}")
            assert (refused.status, refused.json["code"]) == (404, "unknown_account")
        assert database.run("SELECT status FROM calendar_auth_tokens") == [["active"]]

    def test_blocks_go_to_a_calendar_that_is_named_or_nowhere(
        self, owner: Owner, ws_id: UUID, database: Database
    ) -> None:
        owner.connect(ws_id)
        url = f"/v1/workspaces/{ws_id}/members/ada/target"
        assert self.call(owner, "PUT", url, {"calendar_id": ADA}).json["code"] == "unknown_member"
        database.run("INSERT INTO workspace_members (ws_id, user_id) VALUES (:ws, 'ada')", ws=ws_id)
        assert self.call(owner, "PUT", url, {"calendar_id": "nobody@example.test"}).json["field"] == "calendar"
        assert self.call(owner, "PUT", url, {"calendar_id": ADA, "new_calendar": True}).status == 422
        assert self.call(owner, "PUT", url, {"calendar_id": "primary"}).json["calendar_id"] == ADA
        found = "SELECT count(target_connection_id) FROM workspace_members"
        assert database.run(found) == [[1]]
        refused = self.call(owner, "PUT", url, {"new_calendar": True})
        assert (refused.status, refused.json["code"]) == (409, "permission_missing")
        assert self.call(owner, "PUT", url, {}).json["calendar_id"] is None
        assert database.run(found) == [[0]]
