"""checkov finds nothing, but for the exceptions that the templates name with a reason."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from samtranslator.yaml_helper import yaml_parse

TEMPLATES = ("template.yaml", "network-and-database.yaml", "observability.yaml")


def exceptions(parsed: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Resource → check → reason."""
    skips = {
        name: resource["Metadata"]["checkov"]["skip"]
        for name, resource in parsed["Resources"].items()
        if "checkov" in resource.get("Metadata", {})
    }
    return {name: {each["id"]: each["comment"] for each in found} for name, found in skips.items()}


def keys(node: yaml.Node) -> list[str]:
    """The keys of a mapping, of those that it is merged with too."""
    if isinstance(node, yaml.SequenceNode):
        return [name for each in node.value for name in keys(each)]
    return [
        name for key, value in node.value for name in (keys(value) if key.tag.endswith(":merge") else [str(key.value)])
    ]


def mappings(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        yield node
        for _, value in node.value:
            yield from mappings(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from mappings(value)


@pytest.fixture(scope="module")
def report(root: Path) -> Any:
    """What checkov says of all templates; nothing is fetched from the network."""
    program = root / ".tools" / "checkov" / "bin" / "checkov"
    if not program.exists():
        pytest.skip("no checkov in .tools: run `make checkov`")
    options = ["--framework", "cloudformation", "--skip-download", "--output", "json", "--file", *TEMPLATES]
    done = subprocess.run([program, *options], cwd=root, check=False, capture_output=True, text=True)
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def templates(root: Path) -> list[dict[str, Any]]:
    return [yaml_parse((root / name).read_text(encoding="utf-8")) for name in TEMPLATES]


def test_every_template_is_looked_at(root: Path) -> None:
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    assert set(TEMPLATES) == {path.name for path in root.glob("*.yaml") if not path.name.startswith(".")}
    assert f"--file {' '.join(TEMPLATES)}" in makefile


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_merge_brings_no_key_that_is_there_already(root: Path, name: str) -> None:
    """To checkov such a template is none: it says so, and ends as if all were well."""
    for mapping in mappings(yaml.compose((root / name).read_text(encoding="utf-8"))):
        found = keys(mapping)
        twice = {key for key in found if found.count(key) > 1}
        assert not twice, f"line {mapping.start_mark.line + 1}: {twice}"


def test_every_exception_has_a_reason(templates: list[dict[str, Any]]) -> None:
    reasons = [reason for parsed in templates for found in exceptions(parsed).values() for reason in found.values()]
    assert reasons
    assert all(len(reason.split()) > 3 for reason in reasons)


def test_nothing_else_is_found(report: Any) -> None:
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["passed"] > 0
    assert [(each["check_id"], each["resource"]) for each in report["results"]["failed_checks"]] == []


def test_no_exception_is_left_that_nothing_needs(report: Any, templates: list[dict[str, Any]]) -> None:
    needed = {(each["resource"].rsplit(".", 1)[1], each["check_id"]) for each in report["results"]["skipped_checks"]}
    named = {(name, check) for parsed in templates for name, found in exceptions(parsed).items() for check in found}
    assert needed == named
