"""One history, played: a simulator and a workspace of its own, one step after the other, and the law at the end."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Protocol

from almanac.errors import DatabaseUnavailable
from almanac.jobs import CalendarSync, Mode
from local.google_simulator.api.errors import ApiError
from tests.histories.google_side import GoogleSide
from tests.histories.law import assert_the_end
from tests.histories.product_side import ProductSide
from tests.histories.runs import Runs, time_enough
from tests.histories.stage import Stage
from tests.histories.steps import Step
from tests.histories.trouble import Troubles

Act = Callable[[int, int], None]


class Broken(AssertionError):
    """The law did not hold; says at which step."""


def play(stage: Stage, history: Sequence[Step], met: Counter[str]) -> None:
    """Play a history to its end. Raises Broken, with what was wrong as its cause. `met` counts what happened."""
    with stage.simulator() as simulator:
        google = GoogleSide(simulator)
        product = ProductSide(stage.beside, stage.process, google)
        troubles = Troubles(simulator, stage.process, stage.server, stage.disk, met)
        try:
            follow(Play(stage, google, product, troubles), history)
        finally:
            stage.clear()
            product.leave()


class Going(Protocol):
    """A history in progress: whatever a step or its end raises, the law is broken."""

    def begin(self) -> None: ...

    def step(self, step: Step) -> None: ...

    def end(self) -> None: ...


def follow(going: Going, history: Sequence[Step]) -> None:
    """Take the steps of a history and end it. Raises Broken, which says at which step, with what was wrong."""
    number = 0
    try:
        going.begin()
        for number, step in enumerate(history, 1):  # noqa: B007 - named in the failure
            going.step(step)
        number += 1
        going.end()
    except Exception as error:
        raise Broken(f"after step {number} of {len(history)}: {type(error).__name__}: {error}") from error


class Play:
    """A history in progress."""

    def __init__(self, stage: Stage, google: GoogleSide, product: ProductSide, troubles: Troubles) -> None:
        self._stage = stage
        self._google = google
        self._product = product
        self._troubles = troubles
        self._runs = runs = Runs(stage, google, product, troubles)
        self._acts: dict[str, Act] = {
            "change": google.change,
            "all day": google.all_day,
            "move": google.move,
            "come and go": google.come_and_go,
            "copy": google.copy,
            "private": google.private,
            "add calendar": google.add_calendar,
            "take calendar": google.take_calendar,
            "give calendar": google.give_calendar,
            "role": google.role,
            "share": google.share,
            "habits of Google": google.habits,
            "expire sync tokens": google.expire_sync_tokens,
            "expire page tokens": google.expire_page_tokens,
            "expire access tokens": google.expire_access_tokens,
            "forget tombstones": google.forget_tombstones,
            "revoke": google.revoke,
            "clock of Google": google.clock,
            "own": product.own,
            "link": product.link,
            "zone": product.zone,
            "switch": product.switch,
            "deletes": product.deletes,
            "connect": product.connect,
            "disconnect": product.disconnect,
            "remove connection": product.remove_connection,
            "clock": self._clock,
            "refusal": troubles.refusal,
            "cut": troubles.cut,
            "slow": troubles.slow,
            "page": troubles.page,
            "lie": troubles.lie,
            "token endpoint": troubles.token_endpoint,
            "statement": troubles.statement,
            "disk": troubles.disk,
            "restart": troubles.restart,
            "queue": self._queue,
            "meanwhile": self._meanwhile,
            "tick": runs.tick,
            "ask": runs.ask,
            "deliver": runs.deliver,
            "again": runs.again,
            "hurry": runs.hurry,
            "kill": runs.kill,
            "kill again": runs.kill_again,
            "outlast": runs.outlast,
            "overtake": runs.overtake,
            "overlap": runs.overlap,
            "race": runs.race,
        }

    def begin(self) -> None:
        """Nothing is there before the first step."""

    def step(self, step: Step) -> None:
        """Do what the step says, as far as it can be done."""
        self._troubles.note(f"step: {step.kind}")
        try:
            self._acts[step.kind](step.pick, step.value)
        except ApiError:
            self._troubles.note("steps that could not be taken")

    def end(self) -> None:
        """The faults stop, people do what they were asked to, and one run later everything is as it should be."""
        self._troubles.clear()
        self._stage.mailbox.refuse = False
        self._product.heal()
        self._product.let_time_pass()
        mode: Mode = "full" if self._troubles.lied else "auto"
        job = CalendarSync(ws_id=self._product.ws_id, mode=mode, force=True)
        report = self._stage.process.wiring.sync_workspace(job, None, time_enough())
        assert_the_end(report, self._product, self._google)
        self._runs.look_at_tokens()

    def _clock(self, _pick: int, value: int) -> None:
        """Somebody sets the clock of Almanac's machines, by up to ten days either way."""
        self._stage.clock.off_by = timedelta(seconds=(value - 500) ** 3 / 145)
        self._troubles.note("clock stepped")

    def _queue(self, _pick: int, _value: int) -> None:
        self._stage.mailbox.refuse = True

    def _meanwhile(self, pick: int, value: int) -> None:
        """In the middle of the next run somebody changes something."""
        acts = (self._google.change, self._google.move, self._product.own, self._product.zone, self._product.switch)
        act = acts[value % len(acts)]

        def happen() -> None:
            self._troubles.note(f"in the middle of a run: {act.__name__}")
            try:
                act(value, pick)
            except (ApiError, DatabaseUnavailable):
                self._troubles.note("steps that could not be taken")

        self._troubles.meanwhile(pick, happen)
