import re
import tomllib
from pathlib import Path

import pytest

NOT_IN_THE_LAYER = {"boto3"}  # comes with the Lambda runtime


def pinned(text: str) -> dict[str, str]:
    """Package → version of every line `name==version`."""
    return dict(re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE))


@pytest.fixture(scope="module")
def layer(root: Path) -> str:
    return (root / "layers" / "vendor" / "requirements.txt").read_text(encoding="utf-8")


def test_the_layer_asks_for_what_the_project_depends_on(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = set(pinned("\n".join(project["dependencies"])))
    lines = (root / "layers" / "vendor" / "requirements.in").read_text(encoding="utf-8").splitlines()
    assert {line for line in lines if not line.startswith("#")} == wanted - NOT_IN_THE_LAYER


def test_the_layer_has_the_versions_that_the_tests_ran_with(root: Path, layer: str) -> None:
    lock = pinned((root / "requirements.lock").read_text(encoding="utf-8"))
    assert pinned(layer).items() <= lock.items()


def test_the_layer_leaves_out_what_the_runtime_brings(layer: str) -> None:
    assert not {"boto3", "botocore", "s3transfer"} & set(pinned(layer))


def test_every_package_of_the_layer_is_fixed_by_hash(layer: str) -> None:
    blocks = re.split(r"^(?=\w)", layer, flags=re.MULTILINE)[1:]
    assert len(blocks) == len(pinned(layer))
    for block in blocks:
        assert "--hash=sha256:" in block, block.splitlines()[0]
