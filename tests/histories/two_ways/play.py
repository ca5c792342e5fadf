"""One two-way history, played: a simulator and a workspace of its own, and the law after every step and at the end."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from almanac.errors import AlmanacError, DatabaseUnavailable
from almanac.jobs import CalendarSync, Direction, message_body
from local.google_simulator.api.errors import ApiError
from tests.histories.play import Act, Broken, follow
from tests.histories.processes import Process
from tests.histories.runs import time_enough
from tests.histories.stage import Stage
from tests.histories.steps import Step
from tests.histories.two_ways.appointments import Appointments
from tests.histories.two_ways.law import Watcher, assert_others_go_on, assert_the_end
from tests.histories.two_ways.limits import Limits
from tests.histories.two_ways.order import End, end_of
from tests.histories.two_ways.people import ALONE, TWO_CALENDARS, TWO_PEOPLE
from tests.histories.two_ways.plans import Plans
from tests.histories.two_ways.words import OF_TWO_CALENDARS, OF_TWO_PEOPLE, TROUBLE
from tests.histories.two_ways.world import World

_RUNS_TO_SETTLE = 8
_RUNS_WHILE_SICK = 5
_UNSETTLED = (
    "SELECT (SELECT count(*) FROM calendar_event_links WHERE ws_id = :ws AND state IN ('wanted', 'dirty', 'sent'))"
    " + (SELECT count(*) FROM calendar_connections WHERE ws_id = :ws AND outbound_held IS NOT NULL)"
)


def play(stage: Stage, history: Sequence[Step], met: Counter[str]) -> None:
    """Play a history to its end. Raises Broken, with what was wrong as its cause. `met` counts what happened.

    One without trouble is played once more with its rings and ticks in another order, and has to end the same (I12).
    """
    ends: list[End] = []
    calm = (TROUBLE | OF_TWO_CALENDARS.keys() | OF_TWO_PEOPLE.keys()).isdisjoint(step.kind for step in history)
    _play(stage, history, met, ends if calm else None)
    if calm:
        met["played in two orders"] += 1
        _play(stage, history, Counter(), ends, reordered=True)
        end, other = ends
        differ = {name: (end.get(name), other.get(name)) for name in end | other if end.get(name) != other.get(name)}
        if differ:
            raise Broken(f"after another order of rings and ticks: I12: {differ}")


def _play(
    stage: Stage, history: Sequence[Step], met: Counter[str], ends: list[End] | None, *, reordered: bool = False
) -> None:
    with stage.simulator() as simulator:
        kinds = {step.kind for step in history}
        places = (
            TWO_PEOPLE if kinds & OF_TWO_PEOPLE.keys() else TWO_CALENDARS if kinds & OF_TWO_CALENDARS.keys() else ALONE
        )
        world = World(simulator, stage.beside, stage.process, places)
        try:
            follow(TwoWays(stage, world, met, reordered=reordered), history)
            if ends is not None:
                ends.append(end_of(world))
        finally:
            stage.clear()
            world.leave()


class TwoWays:
    """A history in progress."""

    def __init__(self, stage: Stage, world: World, met: Counter[str], *, reordered: bool) -> None:
        self._stage = stage
        self._world = world
        self._met = met
        self._reordered = reordered
        self._appointments = Appointments(world)
        self._watcher = Watcher(world, self._appointments)
        self._limits = Limits(world)
        names = ("block", "event", "move", "rename", "drop", "drag", "retitle", "remove", "copy", "free")
        names += ("wipe", "clear", "consent", "trouble", "land", "lag", "revoke", "connect", "role", "target", "carry")
        self._acts: dict[str, Act] = {name: getattr(world, name) for name in names}
        self._plans = plans = Plans(world)
        others = ("meet", "amend", "repeat", "edit", "cancel")
        self._acts |= {name: getattr(self._appointments, name) for name in others} | {
            "call off": self._appointments.call_off,
            "edits": self._appointments.switch,
            "habit": plans.habit,
            "meeting": plans.meeting,
            "attend": plans.attend,
            "member": plans.member,
            "disconnect": self._appointments.account_goes,
            "hand over": plans.hand_over,
            "under way": self._under_way,
            "meanwhile": self._meanwhile,
            "in between": self._in_between,
            "other target": world.other_target,
            "bring back": world.bring_back,
            "take over": world.take_over,
            "expire sync tokens": world.expire_sync_tokens,
            "time passes": world.time_passes,
            "statement": self._statement,
            "sync": lambda _pick, _value: self._look_and_write(),
            "write": lambda _pick, _value: self._sync("outbound"),
            "kill": self._kill,
            "overtake": self._overtake,
        }

    def begin(self) -> None:
        """A few blocks and an event are in Google already; edits of what is made there are on."""
        for act in (self._world.block, self._world.block, self._world.block, self._world.event):
            act(0, 0)
        self._appointments.switch(0, 1)
        self._sync("both")
        self._watcher.look()

    def step(self, step: Step) -> None:
        """Do what the step says, as far as it can be done, and look at both sides."""
        self._met[f"step: {step.kind}"] += 1
        self._world.people.note_targets(anew=True)
        try:
            self._acts[step.kind](step.pick, step.value)
        except ApiError:
            self._met["steps that could not be taken"] += 1
        self._world.note_holds()
        self._watcher.look()

    def end(self) -> None:
        """The faults stop; a few runs later both sides are one, and then nothing is written any more (I6)."""
        self._stage.process.calm()
        self._world.calm()
        sick = self._world.sick() if self._world.people.several else set()
        if sick:
            for _ in range(_RUNS_WHILE_SICK):
                self._settle_some()
            assert_others_go_on(self._world, sick)
            self._met["others went on beside an account that does not work"] += 1
        self._world.heal()
        for number in range(_RUNS_TO_SETTLE):
            self._settle_some()
            # The first may only go on with pages that were begun before the last changes there.
            if number and not self._world.run(_UNSETTLED)[0][0]:
                break
        assert_the_end(self._world, self._appointments)
        before = self._world.last_request()
        self._sync("both")  # which reads its predecessor's echoes
        methods = {entry["method"] for entry in self._world.simulator.observation.requests(before)}
        assert methods == {"GET"}, f"I6: {methods} after everything was settled"
        before = self._world.last_request()
        self._sync("both")
        asked = [entry["method"] + " " + entry["path"] for entry in self._world.simulator.observation.requests(before)]
        assert len(asked) == len(self._world.calendars), f"I6: a quiet world is asked {asked}"
        self._met["writes"] += self._watcher.writes

    def _settle_some(self) -> None:
        """A run for which everything has waited long enough, and whoever was asked has consented."""
        self._world.time_passes(0, 0)
        self._world.consent(0, 0)
        self._sync("both")
        self._world.note_holds()
        self._watcher.look()

    def _look_and_write(self) -> None:
        """A run of both directions; or a tick that writes, a ring that reads, the ring again, another tick."""
        orders: tuple[Direction, ...] = ("outbound", "inbound", "inbound", "outbound") if self._reordered else ("both",)
        for direction in orders:
            self._sync(direction)

    def _sync(self, direction: Direction) -> None:
        with self._limits.of_a_run():
            self._run(direction, self._stage.process)

    def _run(self, direction: Direction, process: Process) -> None:
        job = CalendarSync(ws_id=self._world.ws_id, direction=direction, force=True)
        try:
            report = process.wiring.sync_workspace(job, None, time_enough())
        except AlmanacError as error:
            self._met[f"run: {error.code}"] += 1
            return
        self._met[f"run: {report.outcome}"] += 1
        for reason in () if report.outbound is None else report.outbound.held.values():
            self._met[f"held: {reason}"] += 1

    def _statement(self, pick: int, value: int) -> None:
        """A statement of the next run fails, or is done and nobody hears of it."""
        database = self._stage.process.database
        if value % 3:
            database.after.set(1 + pick % 40, database.lose_answer)
        else:
            database.before.set(1 + pick % 40, lambda: database.fail("57014"))

    def _kill(self, pick: int, value: int) -> None:
        """A run dies in the middle; its lease runs out."""
        where = ("before", "after", "request")[value % 3]
        nth = 1 + pick % (8 if where == "request" else 36)
        body = message_body(CalendarSync(ws_id=self._world.ws_id, force=True))
        fate = self._stage.mortals.run(body, self._world.now, self._stage.clock, where=where, nth=nth)
        self._met["killed by SIGKILL" if fate.killed else "not killed in time"] += 1
        self._world.run("UPDATE workspace_sync_leases SET expires_at = now() WHERE ws_id = :ws AND owner IS NOT NULL")

    def _meanwhile(self, pick: int, value: int) -> None:
        """In the middle of a run somebody changes something, or how it is written."""
        mine = self._appointments
        act = (mine.switch, mine.switch, mine.edit, mine.cancel, mine.amend, mine.repeat, self._world.target)[value % 7]
        self._beside_a_run(act, pick, value, before=bool(value // 7 % 2))

    def _beside_a_run(self, act: Act, pick: int, value: int, *, before: bool) -> None:
        def happen() -> None:
            self._met[f"in the middle of a run: {act.__name__}"] += 1
            self._world.note_rows()
            with suppress(ApiError, DatabaseUnavailable):
                act(value, pick)

        requests = self._stage.process.requests
        (requests.before if before else requests.after).set(1 + pick % 6, happen)
        self._sync("both")
        self._stage.process.calm()

    def _in_between(self, pick: int, value: int) -> None:
        """In the middle of a run a person does something to one of ours."""
        act = (self._world.remove, self._world.retitle, self._world.drag)[value % 3]

        def happen() -> None:
            self._met[f"in the middle of a run: {act.__name__}"] += 1
            self._world.note_rows()
            self._world.google.step_clock(0.01)  # Google tells milliseconds: in one of them nobody says what came first
            with suppress(ApiError, DatabaseUnavailable):
                act(value, pick)
            self._world.google.step_clock(0.01)

        requests = self._stage.process.requests
        (requests.before if value // 3 % 2 else requests.after).set(1 + pick % 12, happen)
        self._sync("both")
        self._stage.process.calm()

    def _under_way(self, pick: int, value: int) -> None:
        """In the middle of a run something becomes somebody else's, or somebody comes or goes."""
        acts = (self._plans.hand_over, self._world.other_target, self._plans.member, self._appointments.account_goes)
        self._world.process = self._stage.other  # the first one is busy
        self._beside_a_run(acts[value % 4], pick, value // 4, before=bool(value // 4 % 2))
        self._world.process = self._stage.process

    def _overtake(self, pick: int, value: int) -> None:
        """The lease runs out before a request; another run takes it and comes to its end. The first writes no more.

        A first one that writes a page meanwhile renews its lease, and may turn the other away: then it goes on.
        """
        left: list[object] = []

        def happen() -> None:
            sql = "UPDATE workspace_sync_leases SET expires_at = now() WHERE ws_id = :ws AND owner IS NOT NULL"
            self._world.run(sql)
            before = self._fence()
            self._run("both", self._stage.other)
            if self._fence() == before:
                self._met["turned away by a run that is going on"] += 1
                return
            self._met["overtaken"] += 1
            left.append(self._limits.snapshot())

        requests = self._stage.process.requests
        (requests.before if value % 2 else requests.after).set(1 + pick % 5, happen)
        self._run("both", self._stage.process)
        self._stage.process.calm()
        assert not left or left[-1] == self._limits.snapshot(), "I9: an overtaken run has written"

    def _fence(self) -> object:
        """What rises with each run that takes the lease."""
        return self._world.run("SELECT fence FROM workspace_sync_leases WHERE ws_id = :ws")
