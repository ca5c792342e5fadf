"""A workspace with accounts in the simulator and rows in a real Postgres: what end-to-end tests drive."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from almanac.adapters.crypto import new_key
from almanac.domain.sync.report import SyncReport
from almanac.jobs import CalendarSync
from almanac.services.queues.ports import FailedSend, OutgoingJob
from almanac.wiring.command_line import Wiring
from local.google_simulator.control.faults import Fault
from local.google_simulator.simulator import Simulator
from tests.integration import rows

Json = dict[str, Any]


@dataclass
class RecordingQueue:
    """JobQueue that keeps what it is given."""

    sent: list[OutgoingJob] = field(default_factory=list)
    postponed: list[float] = field(default_factory=list)
    refuse: bool = False

    def send(self, envelopes: Sequence[OutgoingJob]) -> Sequence[FailedSend]:
        if self.refuse:
            return [FailedSend(envelope.job.ws_id, "InternalError") for envelope in envelopes]
        self.sent += envelopes
        return []

    def postpone(self, job_kind: str, receipt_handle: str, seconds: float) -> None:
        self.postponed.append(seconds)


class Team:
    """One workspace. `sync()` runs a job through the real use case; `differences()` compares with the simulator."""

    def __init__(self, simulator: Simulator, database_url: str, **settings: str) -> None:
        self.simulator = simulator
        self.google = simulator.commands
        self.wiring = Wiring(
            {
                "ALMANAC_DATABASE_URL": database_url,
                "ALMANAC_GOOGLE_API_URL": simulator.url,
                "ALMANAC_GOOGLE_TOKEN_URL": simulator.token_url,
                "ALMANAC_GOOGLE_CLIENT_ID": "client",
                "ALMANAC_GOOGLE_CLIENT_SECRET": "not-a-secret",
                "ALMANAC_GOOGLE_TIMEOUT_SECONDS": "5",
                "ALMANAC_TOKEN_KEYS": new_key(),
                "ALMANAC_PLAN_BUDGET_SECONDS": "0.05",  # what happens around a plan is tried here, not the search
                **settings,
            }
        )
        self.queue = RecordingQueue()
        self.waited: list[float] = []
        self.wiring.__dict__["queue"] = self.queue
        self.database = self.wiring.database
        self.ws_id = rows.workspace(self.database)
        self.now = datetime.now(UTC).replace(microsecond=0)

    def close(self) -> None:
        """Close every connection."""
        self.wiring.close()

    def connect(self, email: str = "ada@example.test", *, calendars: int = 0) -> list[str]:
        """An account with its primary and as many further calendars; returns the calendar ids."""
        tokens = self.google.add_account(email)
        ids = [email] + [self.google.add_calendar(email, f"Calendar {n}") for n in range(calendars)]
        account = rows.account(self.database, self.ws_id, email)
        self.give_token(account, tokens["refresh_token"])
        for calendar_id in ids:
            rows.connection(self.database, self.ws_id, account, calendar_id)
        return ids

    def give_token(self, account: UUID, refresh_token: str) -> None:
        """What `almanac account add` does to an account that is there already."""
        self.database.run(
            "UPDATE calendar_auth_tokens SET refresh_token = :token, access_token = NULL, status = 'active',"
            " version = version + 1 WHERE id = :id",
            token=self.wiring.cipher.encrypt(refresh_token),
            id=account,
        )

    def add(self, calendar: str, title: str = "Review", *, days: float = 1, **other: Any) -> Json:
        """A one-hour event that begins `days` from now."""
        start = self.now + timedelta(days=days)
        body = {
            "summary": title,
            "start": {"dateTime": start.isoformat()},
            "end": {"dateTime": (start + timedelta(hours=1)).isoformat()},
        }
        return self.google.insert_event(calendar, body | other)

    def inject(self, action: str, **fault: Any) -> int:
        """A failure of the simulator."""
        return self.google.inject(Fault.model_validate({"action": action, **fault}))

    def sync(self, *, seconds: float = 300.0, sent_at: datetime | None = None, **job: Any) -> SyncReport:
        """Run a job now, with that long to go."""
        use_case = self.wiring.sync_workspace
        object.__setattr__(use_case, "sleep", self.waited.append)
        asked = CalendarSync(**{"ws_id": self.ws_id, "source": "schedule", **job})
        return use_case(asked, sent_at, lambda: seconds)

    def stored(self, calendar: str | None = None) -> dict[str, str]:
        """Title by event id."""
        sql = (
            "SELECT external_event_id, title FROM workspace_calendar_events"
            " WHERE ws_id = :ws_id AND (:calendar::text IS NULL OR external_calendar_id = :calendar::text)"
        )
        return {row[0]: row[1] for row in self.database.run(sql, ws_id=self.ws_id, calendar=calendar)}

    def truth(self, calendar: str) -> dict[str, str]:
        """Title by event id, as Google would show the wanted window."""
        edges = [(self.now + timedelta(days=days)).isoformat() for days in (-90, 180)]
        return {e["id"]: e.get("summary", "") for e in self.simulator.observation.truth(calendar, *edges)}

    def listings(self) -> list[Json]:
        """Parameters of the events.list requests so far."""
        return [r for r in self.simulator.observation.requests() if r["path"].endswith("/events")]
