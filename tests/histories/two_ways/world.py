"""A workspace that writes to a calendar of its member, or two: what the product and people do to both sides."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from almanac.adapters.postgres.connection import Database, Rows
from almanac.errors import DatabaseUnavailable, TransientError
from local.google_simulator.api.errors import ApiError
from local.google_simulator.control.faults import Fault
from local.google_simulator.simulator import Simulator
from local.google_simulator.world.event import Json
from tests.histories.processes import Process
from tests.histories.two_ways.hands import Hands, row_of
from tests.histories.two_ways.people import ADA, BOB, BOBS, EMAIL, SECOND, People, Place

if TYPE_CHECKING:
    from almanac.services.outbound.leaving import Blocks
    from local.google_simulator.world.state import Role

_FAULTS: tuple[dict[str, Any], ...] = (
    {"action": "cut_after"},
    {"action": "cut_within"},
    {"action": "cut_before"},
    {"action": "error", "status": 500},
    {"action": "error_after", "status": 500},
    {"action": "land_late"},
    {"action": "land_late"},
    {"action": "error", "status": 403, "reason": "rateLimitExceeded"},
    {"action": "error", "status": 403, "reason": "quotaExceeded"},
    {"action": "error", "status": 404, "reason": "notFound"},
    {"action": "error", "status": 412, "reason": "conditionNotMet"},
    {"action": "error", "status": 400, "reason": "invalid"},
)
_TRIES = 5
_THEIRS = "stopped = 'detached'"
_LEFT = "reason = 'left'"
"""It stayed where it is when its account went: what people do to it then is theirs."""
_UNSURE = "sent_op = 'delete'"
"""A deletion of ours has no answer yet: one of a person's looks the same."""
_CONNECTION = (
    "SELECT c.id FROM calendar_connections c JOIN calendar_auth_tokens a ON a.id = c.auth_token_id"
    " WHERE c.ws_id = :ws AND a.account_email = :account AND c.calendar_id = :calendar"
)
_METHODS = (("POST", "*/events"), ("PATCH", "*/events/*"), ("DELETE", "*/events/*"), ("GET", "*/events/*"))


class World:
    """Both sides, and the memory of who gave an event which value. `places`: who has which calendars."""

    def __init__(self, simulator: Simulator, database: Database, process: Process, places: Sequence[Place]) -> None:
        self.simulator = simulator
        self.google = simulator.commands
        self._db = database
        self.process = process
        self.ws_id = uuid4()
        self.now = datetime.now(UTC).replace(microsecond=0)
        self.numbers = 0
        self.deleted: list[UUID] = []
        self.persons_times: dict[str, set[str]] = {}
        """By event id in Google, the starts that people gave it."""
        self.persons_titles: dict[str, set[str]] = {}
        self.copies: set[str] = set()
        self.rows_seen: dict[str, set[str]] = {}
        """By row, of Google's by the event's id there, every title and start that it has had."""
        self.people = People(places)
        self._on = {user: place for user, place in self.people.targets.items() if place is not None}
        """The target that a member has now, or had last."""
        self.calendars = self.people.calendars
        self.hands = Hands()
        self.items: dict[str, tuple[str, UUID]] = {}
        """By row of a block, of what it is: the kind of item, and its id."""
        self.let_go: set[str] = set()
        """Accounts that somebody has let go since the last run began, which consents to what that deletes."""
        self.budget_from = 0
        """Number of the last request before the accounts' budgets began anew."""
        tokens = {email: self.google.add_account(email)["refresh_token"] for email in self.people.accounts}
        if SECOND in self.calendars:
            self.google.add_calendar(EMAIL, "Work", calendar_id=SECOND)
        if self.people.several:
            self.google.set_entry(SECOND, BOBS, role="writer")
        self.run("INSERT INTO workspaces (id, name, timezone, creator_id) VALUES (:ws, 'Team', 'Europe/Berlin', 'ada')")
        for email, token in tokens.items():
            self._connect_account(email, token)
        for user in self.people.members:
            self._join(user)

    def _join(self, user: str) -> None:
        place = self.people.targets[user] or Place("", "")
        self.run(
            "INSERT INTO workspace_members (ws_id, user_id, target_connection_id, target_reviewed_at)"
            f" SELECT :ws, :user, ({_CONNECTION}), now()",
            user=user,
            **place._asdict(),
        )

    def run(self, sql: str, **values: Any) -> Rows:
        """A statement of the product's about its workspace."""
        return self._db.run(sql.replace(":ws", ":ws_id"), ws_id=self.ws_id, **values)

    def next_number(self) -> int:
        """Return the number of what is done next: of everything that ever was."""
        self.numbers += 1
        return self.numbers

    def new_id(self, number: int) -> UUID:
        """Return an id of a new row: in the order of their making, so that a history chooses the same ones again."""
        return UUID(int=self.first_id + number)

    @property
    def first_id(self) -> int:
        """What ids of new rows are counted from."""
        return self.ws_id.int - self.ws_id.int % 1_000_000

    def at(self, number: int) -> datetime:
        """Return a time that no other number has."""
        return self.now + timedelta(hours=24 + number)

    # -- the product -----------------------------------------------------------------------------------------------

    def block(self, pick: int, _value: int) -> None:
        """A plan puts a block of a task somewhere."""
        number, task, person = self.next_number(), uuid4(), self.person(pick)
        event_id = self.new_id(number)
        self.note_block(event_id, "task", task, person)
        self.run("INSERT INTO tasks (id, ws_id, title) VALUES (:id, :ws, 'Work')", id=task)
        self.run(
            "WITH e AS (INSERT INTO workspace_calendar_events (id, ws_id, title, start_at, end_at)"
            " VALUES (:id, :ws, :title, :start, :end) RETURNING id)"
            " INSERT INTO task_calendar_events (event_id, ws_id, task_id, scheduled_minutes, user_id)"
            " SELECT id, :ws, :task, 60, :person FROM e",
            **self.values(event_id, number),
            task=task,
            person=person,
        )

    def person(self, pick: int) -> str | None:
        """Whose a block is: where there is one person only, nobody says so."""
        return (ADA, BOB, None)[pick % 3] if self.people.several else None

    def note_block(self, event_id: UUID, kind: str, item: UUID, person: str | None) -> None:
        """Remember a block of a plan, before it is there."""
        self.hands.blocks.add(str(event_id))
        self.items[str(event_id)] = (kind, item)
        self.people.note(str(event_id), person)

    def event(self, _pick: int, _value: int) -> None:
        self._insert_event(self.new_id(self.next_number()))

    def _insert_event(self, event_id: UUID) -> None:
        self.people.note(str(event_id))
        self.run(
            "INSERT INTO workspace_calendar_events (id, ws_id, title, start_at, end_at)"
            " VALUES (:id, :ws, :title, :start, :end) ON CONFLICT DO NOTHING",
            **self.values(event_id, self.next_number()),
        )

    def values(self, event_id: UUID, number: int) -> dict[str, Any]:
        """Return what an event of that number has."""
        at = self.at(number)
        return {"id": event_id, "title": f"Row {number}", "start": at, "end": at + timedelta(hours=1)}

    def move(self, pick: int, _value: int) -> None:
        """A plan moves what it may move."""
        number = self.next_number()
        for event_id in self.row(pick, " AND NOT locked"):
            self.run(
                "UPDATE workspace_calendar_events SET start_at = :start, end_at = :end"
                " WHERE id = :id AND ws_id = :ws AND NOT locked",
                **{key: value for key, value in self.values(event_id, number).items() if key != "title"},
            )

    def rename(self, pick: int, _value: int) -> None:
        number = self.next_number()
        for event_id in self.row(pick):
            sql = "UPDATE workspace_calendar_events SET title = :title WHERE id = :id AND ws_id = :ws"
            self.run(sql, id=event_id, title=f"Row {number}")

    def drop(self, pick: int, _value: int) -> None:
        for event_id in self.row(pick):
            self.run("DELETE FROM workspace_calendar_events WHERE id = :id AND ws_id = :ws", id=event_id)
            self.deleted.append(event_id)

    def clear(self, _pick: int, _value: int) -> None:
        """The product deletes everything at once."""
        sql = "DELETE FROM workspace_calendar_events WHERE ws_id = :ws AND provider = 'almanac' RETURNING id"
        self.deleted += sorted(row[0] for row in self.run(sql))

    def consent(self, _pick: int, _value: int) -> None:
        """Whoever is asked lets a mass change through."""
        with suppress(DatabaseUnavailable):  # a statement that was to fail waited for this one
            self.process.wiring.outbound.status(self.ws_id, dry_run=False, confirm=True)

    def target(self, pick: int, value: int) -> None:
        """Somebody's blocks go nowhere any more, or to a calendar (again)."""
        user = self._user(pick)
        self._set_target(user, self._on.get(user, self.people.places[0]) if value % 2 else None)
        self.review()

    def other_target(self, pick: int, value: int) -> None:
        """Somebody's blocks go to another calendar; one time of eight nobody has looked at the dry run yet."""
        user = self._user(pick)
        others = [place for place in self.people.places if place != self._on.get(user, self.people.places[0])]
        others += [place for place in others if place.calendar == SECOND]  # the one that both may see
        self._set_target(user, others[value // 8 % len(others)])
        if value % 8:
            self.review()

    def _user(self, pick: int) -> str:
        return (ADA, BOB)[pick % len(self.people.accounts)]

    def _set_target(self, user: str, place: Place | None) -> None:
        if user not in self.people.members:
            return
        if place is None:  # what people did there is no matter of the product's any more
            self.hands.lose(self.people.rows_of(user))
        else:
            self._on[user] = place
        self.people.targets[user] = place
        self.people.note_targets()
        self.run(
            f"UPDATE workspace_members SET target_connection_id = ({_CONNECTION})"
            " WHERE ws_id = :ws AND user_id = :user",
            user=user,
            **(place or Place("", ""))._asdict(),
        )

    @property
    def target_on(self) -> bool:
        """Whether anybody's blocks go anywhere."""
        return any(self.people.targets[user] for user in self.people.members)

    def review(self) -> None:
        """Somebody has looked at the dry run."""
        self.run("UPDATE workspace_members SET target_reviewed_at = now() WHERE ws_id = :ws")

    def bring_back(self, pick: int, _value: int) -> None:
        if self.deleted:
            again = self.deleted[pick % len(self.deleted)]
            self.hands.forget(str(again))
            self._insert_event(again)

    def row(self, pick: int, also: str = "") -> list[UUID]:
        """Return one of our own rows, of those that `also` lets through; none where there is none."""
        sql = "SELECT id FROM workspace_calendar_events WHERE ws_id = :ws AND provider = 'almanac'" + also
        rows = self.run(f"{sql} ORDER BY created_at, id")
        return [rows[pick % len(rows)][0]] if rows else []

    # -- people in Google ------------------------------------------------------------------------------------------

    def drag(self, pick: int, _value: int) -> None:
        at = self.at(1_000 + self.next_number())
        for event_id in self._there(pick):
            times = {"start": {"dateTime": at.isoformat()}, "end": {"dateTime": (at + timedelta(hours=1)).isoformat()}}
            body = self.google.patch_event(self.calendar_of(event_id), event_id, times)
            self.note_persons_time(event_id, body)
            if not self._is_alone(body):
                self.hands.contested.add(instant(body["start"]))

    def note_persons_time(self, event_id: str, body: Json) -> None:
        """Remember that a person has put it there."""
        self.persons_times.setdefault(event_id, set()).add(instant(body["start"]))
        self.hands.given.setdefault(row_of(body), set()).add(instant(body["start"]))

    def retitle(self, pick: int, _value: int) -> None:
        title = f"Person {self.next_number()}"
        for event_id in self._there(pick):
            body = self.google.patch_event(self.calendar_of(event_id), event_id, {"summary": title})
            self.persons_titles.setdefault(event_id, set()).add(title)
            self.hands.retitled(row_of(body), title, alone=self._is_alone(body) and not self._link_of(event_id, _LEFT))

    def remove(self, pick: int, _value: int) -> None:
        for event_id in self._there(pick):
            (body,) = [body for body in self.live() if body["id"] == event_id]
            row = row_of(body)
            meant = self.people.target(row) is not None and not self._link_of(event_id, f"({_LEFT} OR {_UNSURE})")
            ours = not self._link_of(event_id, _THEIRS)
            self.hands.removed_one(row, alone=meant and self._is_alone(body), ours=ours)
            self.google.delete_event(self.calendar_of(event_id), event_id)

    def wipe(self, _pick: int, _value: int) -> None:
        """A person deletes everything of ours at once."""
        for body in self.live():
            if body["id"].startswith("alm"):
                self.hands.removed_one(row_of(body), alone=False)  # so many are asked for, and may come back
                self.google.delete_event(self.calendar_of(body["id"]), body["id"])

    def carry(self, pick: int, value: int) -> None:
        """A person moves one of ours to another calendar of theirs: only the shared one is of both."""
        for event_id in set(self._there(pick)) - self.hands.carried:
            source = self.calendar_of(event_id)
            others = [name for name in self.calendars if name != SECOND] if source == SECOND else [SECOND]
            other = others[value % len(others)]
            self.hands.carry(event_id, row_of(self.google.move_event(source, event_id, other)))

    def copy(self, pick: int, _value: int) -> None:
        for event_id in self._there(pick):
            self.copies.add(self.google.copy_event(self.calendar_of(event_id), event_id)["id"])

    def take_over(self, pick: int, value: int) -> None:
        change = ({"attendees": [{"email": "bob@example.test"}]}, {"recurrence": ["RRULE:FREQ=DAILY;COUNT=2"]})[
            value % 2
        ]
        for event_id in self._there(pick):
            self.google.patch_event(self.calendar_of(event_id), event_id, change)

    def free(self, pick: int, _value: int) -> None:
        for event_id in self._there(pick):
            self.google.patch_event(self.calendar_of(event_id), event_id, {"transparency": "transparent"})

    def _there(self, pick: int) -> list[str]:
        """One of the live events of ours in Google."""
        ours = [body for body in self.live() if body["id"].startswith("alm")]
        ours.sort(key=lambda body: str(body.get("extendedProperties", {}).get("private", {}).get("almanac-event")))
        found = [body["id"] for body in ours]
        return [found[pick % len(found)]] if found else []

    def live(self) -> list[Json]:
        """The live events in Google, series whole."""
        return [body for calendar in self.calendars for body in self.live_in(calendar)]

    def live_in(self, calendar: str) -> list[Json]:
        """Those of one calendar."""
        with self.simulator.world.lock:
            records = self.simulator.world.calendar(calendar).records.values()
            return [record.current.body for record in records if record.current.live and not record.current.series]

    def calendar_of(self, event_id: str) -> str:
        """Where an event is live; the first calendar if it is nowhere."""
        found = [name for name in self.calendars if any(body["id"] == event_id for body in self.live_in(name))]
        return found[0] if found else EMAIL

    def _link_of(self, event_id: str, condition: str) -> bool:
        """Whether the link of an event there is so: `_LEFT`, `_THEIRS` or `_UNSURE`."""
        sql = f"SELECT 1 FROM calendar_event_links WHERE ws_id = :ws AND external_event_id = :id AND {condition}"
        return bool(self.run(sql, id=event_id))

    def _is_alone(self, body: Json) -> bool:
        """Whether no other live event is of the same row, or was when a person deleted it."""
        if row_of(body) in self.hands.torn:
            return False
        others = [each for each in self.live() if each["id"].startswith("alm") and each["id"] != body["id"]]
        return all(row_of(each) != row_of(body) for each in others)

    # -- trouble ---------------------------------------------------------------------------------------------------

    def trouble(self, pick: int, value: int) -> None:
        method, path = _METHODS[pick % len(_METHODS)]
        fault = _FAULTS[value % len(_FAULTS)]
        if method == "GET" and fault["action"] == "land_late":
            return
        # One answer that something is not there may be a hiccup; two in a row are taken for the truth.
        times = 1 if fault.get("status") == 404 else (1, 1, 2, 3)[pick // 7 % 4]
        self.google.inject(Fault(method=method, path=path, nth=1 + value // 13 % 2, times=times, message="no", **fault))

    def land(self, pick: int, _value: int) -> None:
        self.google.land(pick)

    def expire_sync_tokens(self, pick: int, _value: int) -> None:
        self.google.expire_sync_tokens(self._one(pick))

    def _one(self, pick: int) -> str:
        return self.calendars[pick % len(self.calendars)]

    def lag(self, _pick: int, value: int) -> None:
        """Deltas tell of nothing that is new, or tell it again."""
        self.google.configure({"delta_lag_seconds": 3600 if value % 2 else 0})

    def revoke(self, pick: int, _value: int) -> None:
        self.google.revoke_account(self._account(pick))

    def _account(self, pick: int) -> str:
        return self.people.accounts[pick % len(self.people.accounts)]

    def connect(self, pick: int, _value: int) -> None:
        """Whoever is told to connect an account again does so."""
        email = self._account(pick)
        account = self.simulator.world.account(email)
        gone = self.run(
            "SELECT 1 FROM calendar_auth_tokens WHERE ws_id = :ws AND account_email = :email"
            " AND (status = 'disconnected' OR leaving_since IS NOT NULL)",
            email=email,
        )
        if account.revoked:
            self._connect_account(email, self.google.reconnect_account(email)["refresh_token"])
        elif gone:
            self._connect_account(email, account.refresh_token)

    def _connect_account(self, email: str, refresh_token: str) -> None:
        user = (ADA, BOB)[self.people.accounts.index(email)]
        self._insist(lambda: self.process.wiring.connect_account(self.ws_id, user, email, refresh_token))

    @staticmethod
    def _insist(act: Callable[[], object]) -> None:
        """They try again when a statement that was to fail waited for this one, or the machine is too busy."""
        for _ in range(_TRIES):
            with suppress(TransientError):
                act()
                return
        act()

    def disconnect(self, pick: int, value: int) -> None:
        """Somebody lets an account go: what of ours is there goes before it, or stays; or only reading ends."""
        email = self._account(pick)
        blocks: tuple[Blocks | None, ...] = ("remove", "leave", None, "remove")
        how = blocks[value % len(blocks)]
        self.let_go.add(email)
        self.hands.forget_all()
        for user, place in self.people.targets.items():
            if how is not None and place is not None and place.account == email:
                self.people.targets[user] = None
        self._insist(lambda: self.process.wiring.accounts.disconnect(self.ws_id, email, blocks=how))

    def role(self, pick: int, value: int) -> None:
        """An account may only read a calendar, or write to it (again), or does not see it any more."""
        account, calendar = self.people.places[pick % len(self.people.places)]
        role: Role = "reader" if value % 2 else "owner"
        self.google.set_entry(
            calendar, account, role=role, deleted=account == BOBS and calendar == SECOND and value % 3 == 0
        )

    def time_passes(self, _pick: int, _value: int) -> None:
        """Whatever waits for a time has waited long enough; another day's budget begins."""
        self.budget_from = self.last_request()
        self.run("UPDATE calendar_event_links SET next_attempt_at = NULL WHERE ws_id = :ws")
        self.run("UPDATE calendar_connections SET outbound_held_until = now(), retry_at = NULL WHERE ws_id = :ws")
        self.run(
            "UPDATE outbound_budget SET next_write_at = now(), created = 0, deleted = 0 WHERE :ws::uuid IS NOT NULL"
        )
        self.run("UPDATE workspace_sync_leases SET expires_at = now() WHERE ws_id = :ws AND owner IS NOT NULL")

    def last_request(self) -> int:
        """Return the number of the last request that the simulator has had."""
        return self.simulator.service.log.total

    def note_rows(self) -> None:
        """Remember what rows have had: a person's value may be replaced once it has been here."""
        for name, title, start in self.run(
            "SELECT coalesce(external_event_id, id::text), title, start_at FROM workspace_calendar_events"
            " WHERE ws_id = :ws"
        ):
            self.rows_seen.setdefault(name, set()).update((title, start.isoformat()))

    def sick(self) -> set[str]:
        """Return the accounts that nothing can be done with."""
        sql = "SELECT account_email FROM calendar_auth_tokens WHERE ws_id = :ws AND status <> 'active'"
        world = self.simulator.world
        return {row[0] for row in self.run(sql)} | {
            name for name in self.people.accounts if world.account(name).revoked
        }

    def calm(self) -> None:
        """The faults stop, what is under way lands, and people let each other write again."""
        self.google.configure({"delta_lag_seconds": 0})
        self.google.clear_faults()
        while self.google.land():
            pass
        for account, calendar in self.people.places:
            self.google.set_entry(calendar, account, role="owner")
        self.review()

    def heal(self) -> None:
        """People do what they were asked to with their accounts, too."""
        for number in range(len(self.people.accounts)):
            self.connect(number, 0)

    def note_holds(self) -> None:
        """Very much that is deleted at once is not taken for what it means."""
        held = "SELECT 1 FROM calendar_connections WHERE ws_id = :ws AND outbound_held = 'mass_change'"
        if len(self.calendars) > 1 and self.run(held):
            self.hands.forget_all()

    def leave(self) -> None:
        """The workspace goes."""
        self.run("DELETE FROM calendar_event_links WHERE ws_id = :ws")
        self.run("DELETE FROM workspaces WHERE id = :ws")


def instant(point: Json) -> str:
    """A time of Google's as rows have it: in UTC, a date as it is."""
    if "dateTime" not in point:
        return str(point.get("date"))
    return datetime.fromisoformat(point["dateTime"]).astimezone(UTC).isoformat()


__all__ = ["ApiError", "World", "instant"]
