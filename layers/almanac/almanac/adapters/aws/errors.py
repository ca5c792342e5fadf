"""What a failed AWS call means. Apart from `clients`, so that reading an error does not load boto3."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

AwsError = (BotoCoreError, ClientError)
"""What a boto3 call raises."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed call: AWS's error code or the exception's name, and whether the same call can succeed later."""

    code: str
    again: bool
    advice: str = ""
    """What to do about it, for people; empty when the code is all there is to say."""

    @property
    def text(self) -> str:
        """The code, and what to do."""
        return f"{self.code}: {self.advice}" if self.advice else self.code


_SIGN_IN = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, to credentials that work"
_NO_QUEUE = "correct ALMANAC_SYNC_QUEUE_URL or ALMANAC_SCHEDULE_QUEUE_URL, or AWS_ENDPOINT_URL"
_ADVICE = {
    "NoCredentialsError": _SIGN_IN,
    "PartialCredentialsError": _SIGN_IN,
    "ExpiredToken": _SIGN_IN,
    "InvalidClientTokenId": _SIGN_IN,
    "UnrecognizedClientException": _SIGN_IN,
    "SignatureDoesNotMatch": _SIGN_IN,
    "AccessDenied": "these credentials may not do that: ask for the permission, or set AWS_PROFILE",
    "AccessDeniedException": "these credentials may not do that: ask for the permission, or set AWS_PROFILE",
    "QueueDoesNotExist": _NO_QUEUE,
    "AWS.SimpleQueueService.NonExistentQueue": _NO_QUEUE,
}


def failure(error: Exception) -> Failure:
    """What one of AwsError means: throttling, 5xx, timeouts and broken connections pass, the rest does not."""
    if not isinstance(error, ClientError):
        again = isinstance(error, HTTPClientError | NoConnection)
        return Failure(type(error).__name__, again, _advice_on(error))
    code = str(error.response.get("Error", {}).get("Code", "Unknown"))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    again = status >= 500 or status == 429 or "Throttl" in code or "TooManyRequests" in code
    return Failure(code, again, _ADVICE.get(code, ""))


def _advice_on(error: Exception) -> str:
    """Return what to do about a call that got no answer; an endpoint's host is named, not what else its URL holds."""
    url = getattr(error, "kwargs", {}).get("endpoint_url")
    if not url:
        return _ADVICE.get(type(error).__name__, "")
    parts = urlsplit(str(url))
    place = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
    return f"nothing answers at {place}; correct AWS_ENDPOINT_URL or AWS_DEFAULT_REGION, or start what should answer"
