"""CloudFormation's pre-signed address: what is sent there, when it is sent again, and what no error may hold."""

import json

import pytest

from almanac.adapters.aws.cloudformation import PresignedAnswers
from almanac.errors import BadInput, TransientError
from local.stack.ports import free_port
from tests.scripted_server import ScriptedServer

SIGNED = "/bucket/answer%7C42?X-Amz-Signature=s3cr3t&X-Amz-Expires=7200"
ANSWER = {"Status": "FAILED", "Reason": "migration 0002_scheduling.sql: the database refused a statement (42703)"}


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def answers(pauses: list[float]) -> PresignedAnswers:
    return PresignedAnswers(pauses.append)


def test_the_answer_is_put_as_json_to_the_address_as_it_was_signed(
    server: ScriptedServer, answers: PresignedAnswers
) -> None:
    server.answers({})

    answers.send(server.url + SIGNED, ANSWER)

    (request,) = server.requests
    assert (request.method, request.path) == ("PUT", SIGNED)
    assert json.loads(request.body) == ANSWER
    assert request.headers["content-type"] == "", "the signature was made with an empty one"


@pytest.mark.parametrize("status", [500, 503, 403, 307])
def test_an_answer_that_was_not_taken_is_sent_again(
    server: ScriptedServer, answers: PresignedAnswers, pauses: list[float], status: int
) -> None:
    server.answers({}, status=status, Location=f"{server.url}/elsewhere")
    server.cuts()
    server.script.pop()  # this client asks once a try
    server.answers({})

    answers.send(server.url + SIGNED, ANSWER)

    assert [request.path for request in server.requests] == [SIGNED] * 3
    assert len(pauses) == 2
    assert 0 < pauses[0] < pauses[1]


def test_after_the_third_try_the_invocation_fails_without_the_address(
    server: ScriptedServer, answers: PresignedAnswers
) -> None:
    for _ in range(3):
        server.answers({"Message": SIGNED}, status=403)

    with pytest.raises(TransientError) as raised:
        answers.send(server.url + SIGNED, ANSWER)

    assert str(raised.value) == "CloudFormation did not take the answer (HTTP 403)"
    assert len(server.requests) == 3


def test_where_nobody_listens_says_so_without_the_address(answers: PresignedAnswers) -> None:
    with pytest.raises(TransientError, match=r"^CloudFormation did not take the answer \(ConnectionRefusedError\)$"):
        answers.send(f"http://127.0.0.1:{free_port()}{SIGNED}", ANSWER)


@pytest.mark.parametrize(
    "address",
    [
        "http://bucket.s3.invalid/answer",
        "http://localhost.evil.invalid/",
        "ftp://127.0.0.1/",
        "https://",
        "https://a:b",
        "",
        "https://bucket.s3.invalid/answer",
        "https://amazonaws.com.evil.invalid/answer",
        "https://evilamazonaws.com/answer",
        "https://user@evil.invalid/.amazonaws.com",
        "http://bucket.s3.eu-central-1.amazonaws.com/answer",
    ],
)
def test_an_address_that_is_not_safe_is_refused_without_being_shown(answers: PresignedAnswers, address: str) -> None:
    with pytest.raises(BadInput, match=r"^ResponseURL: (is not a URL|must be an https address of AWS.*)$") as raised:
        answers.send(address, ANSWER)
    assert not address or address not in str(raised.value)
