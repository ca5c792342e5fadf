"""Which old accounts are adopted, and what a stored time zone means."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adoption.rules import AdoptionCounts, LegacyAccount, address, chosen_accounts, known_zone

ZONES = {"europe/berlin": "Europe/Berlin", "utc": "UTC"}
ACCOUNTS = st.builds(
    LegacyAccount,
    id=st.uuids(),
    user_id=st.sampled_from(["ada", "grace"]),
    provider=st.sampled_from(["google", "google", "microsoft"]),
    email=st.sampled_from(["ada@example.test", "Ada@Example.test", " ada@example.test ", "nobody", "@", "", None]),
    refresh_token=st.sampled_from(["1//token", "", "  ", None]),
    is_active=st.booleans(),
)


def account(email: str | None = "ada@example.test", token: str | None = "1//token", **other: object) -> LegacyAccount:
    return LegacyAccount(
        uuid4(), str(other.get("user_id", "ada")), str(other.get("provider", "google")), email, token, True
    )


@pytest.mark.parametrize(
    ("stored", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        (" europe/BERLIN ", "Europe/Berlin"),
        ("auto", None),
        ("", None),
        (None, None),
    ],
)
def test_a_zone_is_known_or_none(stored: str | None, zone: str | None) -> None:
    assert known_zone(stored, ZONES) == zone


@given(st.lists(ACCOUNTS, unique_by=lambda each: each.id))
def test_every_account_is_adopted_stands_behind_one_or_has_a_reason(accounts: list[LegacyAccount]) -> None:
    chosen, stands_for, left_out = chosen_accounts(accounts)

    assert len(chosen) + sum(left_out.values()) == len(accounts)
    assert len({(each.user_id, address(each)) for each in chosen}) == len(chosen)
    assert set(stands_for.values()) == {each.id for each in chosen}
    assert len(stands_for) == len(chosen) + left_out.get("duplicate", 0)
    assert all(each.provider == "google" and (each.refresh_token or "").strip() for each in chosen)


def test_of_several_rows_of_one_account_the_first_is_adopted() -> None:
    first, second = account(), account("ADA@example.test")

    chosen, stands_for, left_out = chosen_accounts([first, second])

    assert list(chosen) == [first]
    assert stands_for == {first.id: first.id, second.id: first.id}
    assert left_out == {"duplicate": 1}


def test_one_address_of_two_people_is_two_accounts() -> None:
    assert len(chosen_accounts([account(), account(user_id="grace")])[0]) == 2


@pytest.mark.parametrize(
    ("unusable", "reason"),
    [
        (account(provider="microsoft"), "microsoft"),
        (account(None), "no_address"),
        (account("@"), "no_address"),
        (account(token=""), "no_refresh_token"),
        (account(token=None), "no_refresh_token"),
    ],
)
def test_what_cannot_be_used_has_a_reason(unusable: LegacyAccount, reason: str) -> None:
    assert chosen_accounts([unusable]) == ([], {}, {reason: 1})


def test_a_token_is_not_in_what_is_printed() -> None:
    assert "1//token" not in repr(account())


def test_counts_add_up() -> None:
    both = AdoptionCounts(1, 2, {"duplicate": 3}) + AdoptionCounts(10, 20, {"duplicate": 1, "deleted": 1})

    assert both == AdoptionCounts(11, 22, {"duplicate": 4, "deleted": 1})
    assert both.old_rows == 38
