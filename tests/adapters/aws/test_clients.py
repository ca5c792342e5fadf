import pytest

from almanac.adapters.aws import clients
from almanac.errors import BadSettings


@pytest.fixture(autouse=True)
def fresh_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3 keeps one session a process; it reads its environment once."""
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.delenv("AWS_PROFILE", raising=False)


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("AWS_PROFILE", "nobody", "AWS_PROFILE: names no profile"),
        ("AWS_ENDPOINT_URL", "not a url", "AWS_ENDPOINT_URL: is not a URL"),
    ],
)
def test_an_unusable_environment_is_one_line_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, message: str
) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(BadSettings, match=message):
        clients.client("sqs")


def test_a_declared_but_empty_endpoint_is_aws_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "")

    assert clients.client("sqs").meta.endpoint_url == "https://sqs.eu-central-1.amazonaws.com"


@pytest.mark.parametrize(
    ("url", "region"),
    [
        ("https://sqs.eu-central-1.amazonaws.com/123456789012/sync.fifo", "eu-central-1"),
        ("https://sqs.cn-north-1.amazonaws.com.cn/123456789012/sync.fifo", "cn-north-1"),
        ("http://localhost:4566/123456789012/sync.fifo", None),
        ("https://sqs.eu-central-1.amazonaws.com.evil.example/123456789012/sync.fifo", None),
    ],
)
def test_the_url_of_a_queue_names_its_region(url: str, region: str | None) -> None:
    assert clients.region_of(url) == region


def test_a_region_that_is_given_is_for_an_environment_that_names_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert clients.client("sqs", "us-east-1").meta.region_name == "eu-central-1"

    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")

    assert clients.client("sqs", "us-east-1").meta.region_name == "us-east-1"
