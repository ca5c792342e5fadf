"""Signatures, waits, giving up, and where a webhook may go."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from almanac.domain.delivery.addresses import is_public, url_fault
from almanac.domain.delivery.body import MOST_BYTES, MOST_CHANGES, fitting, range_body
from almanac.domain.delivery.schedule import WAITS, Attempt, disable_reason, wait_after
from almanac.domain.delivery.signature import secret_text, signature, signed_headers
from almanac.domain.history.changes import Change

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
REFUSED = Attempt(500, "refused")


def test_a_signature_is_the_one_of_the_standards_example() -> None:
    """https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md"""
    body = b'{"test": 2432232314}'

    signed = signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)

    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_both_secrets_sign_while_one_rotates() -> None:
    secrets = [secret_text(b"n" * 32), secret_text(b"o" * 32)]

    headers = signed_headers(secrets, "id", NOW, b"{}")

    assert headers["webhook-signature"].split() == [
        signature(secret, "id", int(NOW.timestamp()), b"{}") for secret in secrets
    ]


@pytest.mark.parametrize(("failures", "expected"), [*enumerate(WAITS, 1), (30, WAITS[-1])])
def test_waits_are_the_schedules_give_or_take_a_fifth(failures: int, expected: int) -> None:
    waits = [wait_after(failures, REFUSED, chance) for chance in (0.0, 0.5, 1.0)]

    assert waits == pytest.approx([0.8 * expected, expected, 1.2 * expected])


def test_an_endpoint_may_ask_for_a_longer_wait_up_to_a_day() -> None:
    assert wait_after(1, Attempt(429, "refused", 60), 0.5) == 60
    assert wait_after(1, Attempt(429, "refused", 10**9), 0.5) == 86_400
    assert wait_after(2, Attempt(429, "refused", 1), 0.5) == 300


@pytest.mark.parametrize(
    ("attempt", "failures", "hours", "reason"),
    [
        (Attempt(410, "refused"), 1, 0, "gone"),
        (REFUSED, 10, 72, "failing"),
        (REFUSED, 9, 100, None),
        (REFUSED, 50, 71.9, None),
        (Attempt(None, "timeout"), 10, 73, "failing"),
    ],
)
def test_an_endpoint_is_given_up(attempt: Attempt, failures: int, hours: float, reason: str | None) -> None:
    assert disable_reason(attempt, failures, NOW - timedelta(hours=hours), NOW) == reason


@pytest.mark.parametrize(("status", "taken"), [(200, True), (204, True), (301, False), (199, False), (None, False)])
def test_only_2xx_is_success(status: int | None, taken: bool) -> None:
    assert Attempt(status, None).succeeded is taken


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "240.0.0.1",
        "198.18.0.1",
        "192.0.0.170",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "fd00:ec2::254",
        "0.1.2.3",
        "100.127.255.255",
        "192.88.99.1",
        "203.0.113.9",
        "::10.0.0.1",
        "::ffff:0:10.0.0.1",
        "::ffff:100.64.0.1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a00:1",
        "2001:0:7f00:1:0:0:f5ff:fffe",
        "2001:db8::1",
        "3fff::1",
        "fec0::1",
        "5f00::1",
        "no address",
    ],
)
def test_no_address_of_a_network_of_ones_own_is_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34"])
def test_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("https://example.com/hook", None),
        ("https://example.com:8443/hook?a=1", None),
        ("http://example.com/hook", "must be https"),
        ("https://example.com:22/", "port 443 or 8443"),
        ("https://user:pw@example.com/", "no user"),
        ("ftp://example.com/", "https URL"),
        ("https:///hook", "https URL"),
        ("https://example.com:99999/", "not a URL"),
        ("https://example.com/#x", "fragment"),
        ("https://@example.com/", "no user"),
        ("https://a_b.example.com./", None),
        ("https://[2606:4700::1111]/", None),
        ("https://.com/", "no host"),
        ("https://exa%6dple.com/", "no host"),
        ("https://a..example.com/", "no host"),
        (f"https://{'a' * 64}.example.com/", "no host"),
        ("https://good.example\\.evil.example/", "no host"),
        ("https://example.com:0/", "port 443 or 8443"),
        ("https://example.com:/", None),
        ("https://example.com./hook", None),
        ("https://b\u00fccher.example/", None),
        ("https://example.com\u2100.test/", "not a URL"),
        ("https://" + 70 * "\u00fc" + ".example/", "not a URL"),
        ("https://example.com/h\u00f6ren", "encode them"),
        ("https://example.com/a b", "encode them"),
        ("https://exam\nple.com/", "encode them"),
        ("\x01https://example.com/", "encode them"),
        ("https://example.com/\x7f", "encode them"),
        ("https://[::1", "not a URL"),
    ],
)
def test_an_address_is_checked_before_it_is_kept(url: str, fault: str | None) -> None:
    found = url_fault(url, allow_local=False)

    assert found is None if fault is None else fault in str(found)


def test_development_may_use_this_machine() -> None:
    assert url_fault("http://127.0.0.1:9000/hook", allow_local=True) is None


def changes(many: int, columns: int) -> list[Change]:
    was = {f"a_column_with_a_long_name_{number}": 1 for number in range(columns)}
    return [Change(n, "event.updated", UUID(int=n), NOW, "sync", UUID(int=1), was, None) for n in range(1, many + 1)]


@pytest.mark.parametrize(("many", "columns"), [(1, 2), (99, 1), (250, 0), (250, 31), (1, 31)])
def test_a_delivery_is_small(many: int, columns: int) -> None:
    found = changes(many, columns)
    count = fitting(found)

    body = range_body(UUID(int=1), (1, count), found[:count], more=True, replayed=True, at=NOW)

    assert 1 <= count <= min(many, MOST_CHANGES)
    assert len(body) <= MOST_BYTES
    if count < min(many, MOST_CHANGES):
        longer = range_body(UUID(int=1), (1, count), found[: count + 1], more=True, replayed=True, at=NOW)
        assert len(longer) > MOST_BYTES - 400
