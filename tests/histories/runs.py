"""The ways in which runs take place: who asks, when a message is received, what becomes of the process meanwhile."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

from almanac.errors import AlmanacError
from almanac.jobs import CalendarSync, Mode, Tick
from almanac.services.clock import Deadline
from almanac.services.queues.ports import OutgoingJob
from tests.histories.google_side import GoogleSide
from tests.histories.law import assert_no_token_is_ahead
from tests.histories.mailbox import Message
from tests.histories.product_side import ProductSide
from tests.histories.stage import Stage
from tests.histories.trouble import Troubles

_MODES: tuple[Mode, ...] = ("auto", "auto", "auto", "full", "incremental")


class Runs:
    """Runs of one workspace. `pick` and `value` of a step choose the message, its job, and the moment."""

    def __init__(self, stage: Stage, google: GoogleSide, product: ProductSide, troubles: Troubles) -> None:
        self._stage = stage
        self._google = google
        self._product = product
        self._troubles = troubles

    def tick(self, pick: int, value: int) -> None:
        """The orchestrator's rule fires; the message is received."""
        try:
            self._stage.process.wiring.dispatch(Tick(job="calendar.sync"))
        except AlmanacError as error:
            self._troubles.note(f"run: {error.code}")
        self.deliver(pick, value)

    def ask(self, pick: int, value: int) -> None:
        """Somebody sends a message by hand; it is received."""
        calendar = self._google.calendars[pick % len(self._google.calendars)] if pick % 5 == 0 else None
        self._put(calendar, _MODES[value % len(_MODES)], force=value % 3 > 0)
        self.deliver(-1, value)

    def _put(self, calendar: str | None, mode: Mode, *, force: bool) -> None:
        job = CalendarSync(ws_id=self._product.ws_id, mode=mode, calendar_id=calendar, force=force)
        if self._stage.mailbox.send([OutgoingJob(job, reason="a person")]):
            self._troubles.note("queue refused a message")

    def _message(self, pick: int) -> Message | None:
        """One of those that wait, in whatever order; a new one when none does."""
        mailbox = self._stage.mailbox
        if not mailbox.messages:
            self._put(None, "auto", force=True)
        return mailbox.messages[pick % len(mailbox.messages)] if mailbox.messages else None

    def deliver(self, pick: int, _value: int, *, left: Deadline | None = None, keep: bool = False) -> None:
        """A message is received by a process, and settled. Every run ends with a look at the tokens."""
        message = self._message(pick)
        if message is None:
            return
        self._troubles.begin()
        try:
            report = self._stage.process.wiring.receive_sync(message.received(), left or time_enough())
        except AlmanacError as error:
            self._troubles.note(f"run: {error.code}")
            self._stage.mailbox.settle(message, done=False)
        else:
            self._troubles.note(f"run: {report.outcome}")
            self._stage.mailbox.settle(message, done=not keep)
        self._after_a_run()

    def again(self, pick: int, value: int) -> None:
        """The message was done, but the queue did not hear of it: at least once means twice."""
        self.deliver(pick, value, keep=True)

    def hurry(self, pick: int, value: int) -> None:
        """Time runs out: at once, or after a few pages."""
        self.deliver(pick, value, left=_countdown(20.0 + value % 7 * 15))

    def kill(self, pick: int, value: int) -> None:
        """The process dies in the middle; three times in four its lease has run out before the next run."""
        message = self._message(value)
        if message is None:
            return
        message.receives += 1
        self._troubles.begin()
        where = ("before", "after", "request")[value % 3]
        nth = 1 + pick % (6 if where == "request" else 24)
        fate = self._stage.mortals.run(message.body, message.sent_at, self._stage.clock, where=where, nth=nth)
        for body in fate.sent:
            self._stage.mailbox.put(body)
        self._troubles.note(f"killed by SIGKILL ({where})" if fate.killed else "not killed in time")
        self._stage.mailbox.settle(message, done=not fate.killed)
        if pick % 4:
            self._product.let_time_pass()
        self._after_a_run()

    def kill_again(self, pick: int, value: int) -> None:
        """The process dies at the same request, three times in a row."""
        for _ in range(3):
            self.kill(pick * 4 + 1, value * 3 + 2)

    def outlast(self, pick: int, value: int) -> None:
        """Google answers nothing in time, for longer than the invocation lasts."""
        self._troubles.hang()
        self.deliver(pick, value, left=_countdown(20.0 + value % 40))

    def overtake(self, pick: int, value: int) -> None:
        """The lease runs out in the middle of a run; another run takes it, reads what is new, and comes to its end."""

        def run_out() -> None:
            expire = "UPDATE workspace_sync_leases SET expires_at = now() WHERE ws_id = :ws_id AND owner IS NOT NULL"
            self._product.run(expire)
            self._google.change(value, pick)

        self._beside_a_run(pick, value, before=run_out)

    def overlap(self, pick: int, value: int) -> None:
        """Another run wants to begin in the middle of a run."""
        self._beside_a_run(pick, value, before=lambda: None)

    def _beside_a_run(self, pick: int, value: int, before: Callable[[], object]) -> None:
        def happen() -> None:
            before()
            self._troubles.note(f"second run: {self._run_beside(value)}")

        self._troubles.meanwhile(pick, happen)
        self.deliver(value, value)

    def _run_beside(self, value: int) -> str:
        job = CalendarSync(ws_id=self._product.ws_id, mode=_MODES[value % len(_MODES)], force=True)
        try:
            return self._stage.other.wiring.sync_workspace(job, None, time_enough()).outcome
        except AlmanacError as error:
            return error.code

    def race(self, pick: int, value: int) -> None:
        """Two processes at the same time."""
        with ThreadPoolExecutor(1) as pool:
            other = pool.submit(self._run_beside, value)
            self.deliver(pick, value)
            self._troubles.note(f"second run: {other.result()}")

    def _after_a_run(self) -> None:
        self._troubles.clear()
        if self._stage.mailbox.refused:
            self._stage.mailbox.refused = 0
            self._troubles.note("queue refused a message")
        self.look_at_tokens()

    def look_at_tokens(self) -> None:
        """No token is ahead of its rows."""
        if not self._troubles.lied:  # what a lying listing hides, its token is ahead of
            assert_no_token_is_ahead(self._product, self._google)


def time_enough() -> Deadline:
    """What is left of an invocation of a minute, which is more than any run here needs."""
    ends_at = monotonic() + 60.0
    return lambda: ends_at - monotonic()


def _countdown(seconds: float) -> Deadline:
    """What is left of an invocation in which every look at the clock costs two seconds."""
    left = seconds

    def look() -> float:
        nonlocal left
        left -= 2.0
        return left

    return look
