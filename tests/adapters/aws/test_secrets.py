import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from almanac.adapters.aws import clients as aws_clients
from almanac.adapters.aws.secrets import KEPT_FOR, TRUSTED_FOR, SecretsManager
from almanac.adapters.crypto import new_key
from almanac.errors import BadSettings, SecretsUnavailable
from almanac.wiring.accounts import AccountWiring
from almanac.wiring.base import Base
from almanac.wiring.outside.api import ApiWiring
from almanac.wiring.push import PushWiring
from almanac.wiring.webhooks import WebhookWiring

VARIABLE = "ALMANAC_DATABASE_SECRET_ARN"


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class FailingClient:
    """A Secrets Manager whose calls fail."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def get_secret_value(self, **_asked: str) -> dict[str, Any]:
        raise self.error


def client_error(code: str, status: int) -> ClientError:
    told = {"Error": {"Code": code, "Message": "hunter2"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(told, "GetSecretValue")


@pytest.fixture
def client(aws: None) -> Any:
    return aws_clients.client("secretsmanager")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def secrets(client: Any, clock: Clock) -> SecretsManager:
    return SecretsManager(client, clock)


def stored(client: Any, **content: Any) -> str:
    return str(client.create_secret(Name="almanac", **content)["ARN"])


def test_a_text_secret_is_read_as_it_is(client: Any, secrets: SecretsManager) -> None:
    arn = stored(client, SecretString="key-1,key-2")
    assert secrets.text(arn, VARIABLE) == "key-1,key-2"


def test_a_value_is_kept_five_minutes_and_then_read_again(client: Any, secrets: SecretsManager, clock: Clock) -> None:
    arn = stored(client, SecretString="old")
    assert secrets.text(arn, VARIABLE) == "old"
    client.put_secret_value(SecretId=arn, SecretString="new")
    clock.now += timedelta(minutes=4, seconds=59)
    assert secrets.text(arn, VARIABLE) == "old"
    clock.now += timedelta(seconds=1)
    assert secrets.text(arn, VARIABLE) == "new"


def test_a_json_secret_gives_texts_and_numbers_as_text(client: Any, secrets: SecretsManager) -> None:
    arn = stored(client, SecretString=json.dumps({"host": "db", "port": 5432, "tags": ["a"], "none": None}))
    assert secrets.json(arn, VARIABLE, "host", "port") == {"host": "db", "port": "5432"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("hunter2", "not JSON"),
        ('{"host": "db", "port": 1, "host": "hunter2"}', "has a field more than once"),
        ('["hunter2"]', "not a JSON object"),
        ('{"user": "hunter2"}', "no field password"),
        ('{"user": "hunter2", "password": ""}', "no field password"),
        ('{"password": {"value": "hunter2"}}', "no field password"),
    ],
)
def test_a_json_secret_of_another_form_is_bad_settings_without_its_value(
    client: Any, secrets: SecretsManager, text: str, complaint: str
) -> None:
    arn = stored(client, SecretString=text)
    with pytest.raises(BadSettings, match=f"{VARIABLE}: .*{complaint}") as caught:
        secrets.json(arn, VARIABLE, "password")
    assert "hunter2" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_binary_secret_is_bad_settings(client: Any, secrets: SecretsManager) -> None:
    arn = stored(client, SecretBinary=b"\x00\x01")
    with pytest.raises(BadSettings, match=f"{VARIABLE}: that secret holds no text"):
        secrets.text(arn, VARIABLE)


def test_a_missing_secret_is_bad_settings(secrets: SecretsManager) -> None:
    arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:none"
    with pytest.raises(BadSettings, match=f"{VARIABLE}: that secret cannot be read: ResourceNotFoundException"):
        secrets.text(arn, VARIABLE)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (client_error("ThrottlingException", 400), SecretsUnavailable),
        (client_error("InternalServiceError", 500), SecretsUnavailable),
        (EndpointConnectionError(endpoint_url="https://example.org"), SecretsUnavailable),
        (client_error("AccessDeniedException", 400), BadSettings),
        (client_error("DecryptionFailure", 400), BadSettings),
        (NoCredentialsError(), BadSettings),
    ],
)
def test_what_waiting_heals_is_unavailable_and_the_rest_bad_settings(
    clock: Clock, error: Exception, expected: type[Exception]
) -> None:
    secrets = SecretsManager(FailingClient(error), clock)
    with pytest.raises(expected, match=VARIABLE) as caught:
        secrets.text("arn", VARIABLE)
    assert "hunter2" not in str(caught.value)


def test_a_failure_is_not_kept(client: Any, secrets: SecretsManager) -> None:
    with pytest.raises(BadSettings):
        secrets.text("almanac", VARIABLE)
    stored(client, SecretString="there now")
    assert secrets.text("almanac", VARIABLE) == "there now"


def test_a_missing_region_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    with pytest.raises(BadSettings, match="AWS_DEFAULT_REGION"):
        aws_clients.client("sqs")


def test_a_value_that_was_refused_is_read_again_but_not_one_that_was_just_read(
    client: Any, clock: Clock, secrets: SecretsManager
) -> None:
    arn = stored(client, SecretString="old")
    secrets.text(arn, VARIABLE)
    client.put_secret_value(SecretId=arn, SecretString="new")

    secrets.forget(arn)
    assert secrets.text(arn, VARIABLE) == "old", "whoever asks with a thousand bad tokens asks AWS once"
    clock.now += TRUSTED_FOR
    secrets.forget(arn)
    assert secrets.text(arn, VARIABLE) == "new"
    secrets.forget("arn:of:another")


@pytest.mark.parametrize(
    ("wiring", "variable", "used"),
    [
        (AccountWiring, "ALMANAC_TOKEN_KEYS_SECRET_ARN", lambda wiring: wiring.cipher.encrypt("a")),
        (WebhookWiring, "ALMANAC_WEBHOOK_KEYS_SECRET_ARN", lambda wiring: wiring.webhook_cipher.encrypt("a")),
        (PushWiring, "ALMANAC_PUSH_KEYS_SECRET_ARN", lambda wiring: wiring.push_keys()),
        (ApiWiring, "ALMANAC_SESSION_KEYS_SECRET_ARN", lambda wiring: wiring.console._sessions.seal({})),
    ],
)
def test_keys_that_are_rotated_are_used_by_a_process_that_has_read_the_old_ones(
    client: Any, clock: Clock, wiring: type[Base], variable: str, used: Callable[[Any], Any]
) -> None:
    class Counting(SecretsManager):
        def _read(self, arn: str, variable: str) -> str:
            reads.append(variable)
            return super()._read(arn, variable)

    reads: list[str] = []
    process = wiring({variable: stored(client, SecretString=f"{new_key()},{new_key()}")})
    process.__dict__["secrets"] = Counting(client, clock)
    used(process)
    clock.now += KEPT_FOR
    used(process)

    assert reads == [variable] * 2
