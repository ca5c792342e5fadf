import tomllib
from pathlib import Path
from typing import Any

import pytest

ENVIRONMENTS = {"default": "dev", "dev": "dev", "staging": "staging", "prod": "prod"}
"""Section of samconfig.toml → the stage that it deploys."""


@pytest.fixture(scope="module")
def config(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / "samconfig.toml").read_text(encoding="utf-8"))


def test_there_is_a_section_for_every_stage_and_a_default(config: dict[str, Any], stages: dict[str, Any]) -> None:
    assert set(config) - {"version"} == set(ENVIRONMENTS)
    assert set(ENVIRONMENTS.values()) == set(stages)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_section_builds_from_the_cache_in_parallel_and_lints(config: dict[str, Any], environment: str) -> None:
    assert config[environment]["build"]["parameters"] == {"cached": True, "parallel": True}
    assert config[environment]["validate"]["parameters"]["lint"] is True


@pytest.mark.parametrize(("environment", "stage"), ENVIRONMENTS.items())
def test_a_section_deploys_its_stage_to_a_stack_of_its_own(
    config: dict[str, Any], environment: str, stage: str
) -> None:
    deploy = config[environment]["deploy"]["parameters"]
    assert deploy["stack_name"] == f"almanac-{stage}"
    assert f"Stage={stage}" in deploy["parameter_overrides"]
    assert (deploy["s3_prefix"], deploy["tags"]) == (f"almanac-{stage}", f"app=almanac stage={stage}")
    assert deploy["capabilities"].split() == ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]


def test_production_is_asked_about(config: dict[str, Any]) -> None:
    assert config["prod"]["deploy"]["parameters"]["confirm_changeset"] is True
