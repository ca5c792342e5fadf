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
