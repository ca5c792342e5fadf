"""What calendar_sync may see: accounts and their tokens, the providers, calendars' rows, its own queue."""

import os
import random
import time
from functools import cache, cached_property, partial
from typing import TYPE_CHECKING

from almanac.settings import OutboundSettings, SyncSettings, load
from almanac.wiring.accounts import LeavingWiring
from almanac.wiring.base import utc_now
from almanac.wiring.history.nudges import NudgeWiring
from almanac.wiring.queues import Queues

if TYPE_CHECKING:
    from collections.abc import Collection

    from almanac.adapters.postgres.outbound.pages import DivertedPages
    from almanac.adapters.postgres.pages import PostgresCalendarPages
    from almanac.adapters.postgres.runs import PostgresSyncRuns
    from almanac.domain.sync.report import SyncReport
    from almanac.jobs import CalendarSync
    from almanac.services.outbound.run import WriteOut
    from almanac.services.push.keep import KeepChannels
    from almanac.services.queues.message_run import MessageRun
    from almanac.services.sync.run import SyncWorkspace


class CalendarSyncWiring(Queues, LeavingWiring, NudgeWiring):
    """The use case of one record of the sync queue."""

    @cached_property
    def sync_runs(self) -> "PostgresSyncRuns":
        """Runs of syncs."""
        from almanac.adapters.postgres.leases import PostgresLeases
        from almanac.adapters.postgres.runs import PostgresLedger, PostgresSyncRuns
        from almanac.domain.sync.admission import refuse_here
        from almanac.services.sync.admission import sync_admission

        settings = load(SyncSettings, self._environment)
        leases = PostgresLeases(self.database, settings.sync_lease_seconds)
        ledger = PostgresLedger(self.database, leases, memory=self.memory_for("calendar.sync"))
        admit = partial(sync_admission, cooldown_seconds=settings.sync_cooldown_seconds)
        if "calendar.sync" in self.large_queue_urls:
            return PostgresSyncRuns(self.database, ledger, lambda job: refuse_here(admit(job)))
        return PostgresSyncRuns(self.database, ledger, admit)

    @cached_property
    def calendar_pages(self) -> "PostgresCalendarPages":
        """Calendars and their pages."""
        from almanac.adapters.postgres.pages import PostgresCalendarPages
        from almanac.adapters.process_memory import resident_mb

        settings = load(SyncSettings, self._environment)
        seen = resident_mb if self.memory_for("calendar.sync") is not None else None
        return PostgresCalendarPages(self.database, lease_seconds=settings.sync_lease_seconds, resident_mb=seen)

    @cached_property
    def diverted_pages(self) -> "DivertedPages":
        """Calendars and their pages, without what exists there because of us."""
        from almanac.adapters.postgres.outbound.pages import DivertedPages

        return DivertedPages(self.database, self.calendar_pages)

    @cached_property
    def write_out(self) -> "WriteOut":
        """The part of a sync that writes."""
        from almanac.adapters.postgres.outbound.store import PostgresOutboundStore
        from almanac.domain.outbound.place import MassChange
        from almanac.services.outbound.run import OutboundRules, WriteOut

        lease, settings = load(SyncSettings, self._environment), load(OutboundSettings, self._environment)
        store = PostgresOutboundStore(
            self.database,
            self.calendar_pages,
            self._grants_writing,
            lease_seconds=lease.sync_lease_seconds,
            interval=1 / settings.outbound_writes_per_second,
            most=settings.outbound_daily_budget,
        )
        mass = MassChange(settings.outbound_mass_count, settings.outbound_mass_share)
        rules = OutboundRules(settings.installation, mass, lease.sync_reserve_seconds)
        return WriteOut(store, self.account_sessions, utc_now, time.sleep, random.random, rules, self.leave)

    def _grants_writing(self, provider: str, scopes: "Collection[str]", owned: bool, made_here: bool) -> bool:
        known = self.providers.get(provider)
        return known is not None and known.grants_writing(scopes, owned=owned, made_here=made_here)

    @cached_property
    def keep_channels(self) -> "KeepChannels | None":
        """What a run does about channels; None where push is off."""
        from almanac.services.push.keep import KeepChannels

        home = self.push_home
        return None if home is None else KeepChannels(self.channel_store, home, self.push_keys, self.queue)

    @cached_property
    def sync_workspace(self) -> "SyncWorkspace":
        """The use case of calendar_sync."""
        from almanac.services.sync.run import SyncRules, SyncWorkspace

        settings = load(SyncSettings, self._environment)
        return SyncWorkspace(
            runs=self.sync_runs,
            pages=self.diverted_pages,
            sessions=self.account_sessions,
            queue=self.queue,
            clock=utc_now,
            sleep=time.sleep,
            chance=random.random,
            rules=SyncRules(settings.past, settings.future, settings.sync_page_size, settings.sync_reserve_seconds),
            plans_follow="calendar.schedule" in self.queue_urls,
            channels=self.keep_channels,
            write_out=self.write_out,
        )

    @cached_property
    def receive_sync(self) -> "MessageRun[CalendarSync, SyncReport]":
        """The use case of one record of the sync queue."""
        from almanac.jobs import parse_sync
        from almanac.services.events_out.nudge import nudging
        from almanac.services.queues.message_run import MessageRun

        return MessageRun(
            parse_sync,
            # Built for a message, which pays if it cannot be.
            nudging(lambda *asked: self.sync_workspace(*asked), lambda ws_id: self.nudge(ws_id)),  # noqa: PLW0108
            self.queue,
            random.random,
            "calendar.sync",
            larger="calendar.sync" in self.large_queue_urls,
        )


@cache
def container() -> CalendarSyncWiring:
    """Return the process's wiring: kept for the life of a Lambda container."""
    return CalendarSyncWiring(os.environ)
