"""The TypeScript client: its types are those of the document, and it compiles strictly. Skipped without node."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "clients" / "typescript"
TOOLS = CLIENT / "node_modules" / ".bin"
installed = pytest.mark.skipif(
    shutil.which("node") is None or not TOOLS.exists(), reason="`make client` installs what compiles it; it needs node"
)


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=CLIENT, capture_output=True, text=True, timeout=100, check=False)


@installed
def test_the_types_are_those_of_the_document(tmp_path: Path) -> None:
    made = tmp_path / "openapi.d.ts"
    done = run(str(TOOLS / "openapi-typescript"), str(ROOT / "docs" / "openapi.json"), "--output", str(made))
    assert done.returncode == 0, done.stderr
    written = (CLIENT / "src" / "openapi.d.ts").read_text(encoding="utf-8")
    assert made.read_text(encoding="utf-8") == written, "run `make openapi`"


@installed
def test_it_compiles_strictly_and_what_is_wrong_does_not() -> None:
    done = run(str(TOOLS / "tsc"), "--noEmit")
    assert (done.returncode, done.stdout) == (0, "")


def test_the_thin_part_is_thin() -> None:
    lines = (CLIENT / "src" / "index.ts").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 160
