"""What is installed is what somebody has looked at: one version each, and on Lambda one content each."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "layers/vendor/requirements.txt")
PIN = re.compile(r"[A-Za-z0-9][\w.-]*(\[[\w,]+\])?==[\w.+!-]+")


def lines(path: str) -> list[str]:
    """Requirements without comments, options and hashes."""
    found = (ROOT / path).read_text(encoding="utf-8").splitlines()
    return [line.partition(";")[0].rstrip(" \\") for line in found if line and line[0] not in "# -"]


@pytest.mark.parametrize("path", LOCKS)
def test_a_lock_names_exact_versions_of_an_index_and_nothing_else(path: str) -> None:
    assert lines(path)
    assert [line for line in lines(path) if not PIN.fullmatch(line)] == []
    text = (ROOT / path).read_text(encoding="utf-8")
    assert not re.search(r"://|git\+|^-e|--index-url|--extra-index-url|--trusted-host", text, re.MULTILINE)


def test_the_project_asks_for_exact_versions() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = [*project["build-system"]["requires"], *project["project"]["dependencies"]]
    asked += [each for extra in project["project"]["optional-dependencies"].values() for each in extra]
    assert [each for each in asked if not PIN.fullmatch(each)] == []


def test_nothing_that_writes_into_traces_is_installed() -> None:
    """The API of OpenTelemetry is, for Google's client brings it along; without its SDK it writes nothing."""
    writes = re.compile(r"aws-xray-sdk|opentelemetry-(?!api==)|sentry|ddtrace")
    assert [line for line in lines("layers/vendor/requirements.txt") if writes.match(line)] == []


def test_the_layer_is_installed_by_hash_and_never_built_here() -> None:
    recipe = (ROOT / "layers" / "vendor" / "Makefile").read_text(encoding="utf-8")
    assert {"--require-hashes", "--only-binary=:all:", "--no-deps"} <= set(recipe.split())


def test_the_audit_looks_at_every_lock_and_does_not_pass_what_it_could_not_look_at() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipe = makefile.split("\naudit:", 1)[1].split("\n\n", 1)[0]
    assert all(path in recipe for path in LOCKS)
    assert "--strict" in recipe


def test_every_tool_of_its_own_environment_is_pinned() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    stamps = re.findall(r"^(\w+) := \.tools/[\w-]+/\.ready-(\S+)$", makefile, re.MULTILINE)
    assert len(stamps) == len(re.findall(r"^\$\(\w+\): PACKAGE = ", makefile, re.MULTILINE))
    assert all(re.fullmatch(r"[0-9]+(\.[0-9]+)+", version) for _, version in stamps)
