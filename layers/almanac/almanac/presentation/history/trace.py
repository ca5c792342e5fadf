"""The line from what asked for a change to who was told of it, as JSON and as one line of text."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from almanac.presentation.tables import instant_text
from almanac.services.history.ports import Traced, TracedDelivery


def document(lines: Sequence[Traced]) -> Mapping[str, object]:
    """Return the JSON document of the lines that an id is on."""
    return {"lines": [line_document(line) for line in lines]}


def line_document(line: Traced) -> Mapping[str, object]:
    """Return one line as JSON."""
    versions = line.versions
    return {
        "ws_id": line.ws_id,
        "run": None if line.run is None else asdict(line.run),
        "from_version": None if versions is None else versions[0],
        "to_version": None if versions is None else versions[1],
        "changes": dict(line.changes),
        "on_the_bus": line.on_the_bus,
        "deliveries": [asdict(each) for each in line.deliveries],
        "planned_by": line.planned_by,
    }


def text(lines: Sequence[Traced]) -> str:
    """Return each line in one line."""
    return "\n".join(" → ".join(_steps(line)) for line in lines)


def _steps(line: Traced) -> list[str]:
    steps = _asked(line)
    if line.versions is None:
        return [*steps, "changed nothing"]
    first, last = line.versions
    kinds = ", ".join(f"{count} {kind}" for kind, count in line.changes.items())
    steps.append(f"version {first} ({kinds})" if first == last else f"versions {first} to {last} ({kinds})")
    steps.append("told the bus" if line.on_the_bus else "the bus has not heard yet")
    steps += [_delivery(each) for each in line.deliveries]
    if line.planned_by is not None:
        steps.append(f"plan {line.planned_by}")
    return steps


def _asked(line: Traced) -> list[str]:
    run = line.run
    if run is None:
        return ["somebody else than a run"]
    what = {"push": "ring", "schedule": "rule", "manual": "person"}.get(run.source, run.source)
    by = "" if run.requested_by is None else f" {run.requested_by}"
    asked = [f"{what}{by} {instant_text(run.asked_at or run.message_at or run.started_at)}"]
    if run.job_id is not None:
        asked.append(f"job {run.job_id}")
    ended = run.status if run.error_type is None else f"{run.status} ({run.error_type})"
    return [*asked, f"{run.kind} run {run.run_id} {ended} {instant_text(run.finished_at or run.started_at)}"]


def _delivery(each: TracedDelivery) -> str:
    code = "" if each.status_code is None else f" {each.status_code}"
    return f"webhook {each.endpoint_id} {each.status}{code} {instant_text(each.at)}"
