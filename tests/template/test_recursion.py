"""Lambda stops a chain queue → function → queue after 16 hops, unless it is told that the chain is meant.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""

from tests.template.stack import Stack, mentions, target


def job_queues(stack: Stack) -> dict[str, set[str]]:
    """Function → the queues that it consumes."""
    found: dict[str, set[str]] = {}
    for each in stack.of("AWS::Lambda::EventSourceMapping").values():
        found.setdefault(target(each["FunctionName"]), set()).add(target(each["EventSourceArn"]))
    return found


def sends_to(stack: Stack, function: str) -> set[str]:
    """The queues with a consumer that a function may send to."""
    queues = {queue for consumed in job_queues(stack).values() for queue in consumed}
    allowed = [found for actions, found in stack.statements(function) if any("Send" in each for each in actions)]
    return {name for name in queues if mentions(allowed, name)}


def test_a_consumer_that_sends_to_its_own_queue_is_allowed_its_chain_and_nobody_else(stack: Stack) -> None:
    chained = {name for name, queues in job_queues(stack).items() if queues & sends_to(stack, name)}
    assert {"CalendarSync", "SmartScheduling"} <= chained
    assert {name for name, each in stack.functions.items() if each.get("RecursiveLoop") == "Allow"} == chained


def test_a_dropped_invocation_of_any_other_sender_is_noticed(stack: Stack, observability: Stack) -> None:
    metrics = [
        each["MetricStat"]["Metric"]
        for each in observability.alarms["RecursionAlarm"]["Metrics"]
        if "MetricStat" in each
    ]
    assert {each["MetricName"] for each in metrics} == {"RecursiveInvocationsDropped"}
    senders = {name for name, each in stack.functions.items() if sends_to(stack, name) and "RecursiveLoop" not in each}
    assert senders <= {target(each["Dimensions"][0]["Value"]) for each in metrics}
