"""What routes and pages may ask for: use cases, built when they are first needed."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from uuid import UUID

    from almanac.services.access.api_keys import ApiKeys
    from almanac.services.access.console_logins import ConsoleLogins
    from almanac.services.access.once import Once
    from almanac.services.access.ports import AuditLog
    from almanac.services.events_out.webhooks import Webhooks
    from almanac.services.export.ask import Exports
    from almanac.services.feeds.feeds import Feeds
    from almanac.services.history.browse import BrowseHistory
    from almanac.services.history.compare import Compare
    from almanac.services.history.read import History
    from almanac.services.history.trace import Trace
    from almanac.services.history.undo import UndoRun
    from almanac.services.hours.opening_hours import OpeningHours
    from almanac.services.hours.preferences import PlanPreferences
    from almanac.services.items.blocks import Blocks
    from almanac.services.items.habits import Habits
    from almanac.services.items.meetings import Meetings
    from almanac.services.items.tasks import Tasks
    from almanac.services.ledger.jobs import Jobs
    from almanac.services.operations.accounts import ListAccounts
    from almanac.services.operations.channels import Channels
    from almanac.services.operations.connections import Connections
    from almanac.services.operations.foresee import Foresee
    from almanac.services.operations.pauses import Pauses
    from almanac.services.operations.people import People
    from almanac.services.operations.queues import QueueDepths
    from almanac.services.operations.requests import RequestPlan, RequestSync
    from almanac.services.operations.runs import RunHistory
    from almanac.services.operations.workspaces import Workspaces
    from almanac.services.outbound.waiting import Outbound
    from almanac.services.plan.apply import ApplyPlan
    from almanac.services.queues.dead_letters import DeadLetters
    from almanac.services.watching.calendar import ShowCalendar, SwitchConnection
    from almanac.services.watching.health import WorkspaceHealth
    from almanac.services.watching.overview import ShowOverview
    from almanac.services.watching.ports import Directory


class UseCases(Protocol):
    """Everything that HTTP does. The wiring of the function has a property for each."""

    @property
    def api_keys(self) -> "ApiKeys":
        """Tells who calls."""
        ...

    @property
    def has_own_keys(self) -> bool:
        """Whether callers are known by keys of ours."""
        ...

    @property
    def console_logins(self) -> "ConsoleLogins":
        """Opens one-time links."""
        ...

    @property
    def once(self) -> "Once":
        """Does what comes twice once."""
        ...

    @property
    def audit_log(self) -> "AuditLog":
        """Keeps every write."""
        ...

    @property
    def jobs(self) -> "Jobs":
        """Jobs and runs."""
        ...

    @property
    def history(self) -> "History":
        """Changes, and calendars as they were."""
        ...

    @property
    def browse_history(self) -> "BrowseHistory":
        """Changes as people look at them."""
        ...

    @property
    def has_export_files(self) -> bool:
        """Whether there is a place for files."""
        ...

    @property
    def exports(self) -> "Exports":
        """Files that are asked for."""
        ...

    @property
    def feeds(self) -> "Feeds":
        """Calendars under addresses of their own."""
        ...

    @property
    def compare(self) -> "Compare":
        """Two moments of a calendar."""
        ...

    @property
    def undo_run(self) -> "UndoRun":
        """Takes a run back."""
        ...

    @property
    def trace(self) -> "Trace":
        """The line of a change."""
        ...

    @property
    def foresee(self) -> "Foresee":
        """Whether a workspace will be late."""
        ...

    @property
    def has_webhooks(self) -> bool:
        """Whether keys are set that keep their secrets."""
        ...

    @property
    def webhooks_given_up(self) -> "Callable[[Sequence[UUID] | None], int]":
        """Counts endpoints that were given up; takes no key."""
        ...

    @property
    def webhooks(self) -> "Webhooks":
        """Who is told of changes."""
        ...

    @property
    def request_sync(self) -> "RequestSync":
        """Asks for syncs."""
        ...

    @property
    def pauses(self) -> "Pauses":
        """Lets workspaces alone, and go on."""
        ...

    @property
    def request_plan(self) -> "RequestPlan":
        """Asks for plans."""
        ...

    @property
    def apply_plan(self) -> "ApplyPlan":
        """Previews plans, and writes what was shown."""
        ...

    @property
    def run_history(self) -> "RunHistory":
        """One run with all that is recorded."""
        ...

    @property
    def accounts(self) -> "ListAccounts":
        """The accounts of a workspace."""
        ...

    @property
    def workspaces(self) -> "Workspaces":
        """What a workspace wants."""
        ...

    @property
    def people(self) -> "People":
        """Members."""
        ...

    @property
    def tasks(self) -> "Tasks":
        """Tasks that are placed."""
        ...

    @property
    def meetings(self) -> "Meetings":
        """Meetings that look for their time."""
        ...

    @property
    def habits(self) -> "Habits":
        """What is wanted again and again."""
        ...

    @property
    def blocks(self) -> "Blocks":
        """Blocks of plans that stay where they are."""
        ...

    @property
    def opening_hours(self) -> "OpeningHours":
        """When work of a category may happen."""
        ...

    @property
    def plan_preferences(self) -> "PlanPreferences":
        """What every plan should keep to."""
        ...

    @property
    def outbound(self) -> "Outbound":
        """What waits to be written, and what people decide about it."""
        ...

    @property
    def channels(self) -> "Channels":
        """Push channels."""
        ...

    @property
    def connections(self) -> "Connections":
        """The calendars of a workspace."""
        ...

    @property
    def switch_connection(self) -> "SwitchConnection":
        """Sets their switches."""
        ...

    @property
    def show_calendar(self) -> "ShowCalendar":
        """Events and blocks between two instants."""
        ...

    @property
    def workspace_health(self) -> "WorkspaceHealth":
        """How a workspace does, and why it is late."""
        ...

    @property
    def show_overview(self) -> "ShowOverview":
        """Everything in numbers."""
        ...

    @property
    def directory(self) -> "Directory":
        """Workspaces, found."""
        ...

    @property
    def queue_depths(self) -> "QueueDepths":
        """How full the queues are."""
        ...

    @property
    def cadences(self) -> "Mapping[str, str]":
        """When each rule ticks, by its name: an expression of EventBridge."""
        ...

    @property
    def facts(self) -> "Sequence[tuple[str, str, str]]":
        """What is set: name, value, what it means."""
        ...

    @property
    def dead_letters(self) -> "DeadLetters":
        """What died, and of what."""
        ...
