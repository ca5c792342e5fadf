"""The TypeScript client: its types are those of the document, and it compiles strictly. Skipped without node."""

import json
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from almanac.domain.delivery.signature import secret_text, signed_headers

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "clients" / "typescript"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
RUN = """
import { verifyWebhook } from "./verify.mjs";
const found = [];
for (const [headers, body, secret, now] of JSON.parse(process.argv[2]))
  for (const given of [headers, new Headers(headers)])
    found.push(await verifyWebhook(body, given, secret, () => now).then((said) => said.type, (error) => error.message));
console.log(JSON.stringify(found));
"""
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


@installed
def test_it_takes_webhooks_that_are_ours_and_fresh_and_no_others(tmp_path: Path) -> None:
    """What the delivering function signs, compiled and run: each case ends in what the body says, or in an error."""
    target = ("--target", "es2022", "--module", "es2022", "--moduleResolution", "bundler", "--lib", "es2022,dom")
    done = run(str(TOOLS / "tsc"), "src/verify.ts", "--outDir", str(tmp_path), *target)
    assert (done.returncode, done.stdout) == (0, "")
    (tmp_path / "verify.js").rename(tmp_path / "verify.mjs")
    (tmp_path / "run.mjs").write_text(RUN, encoding="utf-8")

    ours, old = secret_text(b"o" * 24), secret_text(b"p" * 24)
    body = b'{"type": "workspace.changed"}'
    signed = dict(signed_headers([ours, old], "m-1", NOW, body))
    strange = {**signed, "webhook-signature": f"v1a,x v1,~~ {signed['webhook-signature']}"}
    unsigned = {name: value for name, value in signed.items() if name != "webhook-signature"}
    good, bad = "workspace.changed", "the webhook is not signed with this secret"
    late = "the webhook is too old, or of another time"
    cases: list[tuple[dict[str, str], str, str, float, str]] = [
        (signed, body.decode(), ours, 0, good),
        (signed, body.decode(), old, 0, good),
        (signed, body.decode(), ours, 299, good),
        (strange, body.decode(), ours, 0, good),
        (signed, body.decode(), secret_text(b"q" * 24), 0, bad),
        (signed, body.decode() + " ", ours, 0, bad),
        ({**signed, "webhook-id": "m-2"}, body.decode(), ours, 0, bad),
        (signed, body.decode(), ours, 301, late),
        (signed, body.decode(), ours, -301, late),
        ({**signed, "webhook-timestamp": "soon"}, body.decode(), ours, 0, late),
        (unsigned, body.decode(), ours, 0, "the webhook has no webhook-signature"),
        (signed, body.decode(), "whsec_", 0, "the secret is none: it begins with whsec_"),
    ]
    asked = [[*case[:3], (NOW.timestamp() + case[3]) * 1000] for case in cases]
    found = run("node", str(tmp_path / "run.mjs"), json.dumps(asked))
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout) == [case[4] for case in cases for _ in ("as an object", "as Headers")]


def test_the_thin_part_is_thin() -> None:
    lines = (CLIENT / "src" / "index.ts").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 220
