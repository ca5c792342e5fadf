"""`make invoke-all`: every function of the built template with every event of events/, through `sam local invoke`.

    python -m local.lambda_runtime.invoke_all [--check] [-- arguments of `sam local invoke`]

What the functions work with listens on 127.0.0.1, which containers do not reach. On Linux it is passed on from the
engine's bridge address, which only this machine and its containers reach; elsewhere the engine does that itself.
Exit codes: 0 every answer is as the table says, 1 one is not or something failed, 2 there is no Docker engine.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from almanac.errors import AlmanacError
from local.google_simulator.control.client import ControlError
from local.lambda_runtime.docker_engine import DEFAULT_ADDRESS, Engine
from local.lambda_runtime.relay import Relays
from local.lambda_runtime.sample_events import SAMPLES, Surroundings
from local.stack.ports import LOOPBACK, StartError
from local.stack.screen import Screen
from local.stack.stack import ROOT, forget_shell_settings

SAM = ROOT / ".tools" / "sam" / "bin" / "sam"
BUILT = ROOT / ".aws-sam" / "build" / "template.yaml"
_DIFFERENT, _NO_ENGINE = 1, 2
_HOST = "host.docker.internal"
"""What containers call this machine."""
_CELL_CHARACTERS, _ERROR_CHARACTERS = 31, 300
_INVOKE_SECONDS = 600  # the first one builds an image
ABSENT = (
    "ALMANAC_DATABASE_SECRET_ARN",
    "ALMANAC_DATABASE_IAM_AUTH",
    "ALMANAC_GOOGLE_SECRET_ARN",
    "ALMANAC_TOKEN_KEYS_SECRET_ARN",
    "ALMANAC_SESSION_KEYS_SECRET_ARN",
    "ALMANAC_EXPORT_BUCKET",
)
"""Empty means absent: settings that the template fills in for an account, and this machine has not."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the engine, start what the functions work with, invoke, compare; returns the exit code."""
    options = _parser().parse_args(arguments)
    engine = Engine(os.environ.get("DOCKER_HOST") or DEFAULT_ADDRESS)
    if not engine.answers():
        print(f"invoke-all: no Docker engine at {engine.address}; start one or set DOCKER_HOST", file=sys.stderr)
        return _NO_ENGINE
    if options.check:
        return 0
    forget_shell_settings()
    screen = Screen()
    try:
        with tempfile.TemporaryDirectory(prefix="almanac-") as folder:
            different = _invoke_all(Path(folder), engine, options.sam, screen)
    except (AlmanacError, ControlError, StartError) as error:
        print(f"invoke-all: {' '.join(str(error).split())}", file=sys.stderr)
        return _DIFFERENT
    text = f"{len(SAMPLES) - different} of {len(SAMPLES)} events got the answer that is expected"
    screen.check(text, good=not different)
    return _DIFFERENT if different else 0


def _invoke_all(folder: Path, engine: Engine, extra: Sequence[str], screen: Screen) -> int:
    """Invoke and show, a line each; returns how many answers are not as expected."""
    different = 0
    screen.say(_row("function", "event", "expected", "got", "", "seconds"), style="bold")
    with Surroundings(folder) as surroundings, ExitStack() as running:
        way_in = _way_in(engine, surroundings.ports, running)
        large = {name: url.replace(LOOPBACK, _HOST) for name, url in surroundings.of_large().items()}
        sam = _Sam(folder, surroundings.seen_from(_HOST), large, [*way_in, *extra])
        for sample in SAMPLES:
            began = time.perf_counter()
            answer = sam.invoke(sample.function, surroundings.event(sample, _HOST))
            found = sample.found(surroundings.answered(sample, answer))
            good = found == sample.expected
            cells = (sample.function, sample.event, _short(sample.expected), _short(found))
            took = f"{time.perf_counter() - began:.1f}"
            screen.say(_row(*cells, "ok" if good else "DIFFERENT", took), style="" if good else "red")
            different += not good
    return different


def _way_in(engine: Engine, ports: set[int], running: ExitStack) -> list[str]:
    """Let containers reach the ports of 127.0.0.1 at _HOST; returns what sam has to be told for that."""
    gateway = engine.gateway()
    if gateway is None:
        return []
    try:
        running.enter_context(Relays(gateway, ports))
    except OSError:
        return []  # the engine runs in a machine of its own, and knows _HOST by itself
    return ["--add-host", f"{_HOST}:{gateway}"]


class _Sam:
    """`sam local invoke` on the built template."""

    def __init__(
        self, folder: Path, environment: Mapping[str, str], large: Mapping[str, str], options: Sequence[str]
    ) -> None:
        """`large`: what the functions with more memory are given instead."""
        self._event, variables = folder / "event.json", folder / "env.json"
        given: dict[str, Mapping[str, str]] = {"Parameters": dict.fromkeys(ABSENT, "") | dict(environment)}
        given |= {sample.function: large for sample in SAMPLES if sample.is_large}
        variables.write_text(json.dumps(given))
        architecture = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
        self._options = ["--template", str(BUILT), "--event", str(self._event), "--env-vars", str(variables)]
        self._options += ["--parameter-overrides", f"Architecture={architecture}", *options]
        # Without an account: with any credentials, sam asks over the network whose they are.
        self._environment = os.environ | {"SAM_CLI_TELEMETRY": "0", "AWS_REGION": "us-east-1"}

    def invoke(self, function: str, event: Any) -> Any:
        """What the function answered. sam ends with 0 whatever became of the function: only its JSON tells."""
        self._event.write_text(json.dumps(event), encoding="utf-8")
        command = [str(SAM), "local", "invoke", function, *self._options]
        try:
            done = subprocess.run(
                command,
                cwd=ROOT,
                env=self._environment,
                capture_output=True,
                text=True,
                timeout=_INVOKE_SECONDS,
                check=False,
            )
            return json.loads(done.stdout.strip().splitlines()[-1])
        except subprocess.TimeoutExpired:
            return {"errorType": "TimeoutExpired", "errorMessage": f"no answer after {_INVOKE_SECONDS} s"}
        except (IndexError, ValueError):
            said = (done.stderr.strip() or "nothing").splitlines()[-1]
            return {"errorType": "NoAnswer", "errorMessage": f"sam ended with {done.returncode}: {said}"}


def _short(outcome: Mapping[str, Any]) -> str:
    """An outcome on one line; an error at length, for it is looked at."""
    text = " ".join(f"{name}={json.dumps(value)}" for name, value in outcome.items())
    return text[: _ERROR_CHARACTERS if "errorType" in outcome else _CELL_CHARACTERS]


def _row(function: str, event: str, expected: str, got: str, verdict: str, seconds: str) -> str:
    width = _CELL_CHARACTERS
    return f"{function:<20} {event:<23} {expected:<{width}} {got:<{width}} {verdict:<9} {seconds:>7}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local.lambda_runtime.invoke_all", description="Invoke every function locally."
    )
    parser.add_argument("--check", action="store_true", help="only say whether there is a Docker engine")
    parser.add_argument("sam", nargs="*", help="passed to `sam local invoke`, after --")
    return parser


if __name__ == "__main__":
    sys.exit(main())
