"""docs/security.md: each threat names the tests that hold it off, and each of those is there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`([\w/]+\.py)::((?:\w+::)?test_\w+)`")


def threats() -> list[tuple[str, str]]:
    """What is tried, and the cell that names its tests, of every row of every table of threats."""
    tables = re.findall(r"^\| who tries what \|.*\n\|[- |]+\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    rows = [line.strip("|").split(" | ") for table in tables for line in table.splitlines()]
    return [(cells[0].strip(), cells[-1]) for cells in rows]


@cache
def defined(file: str) -> set[str]:
    """Tests of a file, `TestClass::test` where they stand in a class."""
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    found = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found |= {f"{node.name}::{each.name}" for each in node.body if isinstance(each, ast.FunctionDef)}
    return found


@pytest.mark.parametrize(("threat", "tests"), threats(), ids=lambda value: value[:40])
def test_a_threat_names_tests_that_exist(threat: str, tests: str) -> None:
    named = NAMED.findall(tests)

    assert named, threat
    assert [f"{file}::{test}" for file, test in named if test not in defined(file)] == []


def test_no_test_is_named_in_a_form_that_is_not_looked_up() -> None:
    assert len(re.findall(r"\btest_\w+`", PAGE)) == len(NAMED.findall(PAGE))


def test_there_are_threats() -> None:
    assert len(threats()) > 30


def test_every_file_of_these_tests_serves_a_threat() -> None:
    files = {f"security/{path.name}" for path in Path(__file__).parent.glob("test_*.py")} - {"security/test_threats.py"}
    assert files <= {file for file, _ in NAMED.findall(PAGE)}
