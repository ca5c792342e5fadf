"""docs/schemas/events is what the relay publishes."""

import copy
import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator

from almanac.domain.history.changes import GOES, KINDS, OF_EVENTS, Change
from almanac.domain.history.envelope import change_event, disabled_event
from local.event_schemas import FOLDER, schemas
from local.job_schemas import as_text
from tests.schema_growth import no_longer_told

WS, SUBJECT = UUID(int=1), UUID(int=2)
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
MOST_BYTES = 8_000
RELEASES = {"0.1.0": "6e996995ce23804b99c5a8776e6d2787055c2c90efe707515b80365f944b055a"}
"""SHA-256 over the schemas of every release, in the order of their names; a release adds its own, none is changed."""


def valid(name: str, event: Any) -> None:
    schema = schemas()[f"{name}.json"]
    Draft202012Validator.check_schema(schema)
    frozen = [json.loads(path.read_text(encoding="utf-8")) for path in FOLDER.glob(f"[0-9]*/{name}.json")]
    for each in (schema, *frozen):
        Draft202012Validator(each, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(event)


def test_what_a_release_promised_stays_as_it_was() -> None:
    found = {
        folder.name: sha256(b"".join(path.read_bytes() for path in sorted(folder.glob("*.json")))).hexdigest()
        for folder in FOLDER.glob("[0-9]*")
    }
    assert found == RELEASES


def test_the_files_are_what_the_kinds_say() -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    assert written == {name: as_text(schema) for name, schema in schemas().items()}, "run `make schemas`"


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_published_is_valid_and_small(kind: str) -> None:
    was = {f"column_{number}": "x" * 5000 for number in range(31)} if kind in OF_EVENTS else None
    notes: dict[str, Any] = {
        "calendar.imported": {"count": 3},
        "run.failed": {"outcome": "failed", "error_type": "stale"},
        "run.undone": {"restored": 1, "removed": 0, "set_back": 2},
        "workspace.late": {"job": "sync", "reason": "error", "since": "2026-03-02T11:00:00+00:00"},
        "workspace.caught_up": {"job": "sync", "late_since": "2026-03-02T11:00:00+00:00"},
        "workspace.restored": {"epoch": 1},
    }
    change = Change(7, kind, SUBJECT, NOW, "sync", WS, was, notes.get(kind))
    event = change_event(WS, change, "almanac", epoch=1, replay_id="billing")

    valid(kind, event)
    assert len(str(event).encode()) < MOST_BYTES
    assert "xxx" not in str(event)
    assert ("changed" in event["data"]) == (kind in OF_EVENTS - GOES)


@pytest.mark.parametrize("ws_id", [WS, None])
def test_a_disabled_endpoint_is_told_so(ws_id: UUID | None) -> None:
    valid("webhook.disabled", disabled_event(SUBJECT, ws_id, "gone", "almanac", NOW))


@pytest.mark.parametrize(
    "path", sorted(FOLDER.glob("[0-9]*/*.json")), ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_what_a_release_told_is_told_for_ever(path: Path) -> None:
    """A release puts its schemas there, under its version."""
    assert no_longer_told(json.loads(path.read_text(encoding="utf-8")), schemas()[path.name]) == []


def test_a_schema_that_tells_less_is_seen() -> None:
    old = schemas()["event.updated.json"]
    new: Any = copy.deepcopy(old)
    del new["properties"]["data"]["properties"]["changed"]
    new["properties"]["data"]["required"].remove("version")
    new["properties"]["subject"] = {"type": "integer"}
    assert no_longer_told(old, new) == [
        "event.data.changed: is gone",
        "event.data.version: may be missing",
        "event.subject: is something else",
    ]
