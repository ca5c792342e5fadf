import pytest

from almanac.adapters.aws import clients
from almanac.errors import BadSettings
from almanac.wiring.calendar_sync import CalendarSyncWiring
from almanac.wiring.orchestrator import OrchestratorWiring
from almanac.wiring.smart_scheduling import SmartSchedulingWiring
from tests.scripted_server import ScriptedServer


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


@pytest.mark.parametrize(("traced", "told"), [(True, True), (False, False)])
def test_a_tick_does_not_put_all_its_jobs_into_its_own_trace(
    monkeypatch: pytest.MonkeyPatch, server: ScriptedServer, traced: bool, told: bool
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "orchestrator")
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "local")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")
    server.answers({"QueueUrl": f"{server.url}/1/sync.fifo"})
    sqs = clients.client("sqs") if traced else clients.without_trace(clients.client("sqs"))

    sqs.get_queue_url(QueueName="sync.fifo")

    (request,) = server.requests
    assert ("x-amzn-trace-id" in request.headers) is told
    assert "authorization" in request.headers, "and the request is signed as it is sent"


def test_the_orchestrator_is_who_sends_without_its_trace() -> None:
    assert (OrchestratorWiring.traced, CalendarSyncWiring.traced, SmartSchedulingWiring.traced) == (False, True, True)
