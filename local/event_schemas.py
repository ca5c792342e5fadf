"""The events that go out as JSON Schema: `make schemas` writes docs/schemas/events/ from the kinds of changes.

One file a kind: what `Detail` on the bus holds. Folders with a version's name are what that release promised: whoever
reads by them can read what is published today.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from almanac.domain.history.changes import COMES, KINDS, OF_EVENTS
from local.job_schemas import write

FOLDER = Path(__file__).parents[1] / "docs" / "schemas" / "events"
_UUID = {"type": "string", "format": "uuid"}
_NOTES: Mapping[str, Mapping[str, Any]] = {
    "calendar.imported": {"count": {"type": "integer", "minimum": 0, "description": "events that it brought"}},
    "digest.ready": {
        "user_id": {"type": "string", "description": "whose"},
        "day": {"type": "string", "format": "date"},
        "link": {"type": "string", "description": "where whoever may see the workspace reads it"},
    },
    "report.ready": {
        "day": {"type": "string", "format": "date", "description": "the Monday after the week that it is of"},
        "link": {"type": "string", "description": "where whoever may see the workspace reads it"},
    },
    "calendar.lost": {"error_type": {"type": ["string", "null"]}},
    "run.undone": {"restored": {"type": "integer"}, "removed": {"type": "integer"}, "set_back": {"type": "integer"}},
    "workspace.late": {
        "job": {"enum": ["sync", "schedule"]},
        "reason": {"type": "string", "description": "as in `almanac why`"},
        "since": {"type": "string", "format": "date-time"},
        "until": {"type": "string", "format": "date-time", "description": "when it is tried again, if that is known"},
    },
    "workspace.caught_up": {
        "job": {"enum": ["sync", "schedule"]},
        "late_since": {"type": "string", "format": "date-time", "description": "when its lateness was told"},
    },
    **{
        kind: {"outcome": {"type": "string"}, "error_type": {"type": "string"}}
        for kind in ("plan.completed", "plan.blocked", "plan.failed", "run.failed", "run.recovered")
    },
}
"""What a kind tells beside its ids."""


def schemas() -> dict[str, Mapping[str, Any]]:
    """Return file name → schema of every event type."""
    return {f"{kind}.json": _of_kind(kind, about) for kind, about in KINDS.items()} | {
        "webhook.disabled.json": _envelope(
            "webhook.disabled",
            "a webhook endpoint was given up",
            {"endpoint_id": _UUID, "ws_id": _UUID, "reason": {"enum": ["gone", "failing"]}},
            ["endpoint_id", "reason"],
        )
    }


def main() -> int:
    """Write the files, and say which ones have changed."""
    write(FOLDER, schemas())
    return 0


def _of_kind(kind: str, about: str) -> Mapping[str, Any]:
    data: dict[str, Any] = {
        "ws_id": _UUID,
        "version": {"type": "integer", "minimum": 1, "description": "of the workspace: without a gap, in order"},
        "origin": {"enum": ["sync", "import", "sweep", "plan", "app", "operator"]},
        "run_id": _UUID,
        "epoch": {"type": "integer", "minimum": 1, "description": "restores of the database; absent: none"},
        **_NOTES.get(kind, {}),
    }
    if kind in OF_EVENTS - COMES:
        data["changed"] = {
            "type": "array",
            "items": {"type": "string"},
            "description": "columns that an update changed",
        }
    return _envelope(kind, about, data, ["ws_id", "version", "origin"])


def _envelope(kind: str, about: str, data: Mapping[str, Any], required: list[str]) -> Mapping[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": kind,
        "description": f"CloudEvents 1.0: {about}.",
        "type": "object",
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {"type": "string", "description": "equal for what is published again"},
            "source": {"type": "string"},
            "type": {"const": kind},
            "subject": _UUID,
            "time": {"type": "string", "format": "date-time"},
            "sequence": {"type": "string", "pattern": "^[0-9]{20}$"},
            "replay_id": {"type": "string", "description": "of a replay for one subscriber; others leave it out"},
            "data": {"type": "object", "properties": dict(data), "required": required},
        },
        "required": ["specversion", "id", "source", "type", "subject", "time", "data"],
    }


if __name__ == "__main__":
    sys.exit(main())
