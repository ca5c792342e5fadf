from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import NoReturn
from uuid import UUID

import pytest

from almanac.domain.sync.report import Tally
from almanac.domain.sync.retry import MAX_ATTEMPTS
from almanac.errors import (
    AccessTokenRejected,
    ProviderRateLimited,
    ProviderRejected,
    ProviderUnavailable,
    ReconnectRequired,
    StorageFailed,
    TransientError,
)
from almanac.providers.google.errors import rate_limited, rejected, unavailable
from almanac.services.accounts.ports import Account
from almanac.services.sync.account_access import REFRESH_BEFORE, AccountSession
from almanac.services.sync.provider import FreshToken
from almanac.services.sync.retrying import Retrier

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ACCOUNT = Account(
    ws_id=UUID(int=1),
    id=UUID(int=2),
    provider="google",
    email="ada@example.test",
    access_token="sealed old access",
    refresh_token="sealed refresh 1",
    expires_at=NOW + HOUR,
    status="active",
    version=1,
)


class Cipher:
    """TokenCipher that shows what it did."""

    def encrypt(self, plain: str) -> str:
        return f"sealed {plain}"

    def decrypt(self, ciphertext: str) -> str:
        if not ciphertext.startswith("sealed "):
            raise StorageFailed("no key decrypts a stored token")
        return ciphertext.removeprefix("sealed ")

    def is_current(self, ciphertext: str) -> bool:
        return True


@dataclass
class Store:
    """The account rows of a SyncStore: compare-and-set by version."""

    row: Account = ACCOUNT
    reasons: list[str] = field(default_factory=list)

    def store_tokens(
        self, account: Account, access: str, expires_at: datetime, refresh: str, scopes: Sequence[str] = ()
    ) -> Account:
        if account.version == self.row.version:
            tokens = {"access_token": access, "refresh_token": refresh, "expires_at": expires_at}
            self.row = replace(self.row, version=self.row.version + 1, status="active", **tokens)
        return self.row

    def require_reconnect(self, account: Account, reason: str) -> Account:
        if account.version == self.row.version:
            self.reasons.append(reason)
            self.row = replace(self.row, status="reconnect_required")
        return self.row

    def somebody_else_stores(self, name: str, **other: object) -> None:
        """Another run, or the account's owner, has stored newer tokens."""
        newer = {"access_token": f"sealed {name} access", "refresh_token": f"sealed {name} refresh"}
        self.row = replace(self.row, version=self.row.version + 1, expires_at=NOW + HOUR, **newer | other)


@dataclass
class Endpoint:
    """TokenEndpoint that issues `access 1`, `access 2`, …; `before` happens during the request."""

    asked: list[str] = field(default_factory=list)
    before: Callable[[], object] = lambda: None
    rotates: bool = False

    def refresh(self, refresh_token: str) -> FreshToken:
        self.asked.append(refresh_token)
        self.before()
        number = len(self.asked)
        return FreshToken(f"access {number}", NOW + HOUR, f"refresh {number + 1}" if self.rotates else None)

    def limit_waits(self, seconds: float) -> None:
        """It answers at once."""


@dataclass
class Calendars:
    """A provider whose opened account is the access itself, and an operation that refuses those in `refused`."""

    token_endpoint: Endpoint | None
    name: str = "google"
    refused: set[str] = field(default_factory=set)
    seen: list[str] = field(default_factory=list)

    def open(self, access: str) -> str:
        return access

    def limit_waits(self, seconds: float) -> None:
        """It answers at once."""

    def __call__(self, token: str) -> str:
        self.seen.append(token)
        if token in self.refused:
            raise AccessTokenRejected("Google rejected the access token (HTTP 401)")
        return "answer"


def raising(error: Exception) -> Callable[[], NoReturn]:
    def raise_it() -> NoReturn:
        raise error

    return raise_it


DEAD = ReconnectRequired("the account's grant is gone")


class Bench:
    def __init__(self, account: Account = ACCOUNT, now: datetime = NOW, *, rotates: bool = False) -> None:
        self.store, self.endpoint, self.tally = Store(account), Endpoint(rotates=rotates), Tally()
        self.google = Calendars(self.endpoint)
        self.waited: list[float] = []
        self.session = AccountSession(account, self.google, self.store, Cipher(), lambda: now)

    def call(self) -> str:
        retrier = Retrier(self.waited.append, lambda: 0.5, lambda: 300.0)
        return self.session.call(self.google, retrier, self.tally)


@pytest.mark.parametrize(
    ("account", "refreshed"),
    [
        pytest.param(ACCOUNT, False, id="a live token is used"),
        pytest.param(replace(ACCOUNT, expires_at=NOW + REFRESH_BEFORE), False, id="one that just suffices"),
        pytest.param(
            replace(ACCOUNT, expires_at=NOW + REFRESH_BEFORE - timedelta(seconds=1)), True, id="one about to expire"
        ),
        pytest.param(replace(ACCOUNT, expires_at=NOW - HOUR), True, id="an expired one"),
        pytest.param(replace(ACCOUNT, expires_at=None), True, id="one of unknown age"),
        pytest.param(replace(ACCOUNT, access_token=None), True, id="none yet"),
    ],
)
def test_a_token_is_refreshed_before_it_expires(account: Account, refreshed: bool) -> None:
    bench = Bench(account)

    assert bench.call() == "answer"
    assert bench.google.seen == (["access 1"] if refreshed else ["old access"])
    assert bench.endpoint.asked == (["refresh 1"] if refreshed else [])


def test_once_google_has_slowed_the_account_down_it_is_asked_nothing_more_in_this_run() -> None:
    bench = Bench()
    slowed = raising(rate_limited("Google asks to slow down (HTTP 403, userRateLimitExceeded)"))
    asked: list[str] = []

    def refuse(token: str) -> str:
        asked.append(token)
        return slowed()

    retrier = Retrier(bench.waited.append, lambda: 0.5, lambda: 300.0)
    for _ in range(3):
        with pytest.raises(ProviderRateLimited):
            bench.session.call(refuse, retrier, bench.tally)

    assert len(asked) == bench.tally.api_calls == MAX_ATTEMPTS, "the first calendar's attempts, none of the others"


def test_a_failure_that_is_not_the_users_is_met_anew_by_every_call() -> None:
    bench = Bench()
    retrier = Retrier(bench.waited.append, lambda: 0.5, lambda: 300.0)
    with pytest.raises(ProviderUnavailable):
        bench.session.call(lambda _: raising(unavailable("503"))(), retrier, bench.tally)

    assert bench.call() == "answer"


def test_one_refresh_serves_the_whole_run() -> None:
    bench = Bench(replace(ACCOUNT, access_token=None))
    for _ in range(3):
        bench.call()

    assert len(bench.endpoint.asked) == 1
    assert bench.google.seen == ["access 1"] * 3


def test_trap_80_a_401_is_one_refresh_and_one_more_try() -> None:
    bench = Bench()
    bench.google.refused = {"old access"}

    assert bench.call() == "answer"
    assert bench.google.seen == ["old access", "access 1"]
    assert bench.store.row.access_token == "sealed access 1"


def test_trap_80_a_second_401_ends_the_call_but_not_the_account() -> None:
    bench = Bench()
    bench.google.refused = {"old access", "access 1"}

    with pytest.raises(TransientError, match="just issued"):
        bench.call()

    assert len(bench.endpoint.asked) == 1
    assert bench.google.seen == ["old access", "access 1"]
    assert (bench.store.row.status, bench.session.dead) == ("active", False)


def test_trap_81_without_a_new_refresh_token_the_old_one_is_kept() -> None:
    bench = Bench(replace(ACCOUNT, access_token=None))
    bench.call()

    assert bench.store.row.refresh_token == "sealed refresh 1"


def test_trap_81_a_rotated_refresh_token_is_stored_and_used_next_time() -> None:
    bench = Bench(replace(ACCOUNT, access_token=None), rotates=True)
    bench.call()
    bench.google.refused = {"access 1"}

    bench.call()

    assert bench.endpoint.asked == ["refresh 1", "refresh 2"]
    assert bench.store.row.refresh_token == "sealed refresh 3"


def test_trap_81_whoever_loses_the_race_uses_the_winners_token() -> None:
    bench = Bench(replace(ACCOUNT, access_token=None))
    bench.endpoint.before = lambda: bench.store.somebody_else_stores("their")

    bench.call()

    assert bench.google.seen == ["their access"]
    assert bench.store.row.refresh_token == "sealed their refresh"


def test_a_dead_grant_is_recorded_and_raised() -> None:
    bench = Bench(replace(ACCOUNT, access_token=None))
    bench.endpoint.before = raising(DEAD)

    with pytest.raises(ReconnectRequired):
        bench.call()

    assert bench.session.dead
    assert (bench.store.row.status, bench.store.reasons) == ("reconnect_required", [str(DEAD)])
    assert bench.google.seen == []


def test_a_dead_account_is_not_asked_for_twice() -> None:
    bench = Bench(replace(ACCOUNT, access_token=None))
    bench.endpoint.before = raising(DEAD)
    for _ in range(3):
        with pytest.raises(ReconnectRequired):
            bench.call()

    assert len(bench.endpoint.asked) == 1
    assert bench.tally.api_calls == 1


def test_an_account_that_was_dead_before_the_run_is_not_asked_for_at_all() -> None:
    bench = Bench(replace(ACCOUNT, status="reconnect_required"))

    with pytest.raises(ReconnectRequired):
        bench.call()

    assert bench.session.dead
    assert (bench.endpoint.asked, bench.google.seen, bench.store.reasons) == ([], [], [])


def test_a_dead_grant_is_forgiven_when_its_owner_has_just_connected_again() -> None:
    bench = Bench(replace(ACCOUNT, access_token=None))

    def reconnected_meanwhile() -> None:
        bench.store.somebody_else_stores("new")
        raise DEAD

    bench.endpoint.before = reconnected_meanwhile

    assert bench.call() == "answer"
    assert bench.google.seen == ["new access"]
    assert not bench.session.dead
    assert (bench.store.row.status, bench.store.reasons) == ("active", [])


def test_a_new_grant_without_an_access_token_is_traded_too() -> None:
    bench = Bench(replace(ACCOUNT, access_token=None))

    def reconnected_meanwhile() -> None:
        if len(bench.endpoint.asked) == 1:
            bench.store.somebody_else_stores("new", access_token=None)
            raise DEAD

    bench.endpoint.before = reconnected_meanwhile

    assert bench.call() == "answer"
    assert bench.endpoint.asked == ["refresh 1", "new refresh"]
    assert bench.google.seen == ["access 2"]


def test_an_account_that_was_disconnected_meanwhile_is_dead_for_this_run() -> None:
    bench = Bench(replace(ACCOUNT, access_token=None))

    def disconnected_meanwhile() -> None:
        bench.store.somebody_else_stores("no", status="disconnected")
        raise DEAD

    bench.endpoint.before = disconnected_meanwhile

    with pytest.raises(ReconnectRequired):
        bench.call()

    assert bench.session.dead
    assert bench.store.row.status == "disconnected"


def test_trap_80_a_failing_endpoint_is_tried_again_and_costs_no_grant() -> None:
    bench = Bench(replace(ACCOUNT, access_token=None))
    bench.endpoint.before = raising(unavailable("the token endpoint is unavailable (HTTP 503)"))

    with pytest.raises(ProviderUnavailable):
        bench.call()

    assert (len(bench.endpoint.asked), len(bench.waited)) == (4, 3)
    assert (bench.session.dead, bench.store.row) == (False, replace(ACCOUNT, access_token=None))


def test_a_refused_client_costs_no_grant() -> None:
    bench = Bench(replace(ACCOUNT, access_token=None))
    bench.endpoint.before = raising(rejected("Google does not accept our OAuth client"))

    with pytest.raises(ProviderRejected):
        bench.call()

    assert (bench.session.dead, bench.store.row.status) == (False, "active")


def test_only_ciphertext_reaches_the_store() -> None:
    bench = Bench(replace(ACCOUNT, access_token=None), rotates=True)
    bench.call()

    row = bench.store.row
    assert (row.access_token, row.refresh_token) == ("sealed access 1", "sealed refresh 2")
    assert (row.expires_at, row.version) == (NOW + HOUR, 2)


def test_time_and_calls_of_a_refresh_are_counted() -> None:
    bench = Bench(replace(ACCOUNT, access_token=None))
    bench.call()

    assert bench.tally.api_calls == 2
    assert bench.tally.token_ms > 0


class TestWithoutATokenEndpoint:
    """What the account was connected with opens it: there is nothing to refresh."""

    @pytest.fixture
    def bench(self) -> Bench:
        bench = Bench(replace(ACCOUNT, access_token=None, expires_at=None))
        bench.google.token_endpoint = None
        return bench

    def test_the_stored_secret_opens_it(self, bench: Bench) -> None:
        assert bench.call() == "answer"
        assert (bench.google.seen, bench.tally.api_calls, bench.tally.token_ms) == (["refresh 1"], 1, 0)

    def test_a_refused_secret_ends_the_account(self, bench: Bench) -> None:
        bench.google.refused = {"refresh 1"}

        with pytest.raises(ReconnectRequired):
            bench.call()

        assert bench.session.dead
        assert bench.store.row.status == "reconnect_required"

    def test_unless_its_owner_has_just_given_another(self, bench: Bench) -> None:
        bench.google.refused = {"refresh 1"}
        bench.store.somebody_else_stores("new", access_token=None)

        assert bench.call() == "answer"
        assert bench.google.seen == ["refresh 1", "new refresh"]
