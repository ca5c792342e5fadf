"""Which function answers which path, as template.yaml says, and the processes that do."""

import json
import re
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[2]
GATEWAY_SECONDS = 29
"""How long the gateway waits for a function, at most."""
AT_ONCE = 3
"""Processes of one function: as many requests are answered at once, the others wait."""


@dataclass(frozen=True, slots=True)
class HttpRoute:
    """One route of the gateway: its method (ANY: all), the pattern of its path, the folder of its function."""

    method: str
    pattern: re.Pattern[str]
    exact: bool
    function: str


def http_routes(template: Path = ROOT / "template.yaml") -> list[HttpRoute]:
    """Return the routes of the template, what is exact first, as the gateway prefers it."""
    found: list[HttpRoute] = []
    parsed: dict[str, Any] = yaml_parse(template.read_text(encoding="utf-8"))
    for each in parsed["Resources"].values():
        if each["Type"] != "AWS::Serverless::Function":
            continue
        folder = each["Properties"]["CodeUri"].rstrip("/").rsplit("/", 1)[1]
        events = each["Properties"].get("Events", {}).values()
        found += (_route(event["Properties"], folder) for event in events if event["Type"] == "HttpApi")
    return sorted(found, key=lambda route: (not route.exact, -len(route.pattern.pattern), route.method == "ANY"))


def gateway_definition(template: Path = ROOT / "template.yaml") -> dict[str, Any]:
    """Return what the template says of the gateway itself."""
    found: dict[str, Any] = yaml_parse(template.read_text(encoding="utf-8"))["Resources"]["HttpApi"]["Properties"]
    definition: dict[str, Any] = found["DefinitionBody"]
    return definition


def _route(properties: Mapping[str, str], folder: str) -> HttpRoute:
    path = properties["Path"]
    pattern = re.sub(r"\\{(\w+)\\\+\\}", r"(?P<\1>.+)", re.escape(path))
    pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", pattern)
    return HttpRoute(properties.get("Method", "ANY").upper(), re.compile(pattern + r"\Z"), "{" not in path, folder)


class WarmFunction:
    """The processes of one function: made when they are needed, AT_ONCE at most, kept warm."""

    def __init__(
        self, folder: str, environment: Mapping[str, str], logs: Path, timeout_seconds: float = GATEWAY_SECONDS
    ) -> None:
        self._folder, self._environment, self._logs = folder, dict(environment), logs
        self._timeout = str(timeout_seconds)
        self._idle: list[subprocess.Popen[str]] = []
        self._all: list[subprocess.Popen[str]] = []
        self._free = threading.Semaphore(AT_ONCE)
        self._guard = threading.Lock()

    def __call__(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return the function's answer; 502 when it failed, as the gateway says it."""
        with self._free:
            process = self._take()
            try:
                said = self._ask(process, event)
            except (BrokenPipeError, ValueError):
                process.kill()
                return {"statusCode": 502, "body": "the function ended; see its log"}
            with self._guard:
                self._idle.append(process)
        answer: dict[str, Any] = said.get("answer") or {"statusCode": 502, "body": "the function failed; see its log"}
        return answer

    def warm_up(self) -> None:
        """Start one process, so that the first request does not wait for it."""
        process = self._take()
        with self._guard:
            self._idle.append(process)

    def stop(self) -> None:
        """End every process."""
        for process in self._all:
            if process.stdin is not None and not process.stdin.closed:
                process.stdin.close()
        for process in self._all:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()

    def _ask(self, process: "subprocess.Popen[str]", event: Mapping[str, Any]) -> dict[str, Any]:
        assert process.stdin is not None  # noqa: S101 - made with pipes
        assert process.stdout is not None  # noqa: S101
        process.stdin.write(json.dumps(event) + "\n")
        process.stdin.flush()
        said: dict[str, Any] = json.loads(process.stdout.readline())
        return said

    def _take(self) -> "subprocess.Popen[str]":
        with self._guard:
            while self._idle:
                process = self._idle.pop()
                if process.poll() is None:
                    return process
            file = ROOT / "functions" / self._folder / "handler.py"
            command = [sys.executable, "-m", "local.http_front.warm_process", "--function", str(file)]
            command += ["--timeout", self._timeout]
            with (self._logs / f"{self._folder}.log").open("ab") as log:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                    cwd=ROOT,
                    env=self._environment,
                    process_group=0,
                )
            self._all.append(process)
            return process
