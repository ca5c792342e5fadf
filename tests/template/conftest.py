import subprocess
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from tests.template.stack import Stack, translate

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def source() -> str:
    """template.yaml as text, comments included."""
    return (ROOT / "template.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def template(source: str) -> dict[str, Any]:
    """template.yaml as it is written, intrinsic functions in their long form."""
    parsed: dict[str, Any] = yaml_parse(source)
    return parsed


@pytest.fixture(scope="session")
def network() -> dict[str, Any]:
    """The stack that OwnDatabase puts into the stack."""
    parsed: dict[str, Any] = yaml_parse((ROOT / "network-and-database.yaml").read_text(encoding="utf-8"))
    return parsed


@pytest.fixture(scope="session")
def observability() -> Stack:
    """The stack of alarms and dashboard; there is no SAM in it to translate."""
    return Stack(yaml_parse((ROOT / "observability.yaml").read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def stages(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Stage → its row of settings."""
    rows: dict[str, dict[str, Any]] = template["Mappings"]["ByStage"]
    return rows


@pytest.fixture(scope="session")
def stack(template: dict[str, Any]) -> Stack:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        return translate(template)


@pytest.fixture(scope="session")
def in_prod(template: dict[str, Any]) -> Stack:
    """The same with Stage=prod, which shifts traffic bit by bit."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        return translate(template, Stage="prod")


@pytest.fixture(scope="session")
def sam(root: Path) -> Path:
    """The pinned SAM CLI; `make test` installs it."""
    program = root / ".tools" / "sam" / "bin" / "sam"
    if not program.exists():
        pytest.skip("no SAM CLI in .tools: run `make setup-sam`")
    return program


@pytest.fixture(scope="session")
def runtime(template: dict[str, Any]) -> str:
    """The program of the template's runtime, with pip; without one, `sam build` cannot run."""
    program: str = template["Globals"]["Function"]["Runtime"]
    try:
        subprocess.run([program, "-m", "pip", "--version"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip(f"sam build needs {program} with pip on PATH, and none runs there")
    return program
