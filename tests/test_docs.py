"""The documents say what the code does: commands, names, settings, columns and SQL are read from both and compared."""

import argparse
import ast
import importlib
import json
import re
import shlex
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import pytest
from pydantic import BaseModel
from samtranslator.yaml_helper import yaml_parse

from almanac import errors, settings
from almanac.adapters.postgres.connection import Database, parse_url, statements
from almanac.adapters.postgres.migrate import migrate
from almanac.adapters.postgres.plan.settings import StoredPreferences
from almanac.cli.main import _parser
from almanac.domain import run_outcomes
from almanac.domain.planner.document.read_instance import read_instance
from almanac.domain.planner.model.discretize import problem_of
from almanac.domain.planner.model.weights import Weights
from almanac.domain.planner.planner import plan
from almanac.domain.sync.report import SyncReport
from almanac.domain.workspace_plan.report import PlanReport
from almanac.errors import AlmanacError, BadInput, PermanentError, TransientError
from almanac.jobs import (
    CalendarExport,
    CalendarSchedule,
    CalendarSync,
    Tick,
    UpkeepTick,
    parse_export,
    parse_schedule,
    parse_sync,
    parse_tick,
)
from almanac.presentation.instance_agenda import agenda_of
from almanac.presentation.terminal import plan as terminal_plan
from almanac.providers import registry
from local.postgres import Postgres

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "layers" / "almanac" / "almanac"
MIGRATIONS = sorted((PACKAGE / "migrations").glob("*.sql"))
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / ".github").glob("*.md"))]
JOBS, DATA_MODEL, RUNBOOK, DEPLOY, PLANNING, MAP, GLOSSARY = (
    ROOT / "docs" / f"{name}.md" for name in ("jobs", "data-model", "runbook", "deploy", "planning", "map", "glossary")
)
GUIDE = ROOT / "CONTRIBUTING.md"
SOME_ID = "7d9f1c52-4d0b-4c39-9a55-0f6d3a1b2c01"
PLACEHOLDERS = {
    "WS": SOME_ID,
    "RUN": SOME_ID,
    "LINK": SOME_ID,
    "EVENT": SOME_ID,
    "ENDPOINT": SOME_ID,
    "MEETING": SOME_ID,
    "TASK": SOME_ID,
    "HABIT": SOME_ID,
    "DATE": "2026-12-24",
    "BLOCK": SOME_ID,
    "FEED": SOME_ID,
    "USER": "ada",
    "FINGERPRINT": "0" * 40,
}

FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
# Up to what ends a shell's command; a comment is left to shlex.
COMMAND = re.compile(r"(?:^|[\s(|;&])(?:\.venv/bin/)?almanac +([a-z][^|;&<>()`\n]*)", re.MULTILINE)

Row = list[str]


@cache
def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def fences(page: Path, *languages: str) -> list[str]:
    return [code.replace("\\\n", " ") for name, code in FENCE.findall(text(page)) if name in languages]


def shell(page: Path) -> list[str]:
    """Code blocks that a shell may be given: a block without a language can be one."""
    return fences(page, "sh", "")


def spans(page: Path) -> list[str]:
    return SPAN.findall(FENCE.sub("", text(page)))


def table(page: Path, heading: str) -> list[Row]:
    """Rows of the first table below a heading, cells without their backticks."""
    _, found, below = text(page).partition(f" {heading}\n")
    assert found, f"{page.name} has no heading {heading}"
    rows = re.search(r"^\|.*?(?=\n\n|\Z)", below, re.MULTILINE | re.DOTALL)
    assert rows is not None, f"{page.name} has no table below {heading}"
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in rows[0].splitlines()[2:]]
    return [[cell.replace("`", "") for cell in line] for line in lines]


def names(page: Path, *headings: str) -> set[str]:
    """What stands in the first column of these tables."""
    return {row[0] for heading in headings for row in table(page, heading)}


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@cache
def template() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml_parse(text(ROOT / "template.yaml"))
    return parsed


def settings_models(base: type[BaseModel] = settings._Settings) -> Iterator[type[BaseModel]]:
    """Every group of settings, wherever it is defined."""
    for model in base.__subclasses__():
        yield model
        yield from settings_models(model)


def variables() -> dict[str, Any]:
    """Every ALMANAC_ variable with its default."""
    importlib.import_module("almanac.wiring")  # knows everybody, so it defines or imports them all
    fields = [field for model in settings_models() for field in model.model_fields.items()]
    return {f"ALMANAC_{name.upper()}": field.default for name, field in fields}


def shown(default: Any) -> str:
    """A default as the tables write it."""
    return "none" if default is None else str(default).lower() if isinstance(default, bool) else str(default)


# --- commands ---------------------------------------------------------------------------------------------------------


def almanac_commands() -> list[tuple[str, str]]:
    """Page and words of everything that begins with `almanac` in code."""
    code = [(page.name, piece) for page in PAGES for piece in (*shell(page), *spans(page))]
    return sorted({(page, words.strip()) for page, piece in code for words in COMMAND.findall(piece)})


def parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for child in action.choices.values():
                yield from parsers(child)


command_line = _parser


@cache
def command_names() -> list[list[str]]:
    """The words of every command, as ["account", "add"]."""
    return [each.prog.split()[1:] for each in parsers(command_line()) if each.get_default("answer") is not None]


@pytest.mark.parametrize(("page", "command"), almanac_commands())
def test_every_almanac_command_parses(page: str, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = [PLACEHOLDERS.get(word, word) for word in shlex.split(command, comments=True)]
    if words in command_names():  # only named
        return
    try:
        command_line().parse(words)
    except SystemExit:
        pytest.fail(f"{page}: almanac {command}: {capsys.readouterr().err}")


def test_every_command_is_documented() -> None:
    documented = [command.split() for _, command in almanac_commands()]
    unknown = [name for name in command_names() if not any(words[: len(name)] == name for words in documented)]
    assert unknown == []


def test_every_option_named_alone_is_one_of_some_command_shown() -> None:
    known = {option for parser in parsers(command_line()) for option in parser._option_string_actions}
    for page in PAGES:
        known |= {word for code in shell(page) for word in re.findall(r"--[a-z-]+", code)}
    named = {(page.name, span.split()[0]) for page in PAGES for span in spans(page) if span.startswith("--")}
    assert [each for each in sorted(named) if each[1] not in known] == []


def test_every_make_target_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", text(ROOT / "Makefile"), re.MULTILINE))
    for page in PAGES:
        for code in [*shell(page), *spans(page)]:
            for words in re.findall(r"^make ((?:[a-z-]+ ?)+)", code, re.MULTILINE):
                assert set(words.split()) <= targets, f"{page.name}: make {words}"


# --- settings, template -----------------------------------------------------------------------------------------------


def test_every_setting_is_documented_with_its_default() -> None:
    documented = {name: row[1] for row in table(DEPLOY, "Settings") for name in row[0].split(", ")}
    documented.pop("AWS_ENDPOINT_URL")
    assert documented == {name: shown(default) for name, default in variables().items()}


def test_settings_that_the_template_passes_are_marked() -> None:
    declared = set(re.findall(r"^ +(A[A-Z]+_[A-Z_]+): ", text(ROOT / "template.yaml"), re.MULTILINE))
    marked = {n for row in table(DEPLOY, "Settings") if row[2].startswith("*template*") for n in row[0].split(", ")}
    assert marked == declared


@cache
def variables_of_aws() -> set[str]:
    sources = "".join(text(path) for path in (ROOT / "template.yaml", *PACKAGE.rglob("*.py")))
    return set(re.findall(r"\bAWS_[A-Z_]+\b", sources))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_variable_named_exists(page: Path) -> None:
    known = variables().keys() | variables_of_aws()
    assert set(re.findall(r"\b(?:ALMANAC|AWS)_[A-Z_]+\b", text(page))) <= known


def test_every_parameter_is_in_the_deployment_guide() -> None:
    rows = table(DEPLOY, "4. Build and deploy")
    assert {name for row in rows for name in row[0].split(", ")} == set(template()["Parameters"])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_output_and_function_asked_for_exists(page: Path) -> None:
    code = "".join(shell(page))
    assert set(re.findall(r"\bout ([A-Z]\w+)", code)) <= set(template()["Outputs"])
    assert set(re.findall(r"sam (?:logs .*--name|local invoke) ([A-Z]\w+)", code)) <= set(template()["Resources"])


def test_the_runbook_knows_every_alarm() -> None:
    files = ("observability.yaml", "network-and-database.yaml")
    resources = {name: each for file in files for name, each in yaml_parse(text(ROOT / file))["Resources"].items()}
    alarms = {name for name, each in resources.items() if each["Type"] == "AWS::CloudWatch::Alarm"}
    listed = {match[1] for row in table(RUNBOOK, "Alarms") if (match := re.match(r"\[(\w+)\]", row[0]))}
    explained = set(re.findall(r"^### (\w+Alarm)$", text(RUNBOOK), re.MULTILINE))
    assert listed == explained == alarms


# --- jobs -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heading", "model"),
    [
        ("calendar.sync", CalendarSync),
        ("calendar.schedule", CalendarSchedule),
        ("calendar.export", CalendarExport),
        ("Ticks and bulk requests", Tick),
        ("Upkeep", UpkeepTick),
    ],
)
def test_job_fields_and_defaults_are_documented(heading: str, model: type[BaseModel]) -> None:
    fields = model.model_fields.items()
    wanted = {name: "required" if field.is_required() else shown(field.default) for name, field in fields}
    assert {row[0]: row[1] for row in table(JOBS, heading)} == wanted


def test_job_examples_are_valid() -> None:
    examples = [json.loads(code) for code in fences(JOBS, "json")]
    jobs = [example for example in examples if "job" in example]
    parse = {"calendar.sync": parse_sync, "calendar.schedule": parse_schedule, "calendar.export": parse_export}
    for job in jobs:
        if "ws_id" in job:
            assert parse[job["job"]](json.dumps(job)).ws_id == UUID(job["ws_id"])
        else:
            assert parse_tick(job).job == job["job"]
    assert {"ws_id" in job for job in jobs} == {True, False}


def test_the_result_examples_have_the_fields_of_results() -> None:
    sync, planned = [json.loads(code) for code in fences(JOBS, "json") if '"run_id"' in code]
    assert list(sync) == list(SyncReport(UUID(SOME_ID), UUID(SOME_ID), "auto").as_dict())
    assert list(planned) == list(PlanReport(UUID(SOME_ID), UUID(SOME_ID)).as_dict())


def is_planning(module: Path) -> bool:
    return re.search("plan|schedul", str(module.relative_to(PACKAGE))) is not None


def modules(*, planning: bool) -> list[Path]:
    found = [path for layer in ("domain", "services", "adapters") for path in (PACKAGE / layer).rglob("*.py")]
    return [path for path in found if is_planning(path) == planning and not is_export(path)]


def is_export(module: Path) -> bool:
    return {"export", "exports"} & set(module.relative_to(PACKAGE).parts[1:-1]) != set()


def spoken(value: ast.expr | None) -> set[str]:
    """The names that an expression can be: its constants, and the codes of error classes, outside of comparisons.

    What is looked up under a key is not the key.
    """
    if isinstance(value, ast.Constant) and isinstance(value.value, str) and re.fullmatch("[a-z_]+", value.value):
        return {value.value}
    if isinstance(value, ast.Attribute) and value.attr == "code" and isinstance(value.value, ast.Name):
        named = getattr(errors, value.value.id, None)
        return {named.code} if named is not None else set()
    if value is None or isinstance(value, ast.Compare | ast.GeneratorExp | ast.Subscript) or calls_refuse(value):
        return set()
    return {name for child in ast.iter_child_nodes(value) if isinstance(child, ast.expr) for name in spoken(child)}


def calls_refuse(value: ast.expr) -> bool:
    """Its arguments are no outcomes; what it returns is read where it is defined."""
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in ("refuse", "_facts")


def outcome_values(node: ast.AST) -> Iterator[ast.expr | None]:
    """Expressions that become an outcome in this node."""
    match node:
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
            yield from (value for each, value in zip(targets, values, strict=True) if called_outcome(each))
        case ast.Assign(targets=[each], value=value) if called_outcome(each):
            yield value
        case ast.AnnAssign(target=each, value=value) if called_outcome(each):
            yield value
        case ast.keyword(arg="outcome", value=value):
            yield value
        case (
            ast.Call(func=ast.Name(id="Due"), args=[_, value]) | ast.Call(func=ast.Name(id="Refusal"), args=[value, *_])
        ):
            yield value
        case (
            ast.FunctionDef(
                name="refuse_sync"
                | "refuse_plan"
                | "_refused"
                | "_paused_or_running"
                | "_escalated"
                | "_cooling_down"
                | "reason_to_skip"
                | "_tell"
            )
            | ast.FunctionDef(name="ring", returns=ast.BinOp(left=ast.Name(id="RingOutcome")))
        ):
            yield from (each.value for each in ast.walk(node) if isinstance(each, ast.Return))
        case ast.FunctionDef(name="fail", args=ast.arguments(kw_defaults=defaults)):
            yield from defaults


def called_outcome(target: ast.expr) -> bool:
    name = target.attr if isinstance(target, ast.Attribute) else target.id if isinstance(target, ast.Name) else ""
    return name in ("outcome", "refusal")


def outcomes(*, planning: bool) -> set[str]:
    return outcomes_of(modules(planning=planning))


def outcomes_of(paths: Iterable[Path]) -> set[str]:
    trees = [ast.parse(text(path)) for path in paths]
    return {
        name for tree in trees for node in ast.walk(tree) for value in outcome_values(node) for name in spoken(value)
    }


@pytest.mark.parametrize(
    ("heading", "outcome"),
    [
        ("Outcome of a sync", run_outcomes.SyncOutcome),
        ("Outcome of one calendar", run_outcomes.CalendarOutcome),
        ("Outcome of a plan", run_outcomes.PlanOutcome),
        ("Outcome of an export", run_outcomes.ExportOutcome),
        ("Status of a run", run_outcomes.Status),
    ],
)
def test_every_status_and_outcome_is_documented(heading: str, outcome: Any) -> None:
    assert names(JOBS, heading) == set(get_args(outcome))


def test_every_outcome_is_one_that_something_ends_in() -> None:
    """mypy holds the code to the types; this holds the types to the code."""
    calendars = set(get_args(run_outcomes.CalendarOutcome))
    assert set(get_args(run_outcomes.SyncOutcome)) | calendars == outcomes(planning=False)
    refused_by_the_rule_of_syncs = {"superseded", "already_running", "escalated", "cancelled", "paused"}
    exports = outcomes_of(path for path in PACKAGE.rglob("*.py") if is_export(path))
    assert set(get_args(run_outcomes.ExportOutcome)) == exports
    assert set(get_args(run_outcomes.PlanOutcome)) == outcomes(planning=True) | refused_by_the_rule_of_syncs


@pytest.mark.parametrize(
    ("heading", "stored"),
    [
        ("Status of a run", "runs"),
        ("Status of a calendar and of an account", "calendar_connections"),
    ],
)
def test_statuses_are_those_that_the_database_accepts(heading: str, stored: str) -> None:
    assert names(JOBS, heading) == accepted_statuses(stored)


def test_statuses_of_an_account_are_those_that_the_database_accepts() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", text(JOBS).partition("\n| account |")[2].partition("\n\n")[0], re.MULTILINE)
    assert set(rows) == accepted_statuses("calendar_auth_tokens")


def accepted_statuses(stored: str) -> set[str]:
    schema = "".join(map(text, MIGRATIONS))
    created = schema.partition(f"CREATE TABLE {stored} (")[2].partition("\n);")[0]
    check = re.search(r"^    status .*CHECK \(status IN \((.*?)\)\)", created, re.MULTILINE)
    assert check is not None
    return set(re.findall(r"'(\w+)'", check[1]))


def error_types() -> set[str]:
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(text(path))):
            match node:
                case ast.ClassDef(body=body):
                    found |= {code for each in body for code in declared_codes(each)}
                case ast.Call(func=ast.Attribute(attr="fail"), args=[first, *_]):
                    found |= spoken(first)
    for path in PACKAGE.rglob("*.sql"):
        found |= set(re.findall(r"\berror_type = '(\w+)'", text(path)))
    return found


def declared_codes(statement: ast.stmt) -> set[str]:
    """What a class declares as its code, or as the end of the code that it has at each provider."""
    match statement:
        case ast.Assign(targets=[ast.Name(id="code")], value=ast.Constant(value=str() as code)):
            return {code}
        case (
            ast.Assign(targets=[ast.Name(id="ending")], value=ast.Constant(value=str() as ending))
            | ast.AnnAssign(target=ast.Name(id="ending"), value=ast.Constant(value=str() as ending))
        ):
            return {f"{provider}_{ending}" for provider in registry.NAMES}
    return set()


def codes(error: type[AlmanacError]) -> set[str]:
    ending = getattr(error, "ending", None)
    return {error.code} if ending is None else {f"{provider}_{ending}" for provider in registry.NAMES}


def test_every_error_type_is_documented() -> None:
    assert names(JOBS, "Error types") == error_types()


def test_what_is_said_about_trying_again_is_what_the_tree_says() -> None:
    said = {row[0]: row[1] for row in table(JOBS, "Error types")}
    tree = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, AlmanacError)]
    helps = {code: "yes" for each in tree if issubclass(each, TransientError) for code in codes(each)}
    helps |= {code: "no" for each in tree if issubclass(each, PermanentError | BadInput) for code in codes(each)}
    assert {code: said[code] for code in helps} == helps


# --- the database -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with Postgres.start(tmp_path_factory.mktemp("postgres"), durable=False) as server:
        migrate(server.url)
        database = Database(lambda: parse_url(server.url))
        database.run("INSERT INTO workspaces (id, name) VALUES (:id::uuid, 'Design team')", id=SOME_ID)
        yield database
        database.close()
    server.delete()


def sql_statements() -> list[tuple[str, str]]:
    """All SQL of the pages; roles and databases are made once by hand."""
    found = [(page.name, each.strip()) for page in PAGES for code in fences(page, "sql") for each in code.split(";\n")]
    return [(page, statement) for page, statement in found if statement and not statement.startswith("CREATE")]


@pytest.mark.integration
@pytest.mark.parametrize(("page", "statement"), sql_statements())
def test_every_statement_runs_on_the_schema(database: Database, page: str, statement: str) -> None:
    database.run(statement.rstrip("; \n").replace("'WS'", f"'{SOME_ID}'"))


def owned_columns(*owners: str) -> list[str]:
    rows = table(DATA_MODEL, "Who owns which column of workspace_calendar_events")
    return [column for row in rows if row[0] in owners for column in row[1].split(", ")]


@pytest.mark.integration
def test_every_column_of_an_event_has_one_owner(database: Database) -> None:
    stored = database.run(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'workspace_calendar_events'"
    )
    assert sorted(owned_columns("identity", "provider", "app", "Almanac")) == sorted(row[0] for row in stored)


def test_a_sync_overwrites_the_columns_of_the_provider_and_of_almanac_only() -> None:
    update = statements("sync.sql")["apply_page"].partition("DO UPDATE SET")[2].partition("RETURNING")[0]
    assert set(re.findall(r"(\w+) = ", update)) == set(owned_columns("provider", "Almanac"))


def test_every_table_is_described() -> None:
    schema = "".join(map(text, MIGRATIONS))
    created = re.findall(r"^CREATE TABLE (\w+)", schema, re.MULTILINE)
    renamed = dict(re.findall(r"^ALTER TABLE (\w+) RENAME TO (\w+)", schema, re.MULTILINE))
    dropped = {name for gone in re.findall(r"^DROP TABLE (.+);", schema, re.MULTILINE) for name in gone.split(", ")}
    kept = [name for name in (renamed.get(name, name) for name in created) if name not in dropped]
    tables = text(DATA_MODEL).partition("\n## Tables\n")[2].partition("\n## ")[0]
    described = [name for heading in re.findall(r"^### (.+)$", tables, re.MULTILINE) for name in heading.split(", ")]
    assert sorted(described) == sorted(kept)


# --- planning ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["plan", "schedule"])
def test_every_option_of_a_planning_command_is_documented_with_its_default(command: str) -> None:
    (parser,) = (each for each in parsers(command_line()) if each.prog.split()[1:] == [command])
    taken = [each for each in parser._actions if not isinstance(each, argparse._HelpAction)]
    wanted = {each.option_strings[-1] if each.option_strings else str(each.metavar): given(each) for each in taken}
    assert {row[0]: row[1] for row in table(PLANNING, f"almanac {command}")} == wanted


def given(option: argparse.Action) -> str:
    if option.default is None and not option.option_strings:
        return "required"
    return f"{option.default:g}" if isinstance(option.default, float) else shown(option.default)


def test_every_preference_is_documented_with_its_default() -> None:
    defaults = StoredPreferences().model_dump()
    assert {row[0]: row[1] for row in table(PLANNING, "Preferences")} == {k: shown(v) for k, v in defaults.items()}


def test_every_weight_is_documented() -> None:
    weights = Weights()
    points = {name: getattr(weights, name) for name in Weights.__slots__}
    points["priority"] = ", ".join(f"{name} {weight}" for name, weight in weights.priority.items())
    assert {row[0]: row[1] for row in table(PLANNING, "What a plan weighs")} == {k: str(v) for k, v in points.items()}


@pytest.mark.integration
@pytest.mark.parametrize(("heading", "stored"), [("Tasks", "tasks"), ("Habits", "workspace_habits")])
def test_every_column_that_says_what_to_plan_is_documented(database: Database, heading: str, stored: str) -> None:
    said = "SELECT column_name FROM information_schema.columns WHERE table_name = :stored"
    columns = {row[0] for row in database.run(said, stored=stored)}
    assert names(PLANNING, heading) == columns - {"id", "ws_id", "creator_id", "created_at", "updated_at"}


def test_the_example_is_planned_as_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    (code,), (picture,) = fences(PLANNING, "json"), fences(PLANNING, "text")
    instance = read_instance(json.loads(code)).instance
    week = terminal_plan.described(agenda_of(instance, plan(problem_of(instance), 0.1)))
    assert week.partition("Why there\n")[2] == picture.partition("Why there\n")[2].rstrip("\n")


# --- the pages themselves ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_relative_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(FENCE.sub("", text(page))):
        if target.startswith(("https://", "http://")):
            continue
        file, _, anchor = target.partition("#")
        linked = (page.parent / file).resolve() if file else page
        assert linked.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in {slug(heading) for heading in HEADING.findall(text(linked))}, f"{page.name}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_names_a_path_of_somebodys_machine(page: Path) -> None:
    assert re.findall(r"(?<![\w.])/(?:home|root|Users|work|tmp)/\S*", text(page)) == []


# --- map, glossary ----------------------------------------------------------------------------------------------------

PATH = re.compile(r"`((?:[\w.-]+/)*(?:[\w-]+\.(?:py|sql|yaml|toml)|[\w-]+/))`")
NOT_FILES = {"0042_what_it_brings.sql", "ports.py"}
"""Names that stand for others."""


def named_paths(page: Path) -> set[str]:
    """Files and folders that a page sends its readers to."""
    return {path.rstrip("/") for path in PATH.findall(FENCE.sub("", text(page)))} - NOT_FILES


@pytest.mark.parametrize("page", [GUIDE, MAP], ids=lambda page: page.name)
def test_every_file_that_a_reader_is_sent_to_exists(page: Path) -> None:
    missing = {path for path in named_paths(page) if not ((ROOT / path).exists() or (PACKAGE / path).exists())}
    assert missing == set()


def test_every_room_of_the_package_is_on_the_map() -> None:
    rooms = {f"{path.parent.name}/" for path in PACKAGE.glob("*/__init__.py")} | {"migrations/"}
    assert {room for room in rooms if f"`{room}`" not in text(MAP)} == set()


def test_each_term_stands_once_and_on_one_line() -> None:
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", text(GLOSSARY), re.MULTILINE)
    terms = [term for term, _ in rows if term not in ("term", "---")]
    assert len(terms) == len(set(terms)) > 50
    assert all(len(line) <= 140 for line in text(GLOSSARY).splitlines())
