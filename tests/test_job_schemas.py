"""docs/schemas is what the models say, and no version takes back what a released one promised."""

import copy
import json
import re
import tomllib
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from almanac.errors import BadJob
from almanac.jobs import parse_export, parse_schedule, parse_sync, parse_tick, parse_upkeep
from local.job_schemas import FOLDER, as_text, main, schemas
from tests.schema_growth import broken_promises

ROOT = Path(__file__).parents[1]
WS = "7d9f1c52-4d0b-4c39-9a55-0f6d3a1b2c01"
RELEASED = sorted(path for path in FOLDER.glob("[0-9]*/*.json"))
AS_RELEASED = {
    "0.1.0/bulk.json": "5e753798a8ded8521b8cbb627c1d05ad553ffb248975b169923051cdbdf68cc4",
    "0.1.0/calendar.schedule.json": "6d7a8362cdd2d7a75ab70df51cd6a153f53d1081ac546803dc4fcde8c1f1e3b7",
    "0.1.0/calendar.sync.json": "be52357275f84f5bfa0111f2f1ddaca95c48f6c868a6f7a4dbc2065a6fdf8f49",
    "0.1.0/tick.json": "834ecf086dbb22772f6c6b091274e8784f6be01c5c21b0cf757b0eae3ba7e833",
    "0.1.0/upkeep.json": "be5c44f0aff4c942f2d79f3bba909a61cfd58ea1777e4f6202baaabfdb88a6e5",
}
"""SHA-256 of every schema that was released; a release adds its own, none is ever changed."""


def released_name(path: Path) -> str:
    return path.relative_to(FOLDER).as_posix()


def test_the_files_are_what_the_models_say() -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    assert written == {name: as_text(schema) for name, schema in schemas().items()}, "run `make schemas`"


def test_make_schemas_writes_what_has_changed_and_only_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "docs" / "schemas"
    folder.parent.mkdir()
    monkeypatch.setattr("local.job_schemas.FOLDER", folder)
    main()
    (folder / "tick.json").write_text("{}", encoding="utf-8")
    capsys.readouterr()

    assert main() == 0

    assert capsys.readouterr().out.split() == ["wrote", str(Path("docs/schemas/tick.json"))]
    assert json.loads((folder / "tick.json").read_text(encoding="utf-8")) == schemas()["tick.json"]


@pytest.mark.parametrize("name", sorted(schemas()))
def test_each_is_a_valid_schema(name: str) -> None:
    Draft202012Validator.check_schema(schemas()[name])


# --- they say what the parsers do -------------------------------------------------------------------------------------

ACCEPTED = [
    ("calendar.sync", {"ws_id": WS}),
    ("calendar.sync", {"version": 1, "job": "calendar.sync", "ws_id": WS, "mode": "full", "a_later_field": [1]}),
    ("calendar.sync", {"ws_id": WS, "user_id": None, "request_id": "r" * 255, "requested_at": "2026-01-31T12:00:00Z"}),
    ("calendar.schedule", {"ws_id": WS, "window_days": 7, "apply": "safe", "force_reschedule": True}),
    ("calendar.export", {"ws_id": WS, "kind": "digest", "user_id": "ada"}),
    ("calendar.export", {"ws_id": WS, "kind": "csv", "since": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"}),
    ("tick", {"job": "calendar.sync"}),
    ("tick", {"job": "calendar.schedule", "workspaces": [{"ws_id": WS}]}),
    ("bulk", {"job": "calendar.sync", "workspaces": [{"ws_id": WS, "user_id": "ada"}], "request_id": "ticket-17"}),
    ("upkeep", {"job": "calendar.upkeep", "dry_run": True}),
]
REFUSED = [
    ("calendar.sync", {}),
    ("calendar.sync", {"ws_id": "everybody"}),
    ("calendar.sync", {"ws_id": WS, "version": 2}),
    ("calendar.sync", {"ws_id": WS, "job": "calendar.schedule"}),
    ("calendar.sync", {"ws_id": WS, "mode": "quick"}),
    ("calendar.sync", {"ws_id": WS, "calendar_id": ""}),
    ("calendar.sync", {"ws_id": WS, "request_id": "r" * 256}),
    ("calendar.schedule", {"ws_id": WS, "window_days": 91}),
    ("calendar.schedule", {"ws_id": WS, "apply": "never"}),
    ("calendar.export", {"ws_id": WS}),
    ("calendar.export", {"ws_id": WS, "kind": "pdf"}),
    ("tick", {}),
    ("tick", {"job": "calendar.clean"}),
    ("tick", {"job": "calendar.sync", "workspaces": []}),
    ("bulk", {"job": "calendar.sync", "workspaces": [{}]}),
    ("upkeep", {"job": "calendar.sync"}),
    ("upkeep", {}),
]


def check(name: str, document: object) -> None:
    """Raises ValidationError. Formats are checked too: an id that is none is no id."""
    checker = Draft202012Validator.FORMAT_CHECKER
    Draft202012Validator(schemas()[f"{name}.json"], format_checker=checker).validate(document)


def parse(name: str, document: object) -> object:
    parsers = {"calendar.sync": parse_sync, "calendar.schedule": parse_schedule, "calendar.export": parse_export}
    if name in parsers:
        return parsers[name](json.dumps(document))
    return parse_upkeep(document) if name == "upkeep" else parse_tick(document)


@pytest.mark.parametrize(("name", "document"), ACCEPTED)
def test_schema_and_parser_accept_the_same(name: str, document: object) -> None:
    check(name, document)
    assert parse(name, document) is not None


@pytest.mark.parametrize(("name", "document"), REFUSED)
def test_schema_and_parser_refuse_the_same(name: str, document: object) -> None:
    with pytest.raises(ValidationError):
        check(name, document)
    with pytest.raises(BadJob):
        parse(name, document)


def test_a_bulk_request_is_a_tick_that_must_name_its_workspaces() -> None:
    check("tick", {"job": "calendar.sync"})
    with pytest.raises(ValidationError, match="'workspaces' is a required property"):
        check("bulk", {"job": "calendar.sync"})


JOBS = ("calendar.sync", "calendar.schedule")


def sample_jobs() -> list[tuple[str, Any]]:
    """Schema and document of every job in events/; bodies that are there to be refused are not among them."""
    found: list[tuple[str, Any]] = []
    for event in sorted((ROOT / "events").glob("*.json")):
        document = json.loads(event.read_text(encoding="utf-8"))
        if document.get("job") in JOBS:
            found.append(("bulk" if "workspaces" in document else "tick", document))
        if document.get("job") == "calendar.upkeep":
            found.append(("upkeep", document))
        if not re.search("malformed|poison", event.stem):
            bodies = [json.loads(record["body"]) for record in document.get("Records", ()) if "body" in record]
            found += [(body["job"], body) for body in bodies if "job" in body]
    return found


def test_the_sample_events_fit() -> None:
    kinds = {"calendar.sync", "calendar.schedule", "calendar.export"}
    assert {name for name, _ in sample_jobs()} == kinds | {"tick", "bulk", "upkeep"}
    for name, document in sample_jobs():
        check(name, document)


# --- they only grow ---------------------------------------------------------------------------------------------------


def test_what_was_released_is_left_as_it_is() -> None:
    assert {released_name(path): sha256(path.read_bytes()).hexdigest() for path in RELEASED} == AS_RELEASED


def test_the_version_that_is_built_has_its_schemas_kept() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert (FOLDER / version).is_dir(), f"a release keeps its contract: copy docs/schemas/*.json to {version}/"


@pytest.mark.parametrize("path", RELEASED, ids=released_name)
def test_nothing_is_taken_back_that_was_released(path: Path) -> None:
    assert broken_promises(json.loads(path.read_text(encoding="utf-8")), schemas()[path.name]) == []


def altered(name: str, *changes: tuple[str, object]) -> dict[str, Any]:
    """A schema with some places set to a value, or without them when it is None."""
    schema = copy.deepcopy(dict(schemas()[f"{name}.json"]))
    for place, value in changes:
        *way, last = place.split("/")
        node: Any = schema
        for step in way:
            node = node[int(step) if step.isdigit() else step]
        if value is None:
            del node[last]
        else:
            node[last] = value
    return schema


@pytest.mark.parametrize(
    ("name", "place", "value", "complaint"),
    [
        ("calendar.sync", "properties/force", None, "job.force: is gone"),
        ("calendar.sync", "properties/version/const", 2, "job.version: the value 1 is gone"),
        ("calendar.sync", "properties/mode/enum", ["auto", "full"], "job.mode: the value 'incremental' is gone"),
        ("calendar.sync", "properties/ws_id/enum", [WS], "job.ws_id: is limited to some values now"),
        ("calendar.sync", "properties/mode/default", "full", "job.mode: its default has changed"),
        ("calendar.sync", "required", ["ws_id", "request_id"], "job.request_id: is required now"),
        ("calendar.sync", "properties/ws_id/type", "integer", "job.ws_id: string is no longer accepted"),
        ("calendar.sync", "properties/ws_id/format", "email", "job.ws_id: format has changed"),
        ("calendar.sync", "properties/ws_id/pattern", "^7", "job.ws_id: pattern has changed"),
        ("calendar.sync", "properties/user_id/anyOf", [{"type": "null"}], "job.user_id: string is no longer accepted"),
        ("calendar.sync", "properties/user_id/anyOf/0/maxLength", 64, "job.user_id: maxLength is tighter"),
        ("calendar.sync", "properties/user_id/anyOf/0/minLength", 2, "job.user_id: minLength is tighter"),
        ("calendar.sync", "additionalProperties", False, "job: additionalProperties has changed"),
        ("calendar.schedule", "properties/window_days/maximum", 60, "job.window_days: maximum is tighter"),
        ("calendar.schedule", "properties/window_days/minimum", 14, "job.window_days: minimum is tighter"),
        (
            "calendar.schedule",
            "properties/window_days/exclusiveMinimum",
            0,
            "job.window_days: exclusiveMinimum is tighter",
        ),
        ("tick", "properties/workspaces/anyOf/0/maxItems", 10, "job.workspaces: maxItems is tighter"),
        ("tick", "$defs/BulkTarget/required", ["ws_id", "user_id"], "job.workspaces[].user_id: is required now"),
        ("tick", "$defs/BulkTarget/properties/user_id", None, "job.workspaces[].user_id: is gone"),
        ("bulk", "properties/workspaces/items", {"type": "string"}, "job.workspaces[]: object is no longer accepted"),
    ],
)
def test_a_promise_that_is_broken_is_named(name: str, place: str, value: object, complaint: str) -> None:
    found = broken_promises(schemas()[f"{name}.json"], altered(name, (place, value)))
    assert [each for each in found if each.startswith(complaint)]


@pytest.mark.parametrize(
    ("name", "place", "value"),
    [
        ("calendar.sync", "properties/speed", {"type": "string", "default": "any"}),
        ("calendar.sync", "properties/mode/enum", ["auto", "full", "incremental", "repair"]),
        ("calendar.sync", "properties/mode/enum", None),
        ("calendar.sync", "properties/user_id/anyOf/0/maxLength", 1024),
        ("calendar.sync", "properties/user_id/anyOf/0/minLength", None),
        ("calendar.sync", "properties/ws_id/anyOf", [{"type": "string", "format": "uuid"}, {"type": "null"}]),
        ("calendar.sync", "description", "Other words."),
        ("calendar.sync", "required", []),
        ("calendar.schedule", "properties/window_days/type", "number"),
        ("calendar.schedule", "properties/window_days/maximum", 120),
    ],
)
def test_growing_is_no_broken_promise(name: str, place: str, value: object) -> None:
    assert broken_promises(schemas()[f"{name}.json"], altered(name, (place, value))) == []
