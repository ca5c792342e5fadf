"""What is planned, of whom, and when it may be: members, tasks, meetings, habits, blocks, hours, preferences."""

from functools import cached_property
from typing import TYPE_CHECKING

from almanac.wiring.base import utc_now
from almanac.wiring.smart_scheduling import SmartSchedulingWiring

if TYPE_CHECKING:
    from almanac.adapters.postgres.accounts import PostgresWorkspaces
    from almanac.adapters.postgres.plan.hours import PostgresHours
    from almanac.adapters.postgres.plan.members import PostgresPeople
    from almanac.services.hours.opening_hours import OpeningHours
    from almanac.services.hours.preferences import PlanPreferences
    from almanac.services.items.blocks import Blocks
    from almanac.services.items.habits import Habits
    from almanac.services.items.meetings import Meetings
    from almanac.services.items.tasks import Tasks
    from almanac.services.operations.people import People


class PlannedWiring(SmartSchedulingWiring):
    """Use cases of what a plan is made of."""

    @cached_property
    def opening_hours(self) -> "OpeningHours":
        """The use case of `almanac hours …`."""
        from almanac.services.hours.opening_hours import OpeningHours

        return OpeningHours(self._workspace_store, self._people_store, self._hours_store)

    @cached_property
    def plan_preferences(self) -> "PlanPreferences":
        """The use case of `almanac preferences …`."""
        from almanac.services.hours.preferences import PlanPreferences

        return PlanPreferences(self._workspace_store, self._people_store, self._hours_store)

    @cached_property
    def people(self) -> "People":
        """The use case of `almanac member …` and `almanac members`."""
        from almanac.services.operations.people import People

        return People(self._workspace_store, self._people_store)

    @cached_property
    def tasks(self) -> "Tasks":
        """The use case of `almanac task …`."""
        from almanac.adapters.postgres.items.tasks import PostgresTasks
        from almanac.services.items.tasks import Tasks

        return Tasks(self._workspace_store, self._people_store, PostgresTasks(self.database))

    @cached_property
    def meetings(self) -> "Meetings":
        """The use case of `almanac meeting …`."""
        from almanac.adapters.postgres.items.meetings import PostgresMeetings
        from almanac.services.items.meetings import Meetings

        return Meetings(self._workspace_store, self._people_store, PostgresMeetings(self.database))

    @cached_property
    def habits(self) -> "Habits":
        """The use case of `almanac habit …`."""
        from almanac.adapters.postgres.items.habits import PostgresHabits
        from almanac.adapters.recurrence import dates_between
        from almanac.services.items.habits import Habits

        store = PostgresHabits(self.database)
        return Habits(self._workspace_store, self._people_store, store, dates_between, utc_now)

    @cached_property
    def blocks(self) -> "Blocks":
        """The use case of `almanac block …`."""
        from almanac.adapters.postgres.items.blocks import PostgresBlocks
        from almanac.services.items.blocks import Blocks

        return Blocks(self._workspace_store, PostgresBlocks(self.database), utc_now)

    @cached_property
    def _workspace_store(self) -> "PostgresWorkspaces":
        from almanac.adapters.postgres.accounts import PostgresWorkspaces

        return PostgresWorkspaces(self.database)

    @cached_property
    def _hours_store(self) -> "PostgresHours":
        from almanac.adapters.postgres.plan.hours import PostgresHours

        return PostgresHours(self.database)

    @cached_property
    def _people_store(self) -> "PostgresPeople":
        from almanac.adapters.postgres.plan.members import PostgresPeople

        return PostgresPeople(self.database)
