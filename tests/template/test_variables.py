import importlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from cryptography.fernet import Fernet
from pydantic import BaseModel

from almanac import settings
from almanac.adapters.aws.custom_resource import MigrationsResource
from almanac.errors import BadSettings, DatabaseUnavailable
from almanac.services.push.receive import ReceiveRing
from almanac.services.queues.message_run import MessageRun
from almanac.web.use_cases import UseCases
from tests.template.stack import Stack, ways

RUNS = {"receive_sync": "sync_workspace", "receive_schedule": "plan_workspace", "receive_export": "run_export"}
FUNCTIONS = {
    "Migrate": "migrate",
    "Orchestrator": "orchestrator",
    "CalendarSync": "calendar_sync",
    "SmartScheduling": "smart_scheduling",
    "CalendarSyncLarge": "calendar_sync",
    "SmartSchedulingLarge": "smart_scheduling",
    "Upkeep": "upkeep",
    "Api": "api",
    "Connect": "connect",
    "Relay": "relay",
    "Deliver": "deliver",
    "Export": "export",
    "PushReceiver": "push_receiver",
}
NOT_OURS = {"AWS_ENDPOINT_URL", "POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_LOG_LEVEL"}
NUDGE = "ALMANAC_NUDGE_QUEUE_URL"
QUEUES = {
    "Orchestrator": {
        "ALMANAC_SYNC_QUEUE_URL",
        "ALMANAC_SYNC_LARGE_QUEUE_URL",
        "ALMANAC_SCHEDULE_QUEUE_URL",
        "ALMANAC_SCHEDULE_LARGE_QUEUE_URL",
    },
    "CalendarSync": {"ALMANAC_SYNC_QUEUE_URL", "ALMANAC_SYNC_LARGE_QUEUE_URL", "ALMANAC_SCHEDULE_QUEUE_URL", NUDGE},
    "SmartScheduling": {"ALMANAC_SCHEDULE_QUEUE_URL", "ALMANAC_SCHEDULE_LARGE_QUEUE_URL", NUDGE},
    "CalendarSyncLarge": {
        "ALMANAC_SYNC_QUEUE_URL",
        "ALMANAC_SYNC_LARGE_QUEUE_URL",
        "ALMANAC_SCHEDULE_QUEUE_URL",
        NUDGE,
    },
    "SmartSchedulingLarge": {"ALMANAC_SCHEDULE_QUEUE_URL", "ALMANAC_SCHEDULE_LARGE_QUEUE_URL", NUDGE},
    "Relay": {"ALMANAC_DELIVER_QUEUE_URL"},
    "Deliver": {"ALMANAC_DELIVER_QUEUE_URL"},
    "Export": {"ALMANAC_EXPORT_QUEUE_URL"},
    "Api": {"ALMANAC_SYNC_QUEUE_URL", "ALMANAC_SCHEDULE_QUEUE_URL", "ALMANAC_EXPORT_QUEUE_URL", NUDGE},
    "Connect": {"ALMANAC_SYNC_QUEUE_URL"},
    "PushReceiver": {"ALMANAC_SYNC_QUEUE_URL"},
}
PARAMETER_OF = {
    "ALMANAC_SYNC_PAST_DAYS": "SyncPastDays",
    "ALMANAC_SYNC_FUTURE_DAYS": "SyncFutureDays",
    "ALMANAC_SYNC_BEHIND_SECONDS": "TickAlarmSeconds",
    "ALMANAC_PLAN_BUDGET_SECONDS": "PlanBudgetSeconds",
    "ALMANAC_UPKEEP_RETENTION_DAYS": "UpkeepRetentionDays",
    "ALMANAC_UPKEEP_GRACE_DAYS": "UpkeepGraceDays",
    "ALMANAC_UPKEEP_PAST_DAYS": "UpkeepPastDays",
}
"""Settings that a deployer gives as a number; their defaults must be those of the settings."""


USES = {
    "api": [name for name in vars(UseCases) if not name.startswith("_")] + ["api", "console"],
    "connect": ["connect_api", "consents", "accounts", "account_sessions", "channel_store", "push_home"],
}
"""What is built when a route needs it."""


class Asked(Mapping[str, str]):
    """An environment that works, and that remembers what it was asked for."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self._values = {
            "ALMANAC_DATABASE_URL": "postgresql://almanac@127.0.0.1:1/almanac",
            "ALMANAC_SYNC_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/1/sync.fifo",
            "ALMANAC_SCHEDULE_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/1/schedule.fifo",
            "ALMANAC_GOOGLE_CLIENT_ID": "client",
            "ALMANAC_GOOGLE_CLIENT_SECRET": "secret",
            "ALMANAC_TOKEN_KEYS": Fernet.generate_key().decode(),
            "ALMANAC_EXPORT_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/1/export.fifo",
            "ALMANAC_EXPORT_BUCKET": "exports",
            "ALMANAC_PUBLIC_URL": "https://almanac.example.org",
            "ALMANAC_SESSION_KEYS": Fernet.generate_key().decode(),
            "ALMANAC_WEBHOOK_KEYS": Fernet.generate_key().decode(),
        }

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        return self._values[name]

    def __iter__(self) -> Any:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def settings_of(folder: Path, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Variables that the wiring asks for when it builds what a function's handler takes from it."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    handler = (folder / "handler.py").read_text(encoding="utf-8")
    use_cases = re.findall(r"container\(\)\.(\w+)", handler)
    (home,) = re.findall(r"^from (almanac\.wiring\.[\w.]+) import container$", handler, re.MULTILINE)
    asked = Asked()
    container = importlib.import_module(home).container.__wrapped__
    wiring = get_type_hints(container)["return"](asked)
    for each in (*USES.get(folder.name, ()),):  # what routes ask for, when somebody calls
        getattr(wiring, each)
    for use_case in use_cases:
        build(wiring, use_case)
    return {name for name in asked.names if name.startswith("ALMANAC_")}


def build(wiring: Any, use_case: str) -> None:
    built = getattr(wiring, use_case)
    if isinstance(built, ReceiveRing):  # reads its keys for every ring, so that a rotated one is picked up
        with pytest.raises(BadSettings):
            built.keys()
    if isinstance(built, MessageRun):  # asks for what it runs when a message is there
        getattr(wiring, RUNS[use_case])
    if isinstance(built, MigrationsResource):  # reads them when called: CloudFormation is told
        with pytest.raises(DatabaseUnavailable):
            built({}, lambda: 60)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_gets_the_variables_that_its_wiring_reads_and_no_others(
    stack: Stack, root: Path, function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed = settings_of(root / "functions" / FUNCTIONS[function], monkeypatch)
    queues = {name for name in needed if name.endswith("_QUEUE_URL")}
    variables = stack.functions[function]["Environment"]["Variables"]
    declared = {name for name, value in variables.items() if value != {"Ref": "AWS::NoValue"}}
    # The settings know both queues; a function is told of those it sends to.
    assert declared - NOT_OURS == (needed - queues) | QUEUES.get(function, set())
    assert declared >= NOT_OURS


def test_every_folder_of_functions_is_one_of_the_template(root: Path, stack: Stack) -> None:
    folders = {path.parent.name for path in (root / "functions").glob("*/handler.py")}
    assert folders == set(FUNCTIONS.values())
    assert set(stack.functions) == set(FUNCTIONS)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_logs_and_metrics_bear_the_name_of_the_folder(stack: Stack, function: str) -> None:
    assert stack.functions[function]["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] == FUNCTIONS[function]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_variable_holds_a_secret(stack: Stack, function: str) -> None:
    variables = stack.functions[function]["Environment"]["Variables"]
    for name in ("ALMANAC_GOOGLE_CLIENT_SECRET", "ALMANAC_TOKEN_KEYS", "ALMANAC_SESSION_KEYS", "ALMANAC_WEBHOOK_KEYS"):
        assert variables.get(name, "") == ""


def test_a_database_url_in_a_variable_has_no_password(
    stack: Stack, template: dict[str, Any], network: dict[str, Any]
) -> None:
    url = stack.functions["Orchestrator"]["Environment"]["Variables"]["ALMANAC_DATABASE_URL"]
    own, *given = ways(url)
    assert own == {"Fn::GetAtt": ["Database", "Outputs.AppUrl"]}
    assert given == [{"Ref": "DatabaseAppUrl"}, {"Ref": "DatabaseUrl"}]
    for name in ("DatabaseUrl", "DatabaseAppUrl"):
        pattern = template["Parameters"][name]["AllowedPattern"]
        assert re.search(pattern, "postgresql://almanac@db.example.org:5432/almanac")
        assert not re.search(pattern, "postgresql://almanac:secret@db.example.org:5432/almanac")
        for output in ("Url", "AppUrl"):
            assert re.search(pattern, network["Outputs"][output]["Value"]["Fn::Sub"].replace("${Proxy.Endpoint}", "db"))


@pytest.mark.parametrize("variable", PARAMETER_OF)
def test_a_parameter_has_the_default_of_its_setting(template: dict[str, Any], variable: str) -> None:
    models = [each for each in vars(settings).values() if isinstance(each, type) and issubclass(each, BaseModel)]
    fields = {f"ALMANAC_{name}".upper(): field for model in models for name, field in model.model_fields.items()}
    parameter = template["Parameters"][PARAMETER_OF[variable]]
    assert (parameter["Type"], parameter["Default"]) == ("Number", fields[variable].default)


@pytest.mark.parametrize(("variable", "parameter"), PARAMETER_OF.items())
def test_a_parameter_reaches_its_variable(stack: Stack, variable: str, parameter: str) -> None:
    given = [each["Environment"]["Variables"].get(variable) for each in stack.functions.values()]
    assert {json.dumps(value) for value in given if value is not None} == {json.dumps({"Ref": parameter})}


def test_the_example_environment_overrides_declared_variables_only(root: Path, stack: Stack) -> None:
    example = json.loads((root / "env.example.json").read_text(encoding="utf-8"))
    assert set(example) == set(FUNCTIONS)
    for function, variables in example.items():
        assert set(variables) <= set(stack.functions[function]["Environment"]["Variables"])
