"""Dead letters with their causes, as JSON and as a table."""

from collections.abc import Mapping

from almanac.presentation.tables import instant_text, one_line, table
from almanac.services.queues.dead_letters import ExplainedLetter, ExplainedLetters


def document(found: ExplainedLetters, *, bodies: bool) -> Mapping[str, object]:
    """Return the JSON document of dead letters, with their bodies only when asked: poison may hold anything."""
    return {"dead": found.counts, "letters": [_letter(each, bodies=bodies) for each in found.letters]}


def text(found: ExplainedLetters, *, bodies: bool) -> str:
    """Return dead letters as a table, with their bodies below it when asked, and say how many are not shown."""
    if not found.letters:
        return "no dead letter"
    head = ("QUEUE", "MESSAGE", "WORKSPACE", "SOURCE", "RECEIVED", "SINCE", "RUN", "CAUSE")
    lines = [table(head, (_row(each) for each in found.letters))]
    if bodies:
        lines += [one_line(f"{each.letter.message_id}: {each.letter.body}") for each in found.letters]
    shown, counted = len(found.letters), sum(found.counts.values())
    if counted > shown:
        lines.append(f"{shown} of about {counted}: --limit shows more, of each workspace its first ones at least")
    return "\n".join(lines)


def _letter(each: ExplainedLetter, *, bodies: bool) -> Mapping[str, object]:
    letter, job = each.letter, each.job
    return {
        "queue": each.queue,
        "message_id": letter.message_id,
        "ws_id": letter.group if job is None else job.ws_id,
        "source": None if job is None else job.source,
        "request_id": None if job is None else job.request_id,
        "received": letter.received,
        "since": letter.since,
        "error_type": each.error_type,
        "error": each.error,
        "run_id": each.run_id,
        **({"body": letter.body} if bodies else {}),
    }


def _row(each: ExplainedLetter) -> tuple[object, ...]:
    letter, job = each.letter, each.job
    ws_id, source = (letter.group, None) if job is None else (job.ws_id, job.source)
    cause = ": ".join(filter(None, (each.error_type, each.error)))
    return each.queue, letter.message_id, ws_id, source, letter.received, instant_text(letter.since), each.run_id, cause
