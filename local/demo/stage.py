"""What the demo's scenes share: the stack, what has run so far, waiting for it, and comparing it with the truth."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from local.demo.workspaces import Workspace
from local.lambda_runtime.worker_pool import InvocationError
from local.stack.interruption import StopSignals
from local.stack.run_watch import KeptMessage, Run, RunWatch
from local.stack.screen import Screen, counted
from local.stack.stack import Stack
from local.stack.truth import Comparison, compare

_LOOK_SECONDS = 0.1
_PATIENCE_SECONDS = 90.0
_POLL_SECONDS = 1.5  # a worker's long poll lasts one second


class DemoFailed(Exception):
    """What the demo shows did not happen; the message says what, in one line."""


@dataclass(slots=True)
class Stage:
    """A running demo. `runs` and `kept` grow as runs end and as handlers leave messages in the queue."""

    stack: Stack
    screen: Screen
    signals: StopSignals
    watch: RunWatch
    workspaces: list[Workspace] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    kept: list[KeptMessage] = field(default_factory=list)
    pages: list[Path] = field(default_factory=list)
    """Pages to look at, as they were written."""

    def tell(self, text: str) -> None:
        """Say it to those who want all of it, unless somebody wants the demo to end: then raise Interrupted."""
        self.signals.check()
        self.screen.detail(text)

    def say(self, text: str) -> None:
        """Say it to everybody, likewise."""
        self.signals.check()
        self.screen.say(text)

    def workspace(self, name: str) -> Workspace:
        """The connected workspace of that name."""
        return next(workspace for workspace in self.workspaces if workspace.name == name)

    def tick(self, then: Callable[[], None] = lambda: None) -> list[Run]:
        """Let the rule fire and wait for the runs that come of it. `then` is called at every look meanwhile.

        Raises InvocationError, DemoFailed, Interrupted.
        """
        before = len(self.runs)
        enqueued = self.fire()
        self.follow(lambda: _ended(self.runs[before:], "schedule") >= enqueued, then=then)
        return self.runs[before:]

    def fire(self) -> int:
        """Let the rule fire; returns how many workspaces the orchestrator has sent a job to."""
        began = time.perf_counter()
        try:
            enqueued = int(self.stack.tick()["enqueued"])
        except InvocationError:
            self.signals.check()  # Ctrl-C reaches the orchestrator's process too
            raise
        took = time.perf_counter() - began
        all_of_them = len(self.workspaces)
        self.tell(f"the rule ticks: the orchestrator finds {enqueued} of {all_of_them} workspaces due ({took:.1f} s)")
        return enqueued

    def ask(self, workspace: Workspace, *, force: bool = False) -> Run:
        """Put the message that a person would type into the queue, and wait for its run; `force` passes a cooldown."""
        before = len(self.runs)
        job = {"job": "calendar.sync", "ws_id": str(workspace.ws_id)}
        body = json.dumps(job | ({"force": True} if force else {}))
        self.tell(f"message: {body}")
        self.stack.send(workspace.ws_id, body)
        self.follow(lambda: any(run.ws_id == workspace.ws_id for run in self.runs[before:]))
        return next(run for run in self.runs[before:] if run.ws_id == workspace.ws_id)

    def follow(
        self, done: Callable[[], bool], *, seconds: float = _PATIENCE_SECONDS, then: Callable[[], None] = lambda: None
    ) -> None:
        """Print what happens until `done`. Raises DemoFailed after `seconds`, and Interrupted."""
        deadline = time.monotonic() + seconds
        while True:
            self._look()
            then()
            if done():
                return
            if time.monotonic() > deadline:
                raise DemoFailed(f"what should have followed has not happened after {seconds:.0f} s")
            self.signals.sleep(_LOOK_SECONDS)

    def hide_received_for(self, seconds: int) -> None:
        """As the stack's, and wait until the polls that began before have ended: they keep the old value."""
        self.stack.hide_received_for(seconds)
        self.signals.sleep(_POLL_SECONDS)

    def rows(self, workspace: Workspace | None = None) -> int:
        """Stored events, of one workspace or of all."""
        sql = "SELECT count(*) FROM workspace_calendar_events WHERE :ws_id::uuid IS NULL OR ws_id = :ws_id::uuid"
        found: int = self.stack.wiring.database.run(sql, ws_id=workspace.ws_id if workspace else None)[0][0]
        return found

    def require(self, held: bool, text: str, *, told: bool = True) -> None:
        """Say what was checked, if it is `told` or somebody wants all. Raises DemoFailed if it did not hold."""
        if told or self.screen.verbose or not held:
            self.screen.check(text, good=held)
        if not held:
            raise DemoFailed(f"this should hold and does not: {text}")

    def require_truth(
        self, workspaces: Sequence[Workspace], *, told: bool = False
    ) -> list[tuple[Workspace, Comparison]]:
        """Compare the stored rows with what the simulated Google shows. Raises DemoFailed when they differ."""
        database, google = self.stack.wiring.database, self.stack.google
        found = [(w, calendar) for w in workspaces for calendar in compare(database, google, w.ws_id)]
        stored, true = sum(c.stored for _, c in found), sum(c.true for _, c in found)
        differing = sum(c.different for _, c in found)
        self.require(
            bool(found) and all(c.equal for _, c in found),
            f"{counted(len(found), 'calendar')}: {counted(stored, 'row')} stored, {counted(true, 'event')} in Google, "
            f"{differing} different",
            told=told,
        )
        return found

    def _look(self) -> None:
        for message in self.watch.kept_messages():
            self.screen.kept(message)
            self.kept.append(message)
        for run in self.watch.ended_runs():
            self.screen.run(run)
            self.runs.append(run)


def _ended(runs: Sequence[Run], source: str) -> int:
    return len({run.ws_id for run in runs if run.source == source and run.outcome != "already_running"})
