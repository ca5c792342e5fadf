from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almanac.domain.operations.lag import SYNC_BEHIND_AFTER
from almanac.errors import BadSettings
from almanac.settings import (
    BehindSettings,
    DatabaseSettings,
    GoogleSettings,
    KeySettings,
    PlanSettings,
    QueueSettings,
    SyncSettings,
    UpkeepSettings,
    load,
    misspelt,
)

URL = "postgresql://almanac:hidden@db.example.test/almanac"
QUEUE = "https://sqs.eu-central-1.amazonaws.com/123456789012/sync.fifo"
CLIENT = {"ALMANAC_GOOGLE_CLIENT_ID": "client", "ALMANAC_GOOGLE_CLIENT_SECRET": "hidden"}
GROUPS = (
    DatabaseSettings,
    QueueSettings,
    GoogleSettings,
    KeySettings,
    SyncSettings,
    PlanSettings,
    UpkeepSettings,
    BehindSettings,
)
ENOUGH = {"ALMANAC_DATABASE_URL": URL, "ALMANAC_TOKEN_KEYS": "hidden", **CLIENT}


@pytest.mark.parametrize(
    ("group", "environment", "variable"),
    [
        (DatabaseSettings, {}, "ALMANAC_DATABASE_URL"),
        (DatabaseSettings, {"ALMANAC_DATABASE_URL": ""}, "ALMANAC_DATABASE_URL"),
        (DatabaseSettings, {"ALMANAC_DATABASE_URL": "mysql://hidden@host/name"}, "ALMANAC_DATABASE_URL"),
        (DatabaseSettings, {"ALMANAC_DATABASE_URL": " "}, "ALMANAC_DATABASE_URL"),
        (DatabaseSettings, {"ALMANAC_DATABASE_IAM_AUTH": "perhaps"}, "ALMANAC_DATABASE_IAM_AUTH"),
        (DatabaseSettings, {"ALMANAC_DATABASE_TIMEOUT_SECONDS": "soon"}, "ALMANAC_DATABASE_TIMEOUT_SECONDS"),
        (DatabaseSettings, {"ALMANAC_DATABASE_TIMEOUT_SECONDS": "0"}, "ALMANAC_DATABASE_TIMEOUT_SECONDS"),
        (DatabaseSettings, {"ALMANAC_DATABASE_TIMEOUT_SECONDS": "nan"}, "ALMANAC_DATABASE_TIMEOUT_SECONDS"),
        (QueueSettings, {"ALMANAC_SYNC_QUEUE_URL": "sync.fifo"}, "ALMANAC_SYNC_QUEUE_URL"),
        (QueueSettings, {"ALMANAC_SCHEDULE_QUEUE_URL": QUEUE.removesuffix(".fifo")}, "ALMANAC_SCHEDULE_QUEUE_URL"),
        (GoogleSettings, {}, "ALMANAC_GOOGLE_CLIENT_ID"),
        (GoogleSettings, {"ALMANAC_GOOGLE_CLIENT_ID": "client"}, "ALMANAC_GOOGLE_CLIENT_ID"),
        (GoogleSettings, {"ALMANAC_GOOGLE_CLIENT_SECRET": "hidden"}, "ALMANAC_GOOGLE_CLIENT_ID"),
        (GoogleSettings, CLIENT | {"ALMANAC_GOOGLE_API_URL": "www.googleapis.com"}, "ALMANAC_GOOGLE_API_URL"),
        (GoogleSettings, CLIENT | {"ALMANAC_GOOGLE_API_URL": "http://[::1"}, "ALMANAC_GOOGLE_API_URL"),
        (GoogleSettings, CLIENT | {"ALMANAC_GOOGLE_TOKEN_URL": "http://example.test"}, "ALMANAC_GOOGLE_TOKEN_URL"),
        (GoogleSettings, CLIENT | {"ALMANAC_GOOGLE_TIMEOUT_SECONDS": "121"}, "ALMANAC_GOOGLE_TIMEOUT_SECONDS"),
        (GoogleSettings, CLIENT | {"ALMANAC_GOOGLE_REQUESTS_PER_MINUTE": "29"}, "ALMANAC_GOOGLE_REQUESTS_PER_MINUTE"),
        (GoogleSettings, CLIENT | {"ALMANAC_GOOGLE_REQUESTS_PER_MINUTE": "601"}, "ALMANAC_GOOGLE_REQUESTS_PER_MINUTE"),
        (KeySettings, {}, "ALMANAC_TOKEN_KEYS"),
        (SyncSettings, {"ALMANAC_SYNC_PAGE_SIZE": "2501"}, "ALMANAC_SYNC_PAGE_SIZE"),
        (SyncSettings, {"ALMANAC_SYNC_PAGE_SIZE": "many"}, "ALMANAC_SYNC_PAGE_SIZE"),
        (SyncSettings, {"ALMANAC_SYNC_PAST_DAYS": "-1"}, "ALMANAC_SYNC_PAST_DAYS"),
        (SyncSettings, {"ALMANAC_SYNC_LEASE_SECONDS": "4"}, "ALMANAC_SYNC_LEASE_SECONDS"),
        (BehindSettings, {"ALMANAC_SYNC_BEHIND_SECONDS": "59"}, "ALMANAC_SYNC_BEHIND_SECONDS"),
        (BehindSettings, {"ALMANAC_SYNC_BEHIND_SECONDS": "86401"}, "ALMANAC_SYNC_BEHIND_SECONDS"),
        (BehindSettings, {"ALMANAC_SYNC_BEHIND_SECONDS": "90.5"}, "ALMANAC_SYNC_BEHIND_SECONDS"),
        (PlanSettings, {"ALMANAC_PLAN_BUDGET_SECONDS": "0"}, "ALMANAC_PLAN_BUDGET_SECONDS"),
        (
            PlanSettings,
            {"ALMANAC_PLAN_BUDGET_SECONDS": "31", "ALMANAC_SYNC_LEASE_SECONDS": "60"},
            "ALMANAC_PLAN_BUDGET_SECONDS",
        ),
    ],
)
def test_an_error_names_its_variable_in_one_line_without_the_value(
    group: type, environment: dict[str, str], variable: str
) -> None:
    with pytest.raises(BadSettings) as raised:
        load(group, environment)

    message = str(raised.value)
    assert message.startswith(f"{variable}: ")
    assert "\n" not in message
    assert "hidden" not in message


@pytest.mark.parametrize("group", GROUPS)
def test_empty_is_absent(group: type) -> None:
    names = {f"ALMANAC_{name.upper()}" for name in group.model_fields} - ENOUGH.keys()

    assert load(group, ENOUGH | dict.fromkeys(names, "")) == load(group, ENOUGH)


@pytest.mark.parametrize("group", GROUPS)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_any_value_loads_or_is_bad_settings_of_that_variable(group: type, value: str) -> None:
    for name in group.model_fields:
        variable = f"ALMANAC_{name.upper()}"
        assert blamed(group, ENOUGH | {variable: value}) in {None, variable} | CLIENT.keys()


def blamed(group: type, environment: dict[str, str]) -> str | None:
    try:
        load(group, environment)
    except BadSettings as error:
        return error.field
    return None


def test_variables_of_others_are_ignored() -> None:
    assert load(SyncSettings, {"SYNC_PAGE_SIZE": "1", "AWS_REGION": "x", "ALMANAC_UNKNOWN": "y"}) == SyncSettings()


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    environment = ENOUGH | {"ALMANAC_TOKEN_KEYS": "hidden"}

    assert "hidden" not in "".join(repr(load(group, environment)) for group in GROUPS)


@pytest.mark.parametrize("variable", ["ALMANAC_GOOGLE_API_URL", "ALMANAC_GOOGLE_TOKEN_URL"])
@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://example.test/root/", True),
        ("http://127.0.0.1:8080", True),
        ("http://localhost:8080", True),
        ("http://[::1]:8080", True),
        ("http://127.0.0.1.example.test", False),
        ("http://localhost@example.test", False),
        ("http://user:127.0.0.1@example.test", False),
        ("ftp://127.0.0.1", False),
        ("https://", False),
    ],
)
def test_tokens_travel_in_the_clear_on_this_machine_only(variable: str, url: str, allowed: bool) -> None:
    if allowed:
        assert url.rstrip("/") in load(GoogleSettings, CLIENT | {variable: url}).model_dump().values()
    else:
        with pytest.raises(BadSettings, match=f"^{variable}: "):
            load(GoogleSettings, CLIENT | {variable: url})


def test_behind_is_what_the_rule_says_unless_it_is_told() -> None:
    assert load(BehindSettings, {}).sync_behind_after == SYNC_BEHIND_AFTER
    assert load(BehindSettings, {"ALMANAC_SYNC_BEHIND_SECONDS": "86400"}).sync_behind_after == timedelta(days=1)


def test_the_window_is_a_quarter_back_and_half_a_year_ahead() -> None:
    settings = load(SyncSettings, {})

    assert (settings.past, settings.future) == (timedelta(days=90), timedelta(days=180))


def test_a_secret_stands_in_for_its_parts() -> None:
    arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:one"

    assert load(DatabaseSettings, {"ALMANAC_DATABASE_SECRET_ARN": arn}).database_url is None
    assert load(GoogleSettings, {"ALMANAC_GOOGLE_SECRET_ARN": arn}).google_client_id is None
    assert load(KeySettings, {"ALMANAC_TOKEN_KEYS_SECRET_ARN": arn}).token_keys is None


def test_a_variable_that_nothing_reads_is_told_with_the_one_it_looks_like() -> None:
    environment = ENOUGH | {
        "ALMANAC_SYNC_PAGE_SIZ": "5",
        "ALMANAC_TOKEN_KEY": "hidden",
        "ALMANAC_OF_SOMEBODY_ELSE": "1",
    }

    assert misspelt(environment) == {
        "ALMANAC_SYNC_PAGE_SIZ": "ALMANAC_SYNC_PAGE_SIZE",
        "ALMANAC_TOKEN_KEY": "ALMANAC_TOKEN_KEYS",
    }
