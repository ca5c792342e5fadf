import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, NoCredentialsError

from almanac.adapters.aws.errors import failure

_SIGN_IN = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, to credentials that work"
_NOBODY = "; correct AWS_ENDPOINT_URL or AWS_DEFAULT_REGION, or start what should answer"
_REFUSED = ClientError({"Error": {"Code": "ExpiredToken"}, "ResponseMetadata": {"HTTPStatusCode": 403}}, "SendMessage")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (NoCredentialsError(), f"NoCredentialsError: {_SIGN_IN}"),
        (_REFUSED, f"ExpiredToken: {_SIGN_IN}"),
        (ClientError({"Error": {"Code": "InternalError"}}, "SendMessage"), "InternalError"),
        (
            EndpointConnectionError(endpoint_url="http://ada:hunter2@127.0.0.1:4566/123/sync.fifo"),
            f"EndpointConnectionError: nothing answers at 127.0.0.1:4566{_NOBODY}",
        ),
        (
            ConnectTimeoutError(endpoint_url="https://sqs.eu-central-9.amazonaws.com/"),
            f"ConnectTimeoutError: nothing answers at sqs.eu-central-9.amazonaws.com{_NOBODY}",
        ),
    ],
)
def test_a_failure_says_what_to_do(error: Exception, text: str) -> None:
    assert failure(error).text == text
