"""Secrets Manager: what the functions read instead of secrets in environment variables."""

from datetime import datetime, timedelta
from typing import Any

from almanac.adapters.aws.errors import AwsError, failure
from almanac.errors import BadSettings, SecretsUnavailable
from almanac.services.clock import Clock
from almanac.strict_json import RepeatedKey, read_json

KEPT_FOR = timedelta(minutes=5)
"""How long a value is used before it is read again: a rotated secret is picked up within it."""
TRUSTED_FOR = timedelta(seconds=10)
"""How long a value counts as just read: what is refused with it is no matter of its age, whoever asks how often."""


class SecretsManager:
    """Secrets by ARN, each kept for five minutes. `client` is a boto3 Secrets Manager client.

    `variable` is the environment variable that holds the ARN: errors name it, never the ARN's value.
    """

    def __init__(self, client: Any, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._kept: dict[str, tuple[datetime, str]] = {}

    def text(self, arn: str, variable: str) -> str:
        """The secret as it is stored. Raises SecretsUnavailable, or BadSettings when there is no such text secret."""
        now = self._clock()
        known = self._kept.get(arn)
        if known is not None and now - known[0] < KEPT_FOR:
            return known[1]
        value = self._read(arn, variable)
        self._kept[arn] = (now, value)
        return value

    def forget(self, arn: str) -> None:
        """Read the secret again the next time, because what it holds was refused; one that was just read stays."""
        known = self._kept.get(arn)
        if known is not None and self._clock() - known[0] >= TRUSTED_FOR:
            del self._kept[arn]

    def json(self, arn: str, variable: str, *required: str) -> dict[str, str]:
        """The text and number fields of a JSON secret (RDS keeps its port as a number), all as text.

        Raises as `text` does, and BadSettings when it is no JSON object or a `required` field is missing or empty.
        """
        try:
            document = read_json(self.text(arn, variable))
        except RepeatedKey:  # not named: the key may be anything
            raise BadSettings(variable, "that secret has a field more than once") from None
        except ValueError:
            raise BadSettings(variable, "that secret is not JSON") from None
        if not isinstance(document, dict):
            raise BadSettings(variable, "that secret is not a JSON object")
        fields = {name: str(value) for name, value in document.items() if isinstance(value, str | int)}
        for name in required:
            if not fields.get(name):
                raise BadSettings(variable, f"that secret has no field {name}")
        return fields

    def _read(self, arn: str, variable: str) -> str:
        try:
            answer = self._client.get_secret_value(SecretId=arn)
        except AwsError as error:
            failed = failure(error)
            if failed.again:
                raise SecretsUnavailable(f"the secret of {variable} could not be read: {failed.text}") from None
            raise BadSettings(variable, f"that secret cannot be read: {failed.text}") from None
        text = answer.get("SecretString")
        if not text:
            raise BadSettings(variable, "that secret holds no text")
        return str(text)
