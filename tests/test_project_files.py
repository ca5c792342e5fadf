"""What surrounds the code says the truth: licence, hooks, workflows, the Makefile's runtime, pages for contributors."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
APACHE_2_0 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
"""SHA-256 of https://www.apache.org/licenses/LICENSE-2.0.txt."""
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):(?!=)", MAKEFILE, re.MULTILINE))
ACTION = re.compile(r"[\w-]+/[\w-]+@v\d+(\.\d+)*")
COMMUNITY = ("LICENSE", "CONTRIBUTING.md", "SECURITY.md", "CODE_OF_CONDUCT.md", "CHANGELOG.md", ".editorconfig")


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def steps(workflow: Any) -> Iterator[dict[str, Any]]:
    for job in workflow["jobs"].values():
        yield from job.get("steps", [])


def recipe(target: str) -> list[str]:
    """The lines of a target, without what silences them."""
    found = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    assert found is not None
    return [line.strip().removeprefix("@") for line in found[1].splitlines()]


def test_every_file_that_a_newcomer_looks_for_is_there() -> None:
    assert [name for name in COMMUNITY if not (ROOT / name).is_file()] == []


def test_the_licence_is_the_one_that_the_package_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (project["license"], project["license-files"]) == ("Apache-2.0", ["LICENSE"])
    assert sha256((ROOT / "LICENSE").read_bytes()).hexdigest() == APACHE_2_0


def test_the_hook_runs_what_make_lint_runs() -> None:
    (repository,) = read(ROOT / ".pre-commit-config.yaml")["repos"]
    (hook,) = repository["hooks"]
    assert (repository["repo"], hook["language"], hook["entry"]) == ("local", "system", "make lint")
    assert hook["pass_filenames"] is False, "files as arguments would be targets"
    assert recipe("lint") == ["$(PY) -m ruff check --quiet", "$(PY) -m ruff format --check --quiet"]


@pytest.mark.skipif(sys.platform != "linux" or shutil.which("cc") is None, reason="needs Linux and a C compiler")
def test_programs_can_live_at_another_moment(tmp_path: Path) -> None:
    """`make test-at` preloads this; Python and whatever asks for the time in another way live a day later."""
    library = tmp_path / "moment.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, ROOT / "tests" / "moment.c", "-ldl"], check=True)

    def told(command: list[str], seconds: int) -> int:
        moved = os.environ | {"LD_PRELOAD": str(library), "MOMENT_SECONDS": str(seconds)}
        return int(subprocess.run(command, env=moved, capture_output=True, check=True).stdout)

    for command in ([sys.executable, "-c", "import time; print(int(time.time()))"], ["date", "+%s"]):
        assert 86_340 < told(command, 86_400) - told(command, 0) <= 86_400


def test_every_file_of_github_is_valid_yaml() -> None:
    files = list((ROOT / ".github").rglob("*.yml"))
    assert len(files) > len(WORKFLOWS) > 0
    assert all(isinstance(read(path), dict) for path in files)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
class TestEachWorkflow:
    def test_runs_targets_that_exist(self, path: Path) -> None:
        for step in steps(read(path)):
            script = re.sub(r"\$\{\{.*?\}\}", "", step.get("run", ""))
            for words in re.findall(r"\bmake ([^\n;&|]+)", script):
                named = {word for word in words.split() if not word.startswith("-") and "=" not in word}
                assert named <= TARGETS, words

    def test_pins_each_action_by_its_version(self, path: Path) -> None:
        used = [step["uses"] for step in steps(read(path)) if "uses" in step]
        used += [job["uses"] for job in read(path)["jobs"].values() if "uses" in job]
        for action in used:
            if action.startswith("./"):
                assert (ROOT / action).is_file(), action
            else:
                assert ACTION.fullmatch(action), action

    def test_keeps_no_key_and_no_secret(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"secrets[.\[]|AWS_ACCESS_KEY|AWS_SECRET|AWS_SESSION_TOKEN|password", text, re.IGNORECASE)

    def test_may_do_no_more_than_read_and_ask_for_a_token(self, path: Path) -> None:
        workflow = read(path)
        granted = [
            workflow["permissions"],
            *(job["permissions"] for job in workflow["jobs"].values() if "uses" in job and "permissions" in job),
        ]
        for each in granted:
            assert each.items() <= {"contents": "read", "id-token": "write"}.items()

    def test_puts_no_text_of_others_into_a_shell(self, path: Path) -> None:
        """A title or a branch name in a `run` line would be executed."""
        for step in steps(read(path)):
            assert "github.event" not in step.get("run", "")
            assert "github.head_ref" not in step.get("run", "")


def workflow(name: str) -> Any:
    return read(ROOT / ".github" / "workflows" / name)


def test_the_suite_runs_on_the_oldest_python_and_the_functions_on_two_systems() -> None:
    matrix = workflow("test.yml")["jobs"]["test"]["strategy"]["matrix"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert [f">={matrix['python'][0]}", f"python{matrix['python'][-1]}"] == [project["requires-python"], runtime()]
    assert {name.partition("-")[0] for name in matrix["os"]} == {"ubuntu", "macos"}


def runtime() -> str:
    template: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
    found: str = template["Globals"]["Function"]["Runtime"]
    return found


def test_make_prefers_the_runtime_of_the_template() -> None:
    (named,) = re.findall(r"^RUNTIME := (\S+)$", MAKEFILE, re.MULTILINE)
    assert f"python{named}" == runtime()


def test_make_says_when_the_tests_run_on_another_python() -> None:
    command = ["make", "--dry-run", "--no-print-directory", "test", "PYTHON=python0.0"]
    planned = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    said = [line for line in planned.splitlines() if "Tests run on" in line]
    assert len(said) == 1
    assert "test -x .venv/bin/python3.13 ||" in said[0]


def test_a_stage_is_deployed_after_the_one_before_it_and_the_first_after_all_tests() -> None:
    jobs = workflow("deploy.yml")["jobs"]
    assert [jobs[stage]["needs"] for stage in ("dev", "staging", "prod")] == [["test", "template"], "dev", "staging"]
    for stage in ("dev", "staging", "prod"):
        assert jobs[stage]["with"] == {"stage": stage}
        assert jobs[stage]["permissions"]["id-token"] == "write"
    assert jobs["dev"]["if"] == "vars.DEPLOY == 'true'"


def test_a_deployment_takes_a_role_and_types_what_the_guide_says() -> None:
    (job,) = workflow("deploy-stage.yml")["jobs"].values()
    assert job["environment"] == "${{ inputs.stage }}"
    (role,) = [step["with"] for step in job["steps"] if "configure-aws-credentials" in step.get("uses", "")]
    assert role.keys() == {"role-to-assume", "aws-region"}
    guide = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    build, deploy = [step["run"] for step in job["steps"] if "run" in step]
    assert build in guide
    assert deploy.startswith('.tools/sam/bin/sam deploy --config-env "$STAGE" ')
    assert "sam deploy --config-env dev" in guide


def made(folder: Path, line: str, *variables: str) -> "subprocess.CompletedProcess[str]":
    """Run one line of a recipe with the Makefile's own variables."""
    (folder / "probe.mk").write_text(f"include Makefile\nprobe:\n\t@{line}\n")
    command = ["make", "--file", str(folder / "probe.mk"), "probe", "wanted_python=x", *variables]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("given", "options"),
    [
        ("", []),
        ("{}/my calendar.ics", ["--ics", "{}/my calendar.ics"]),
        ("{0}/a.ics {0}/b.ics", ["--ics", "{}/a.ics", "--ics", "{}/b.ics"]),
    ],
    ids=["none", "a space in its name", "several"],
)
def test_calendars_are_given_one_by_one(tmp_path: Path, given: str, options: list[str]) -> None:
    (tmp_path / "my calendar.ics").touch()

    done = made(tmp_path, r"""$(with_calendars); printf '%s\n' "$$@" """, f"ICS={given.format(tmp_path)}")

    assert [line for line in done.stdout.splitlines() if line] == [option.format(tmp_path) for option in options]


def test_an_index_that_does_not_answer_is_named(tmp_path: Path) -> None:
    done = made(tmp_path, "false || { $(say_no_index); exit 1; }")

    assert done.returncode != 0
    assert "PyPI cannot be reached from here: it is needed once" in done.stderr
    assert "$(PIP) --requirement requirements.lock || { $(say_no_index); exit 1; }" in MAKEFILE


def test_migrations_are_numbered_once_each() -> None:
    """They are applied by name: two of one number would run in an order that nobody has chosen."""
    numbers = [path.name[:4] for path in (ROOT / "layers/almanac/almanac/migrations").glob("*.sql")]

    assert len(numbers) == len(set(numbers)), sorted(n for n in set(numbers) if numbers.count(n) > 1)
