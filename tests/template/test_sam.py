import importlib
import json
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.template.stack import Stack

LIMIT_BYTES = 60 * 2**20
LAYERS = {"arm64": "VendorLayerArm64", "x86_64": "VendorLayerX8664"}
ELF_MACHINE = {"arm64": 0xB7, "x86_64": 0x3E}
BUILD_SECONDS = 300
INNER = ("network-and-database.yaml", "observability.yaml")
IMPORTS = """
import almanac, cryptography.fernet, googleapiclient.discovery, httplib2, pg8000.native, pydantic
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.batch import SqsFifoPartialProcessor

calendar = googleapiclient.discovery.build(
    "calendar", "v3", http=httplib2.Http(), static_discovery=True, cache_discovery=False
)
print(calendar.events().list(calendarId="a").uri)
"""

Command = list[str | Path]
pytestmark = pytest.mark.long


def run(command: Command, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a program without AWS credentials: with any, SAM asks over the network who they are."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {"AWS_DEFAULT_REGION": "eu-central-1", "SAM_CLI_TELEMETRY": "0", **variables}
    return subprocess.run(
        command, cwd=folder, env=environment, check=False, capture_output=True, text=True, timeout=BUILD_SECONDS
    )


@pytest.fixture(scope="module")
def built(root: Path, sam: Path, runtime: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sam")
    build = folder / "build"
    done = run([sam, "build", "--parallel", "--build-dir", build, "--template", root / "template.yaml"], folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return build


def lint(template: Path, *ignored: str) -> list[str]:
    """What the linter finds in a template, errors and warnings."""
    api = importlib.import_module("cfnlint.api")  # a second, which every process that collects this file would pay
    found = api.lint_file(template, api.ManualArgs(regions=["eu-central-1"], ignore_checks=list(ignored)))
    return [str(each) for each in found]


@pytest.fixture
def uploaded(root: Path, tmp_path: Path) -> Callable[[dict[str, Any]], Path]:
    """Writes a template beside the inner stacks', where the linter compares their parameters and outputs."""

    def write(cloudformation: dict[str, Any]) -> Path:
        for name in INNER:
            shutil.copy(root / name, tmp_path)
        written = tmp_path / "template.json"
        written.write_text(json.dumps(cloudformation), encoding="utf-8")
        return written

    return write


def test_what_cloudformation_gets_passes_its_linter(stack: Stack, uploaded: Callable[[dict[str, Any]], Path]) -> None:
    """`sam validate --lint` does not translate first, so it misses what is wrong between two resources."""
    # W3037: SAM's own poller policy names batch actions that IAM has folded into the single ones.
    # W3002: that an inner template is a local file, which `sam deploy` uploads.
    assert lint(uploaded(stack.cloudformation), "W3037", "W3002") == []


def test_the_linter_sees_a_parameter_that_the_inner_stack_does_not_have(
    uploaded: Callable[[dict[str, Any]], Path],
) -> None:
    properties = {"TemplateURL": "network-and-database.yaml", "Parameters": {"Stage": "dev", "Colour": "blue"}}
    alone = {"Resources": {"Database": {"Type": "AWS::CloudFormation::Stack", "Properties": properties}}}
    assert "Colour" in " ".join(lint(uploaded(alone), "W3002"))


@pytest.mark.parametrize("name", INNER)
def test_an_inner_template_passes_the_linter(root: Path, name: str) -> None:
    assert lint(root / name) == []


def test_sam_finds_the_template_valid(root: Path, sam: Path, tmp_path: Path) -> None:
    for name in ("template.yaml", *INNER):
        shutil.copy(root / name, tmp_path)  # beside samconfig.toml it would be linted instead
    done = run([sam, "validate", "--template", tmp_path / "template.yaml"], tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "basic SAM Validation" in done.stdout


def test_sam_lints_the_template_as_its_settings_here_say(root: Path, sam: Path, tmp_path: Path) -> None:
    done = run([sam, "validate", "--template", root / "template.yaml"], tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "basic SAM Validation" not in done.stdout


@pytest.mark.timeout(BUILD_SECONDS)
def test_the_build_holds_every_function_and_our_package(built: Path, template: dict[str, Any]) -> None:
    resources = template["Resources"].items()
    functions = [name for name, resource in resources if resource["Type"] == "AWS::Serverless::Function"]
    assert [name for name in functions if not (built / name / "handler.py").is_file()] == []
    assert (built / "AlmanacLayer" / "python" / "almanac" / "__init__.py").is_file()


@pytest.mark.timeout(BUILD_SECONDS)
def test_the_build_writes_out_anchors_and_takes_the_inner_stacks_along(built: Path) -> None:
    deployed = (built / "template.yaml").read_text(encoding="utf-8")
    inner = [built / found for found in re.findall(r"TemplateURL: (\S+)", deployed)]
    assert len(inner) == len(INNER)
    for text in (deployed, *(each.read_text(encoding="utf-8") for each in inner)):
        assert not re.search(r"<<:|[&*][A-Za-z]\w*$", text, re.MULTILINE)


@pytest.mark.timeout(BUILD_SECONDS)
@pytest.mark.parametrize("layer", LAYERS.values())
def test_a_vendor_layer_stays_small(built: Path, layer: str) -> None:
    size = sum(path.stat().st_size for path in (built / layer).rglob("*") if path.is_file())
    assert size <= LIMIT_BYTES, f"{layer} has {size / 2**20:.0f} MB"


@pytest.mark.timeout(BUILD_SECONDS)
@pytest.mark.parametrize("layer", LAYERS.values())
def test_a_vendor_layer_holds_the_calendar_document_only_and_no_aws_sdk(built: Path, layer: str) -> None:
    packages = built / layer / "python"
    documents = packages / "googleapiclient" / "discovery_cache" / "documents"
    assert [path.name for path in documents.iterdir()] == ["calendar.v3.json"]
    assert not [path.name for path in packages.iterdir() if path.name.startswith("boto")]


@pytest.mark.timeout(BUILD_SECONDS)
@pytest.mark.parametrize("architecture", LAYERS)
def test_native_code_is_for_the_architecture_of_its_layer(built: Path, architecture: str) -> None:
    libraries = list((built / LAYERS[architecture]).rglob("*.so"))
    machines = {library.read_bytes()[18] for library in libraries}  # e_machine in the ELF header
    assert machines == {ELF_MACHINE[architecture]}


@pytest.mark.timeout(BUILD_SECONDS)
def test_the_built_layers_import_together_and_need_nothing_else(built: Path, runtime: str, tmp_path: Path) -> None:
    architecture = "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"
    path = os.pathsep.join(str(built / layer / "python") for layer in ("AlmanacLayer", LAYERS[architecture]))
    done = run([runtime, "-S", "-c", IMPORTS], tmp_path, PYTHONPATH=path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "https://www.googleapis.com/calendar/v3/calendars/a/events?alt=json"
