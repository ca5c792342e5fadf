"""Where exports are kept and who sends digests: S3 and SES as moto plays them, and a folder with signed links."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from almanac.adapters.aws import clients
from almanac.adapters.aws.export_bucket import S3Files
from almanac.adapters.aws.mail import SesMail
from almanac.adapters.files import FolderFiles, linked_file
from almanac.errors import BadSettings, FilesRefused, FilesUnavailable, MailRefused, MailUnavailable, MailUncertain
from almanac.services.export.ports import Letter

REGION = "eu-central-1"
LETTER = Letter("Monday", "today\n", "<html><p>today</p></html>")


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield


@pytest.fixture
def s3(aws: None) -> Any:
    made = clients.client("s3", signature_version="s3v4")
    made.create_bucket(Bucket="exports", CreateBucketConfiguration={"LocationConstraint": REGION})
    return made


def test_a_file_is_kept_linked_for_a_while_and_deleted(s3: Any) -> None:
    files = S3Files(s3, "exports")
    files.put("ws/1.csv", b"a,b\r\n", "text/csv; charset=utf-8")

    link = urlsplit(files.link("ws/1.csv", "events.csv", 900))
    kept = s3.get_object(Bucket="exports", Key="ws/1.csv")
    files.delete(["ws/1.csv", "ws/never.csv"])

    asked = parse_qs(link.query)
    assert (asked["X-Amz-Expires"], asked["X-Amz-Algorithm"]) == (["900"], ["AWS4-HMAC-SHA256"])
    assert asked["response-content-disposition"] == ['attachment; filename="events.csv"']
    assert REGION in str(link.hostname) or f"/{REGION}/" in asked["X-Amz-Credential"][0]
    assert (kept["Body"].read(), kept["ContentType"]) == (b"a,b\r\n", "text/csv; charset=utf-8")
    assert s3.list_objects_v2(Bucket="exports")["KeyCount"] == 0


class Played:
    """A client whose calls end in an error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, _name: str) -> Any:
        def call(**_: Any) -> Any:
            raise self._error

        return call


def answered(status: int, code: str) -> ClientError:
    said: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(said, "any")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (answered(503, "SlowDown"), FilesUnavailable),
        (EndpointConnectionError(endpoint_url="https://s3.invalid"), FilesUnavailable),
        (answered(403, "AccessDenied"), FilesRefused),
        (answered(404, "NoSuchBucket"), FilesRefused),
    ],
)
def test_what_a_bucket_refuses(error: Exception, told: type[Exception]) -> None:
    with pytest.raises(told):
        S3Files(Played(error), "exports").put("k", b"", "text/csv")


def test_a_mail_goes_out_whole(aws: None) -> None:
    ses = clients.client("sesv2")
    ses.create_email_identity(EmailIdentity="almanac@example.org")

    SesMail(ses, "almanac@example.org").send("ada@example.org", LETTER)

    (sent,) = ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages
    assert set(sent.destinations) == {"ada@example.org"}
    assert "multipart/alternative" in str(sent.raw_data)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (EndpointConnectionError(endpoint_url="https://email.invalid"), MailUnavailable),
        (answered(429, "TooManyRequestsException"), MailUnavailable),
        (answered(503, "ServiceUnavailable"), MailUnavailable),
        (ReadTimeoutError(endpoint_url="https://email.invalid"), MailUncertain),
        (answered(400, "MessageRejected"), MailRefused),
    ],
)
def test_whether_a_mail_may_have_gone_is_told_apart(error: Exception, told: type[Exception]) -> None:
    with pytest.raises(told):
        SesMail(Played(error), "almanac@example.org").send("ada@example.org", LETTER)


class TestAFolder:
    def test_gives_a_file_to_whoever_has_its_link_while_that_is_good(self, tmp_path: Path) -> None:
        now = datetime(2026, 3, 2, tzinfo=UTC).timestamp()
        files = FolderFiles(str(tmp_path), "http://127.0.0.1:8787", lambda: now)
        files.put("ws/1.csv", b"a,b", "text/csv")
        link = urlsplit(files.link("ws/1.csv", "events.csv", 900))

        def opened(path: str = link.path, query: str = link.query, at: float = now) -> tuple[str, bytes] | None:
            return linked_file(str(tmp_path), path, query, at)

        assert opened() == ("events.csv", b"a,b")
        assert opened(at=now + 899) is not None
        assert opened(at=now + 901) is None
        assert opened(path="/exports/ws/2.csv") is None
        assert opened(path="/exports/../.key-of-links") is None
        assert opened(query=link.query.replace("until=", "until=9")) is None
        assert opened(query="") is None
        assert opened(query=link.query.replace("signature=", "signature=%C3%BC")) is None
        files.delete(["ws/1.csv", "ws/1.csv"])
        assert opened() is None

    def test_is_needed(self) -> None:
        with pytest.raises(BadSettings, match="ALMANAC_EXPORT_FOLDER"):
            FolderFiles(None).put("k", b"", "text/csv")
