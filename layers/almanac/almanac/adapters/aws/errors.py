"""What a failed AWS call means. Apart from `clients`, so that reading an error does not load boto3."""

from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

AwsError = (BotoCoreError, ClientError)
"""What a boto3 call raises."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed call: AWS's error code or the exception's name, and whether the same call can succeed later."""

    code: str
    again: bool


def failure(error: Exception) -> Failure:
    """What one of AwsError means: throttling, 5xx, timeouts and broken connections pass, the rest does not."""
    if not isinstance(error, ClientError):
        return Failure(type(error).__name__, again=isinstance(error, HTTPClientError | NoConnection))
    code = str(error.response.get("Error", {}).get("Code", "Unknown"))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    return Failure(code, again=status >= 500 or status == 429 or "Throttl" in code or "TooManyRequests" in code)
