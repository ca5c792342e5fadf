"""Hours and preferences in Postgres, as people and products set them. What is stored is what plans read."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.plan.people import StoredHours
from almanac.adapters.postgres.plan.settings import (
    StoredPreferences,
    read_open_hours,
    read_preferences,
    read_week,
)
from almanac.domain.hours.opening import ListedHours, stored_week
from almanac.domain.hours.preferences import ListedPreferences, PreferenceChange
from almanac.domain.wall_clock import Week
from almanac.errors import BadInput, UnknownWorkspace
from almanac.services.hours.ports import HoursStore, PreferenceStore


class PostgresHours(HoursStore, PreferenceStore):
    """HoursStore and PreferenceStore over one Database."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._run = database.statements("plan/hours.sql")
        self._plan = database.statements("plan/plan.sql")

    @override
    def stored(self, ws_id: UUID) -> Sequence[ListedHours]:
        with self._db.transaction():
            return self._stored(ws_id)

    @override
    def put(
        self, ws_id: UUID, category: str, user: str | None, wanted: Callable[[Sequence[ListedHours]], Week]
    ) -> None:
        with self._db.transaction():
            self._run("hold_settings", ws_id=ws_id)
            data = json.dumps(stored_week(wanted(self._stored(ws_id))))
            self._run("put_hours", ws_id=ws_id, category=category, user_id=user, data=data)

    @override
    def remove(
        self, ws_id: UUID, category: str, user: str | None, agreed: Callable[[Sequence[ListedHours]], object]
    ) -> bool:
        with self._db.transaction():
            self._run("hold_settings", ws_id=ws_id)
            agreed(self._stored(ws_id))
            return bool(self._run("remove_hours", ws_id=ws_id, category=category, user_id=user))

    @override
    def preferences(self, ws_id: UUID, user: str | None) -> ListedPreferences:
        with self._db.transaction(snapshot=True):
            return self._read(ws_id, user).listed()

    @override
    def change(self, ws_id: UUID, user: str | None, wanted: Callable[[ListedPreferences], PreferenceChange]) -> None:
        with self._db.transaction():
            self._run("hold_settings", ws_id=ws_id)
            if user is not None and not self._run("hold_member", ws_id=ws_id, user_id=user):
                raise BadInput("user_id", "is no member any more")
            read = self._read(ws_id, user)
            until_now = read.listed()
            changed = wanted(until_now).applied_to(read.own, until_now.values.daily_caps, read.categories)
            if changed == (read.own or {}):
                return
            of = {"ws_id": ws_id} if user is None else {"ws_id": ws_id, "user_id": user}
            name = "put_workspace_preferences" if user is None else "put_member_preferences"
            if not self._run(name, wanted=json.dumps(changed), **of):
                raise BadInput("settings", "is no JSON object in the row of the workspace, so it can hold none")

    def _stored(self, ws_id: UUID) -> Sequence[ListedHours]:
        found = []
        for category, data, user in self._plan("load_hours", ws_id=ws_id):
            week, fault = read_week(data)
            found.append(ListedHours(category.lower(), user, week, fault))
        return found

    def _read(self, ws_id: UUID, user: str | None) -> "_Stored":
        common = self._run("workspace_preferences", ws_id=ws_id)
        if not common:
            raise UnknownWorkspace(ws_id)
        hours = StoredHours.of(self._plan("load_hours", ws_id=ws_id))
        if user is None:
            return _Stored(None, common[0][0], {}, read_open_hours(hours.of_all.items())[0])
        own = self._run("member_preferences", ws_id=ws_id, user_id=user)
        shared = common[0][0] if isinstance(common[0][0], dict) else {}
        return _Stored(user, own[0][0] if own else None, shared, read_open_hours(hours.of_member(user).items())[0])


@dataclass(frozen=True, slots=True)
class _Stored:
    """Preferences as they are stored: of a workspace, or of a member beside those of the workspace."""

    user: str | None
    own: object
    common: Mapping[str, Any]
    categories: Mapping[str, Week]

    def listed(self) -> ListedPreferences:
        """Return what counts, and of it what is whose."""
        own = self.own if isinstance(self.own, dict) else {}
        values, _ = read_preferences({**self.common, **own}, self.categories)
        faults = read_preferences(self.own, self.categories)[1]
        defaults = {fault.id for fault in faults if fault.id != "daily_cap_minutes" or not values.daily_caps}
        known = StoredPreferences.model_fields.keys()
        return ListedPreferences(
            user_id=self.user,
            values=values,
            own=(known & own.keys()) - defaults,
            of_workspace=(known & self.common.keys()) - own.keys(),
            unusable=tuple((fault.id, " ".join(fault.cause.quotes)) for fault in faults),
        )
