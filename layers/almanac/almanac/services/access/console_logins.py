"""One-time links into the console, for whoever has the command line and so the database."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from almanac.domain.access import Role
from almanac.errors import BadSettings
from almanac.services.access.one_way import digest
from almanac.services.access.ports import ConsoleLogin, LoginStore
from almanac.services.operations.ports import WorkspaceStore

LINK_LASTS = timedelta(minutes=15)
"""Long enough to walk to another window, short enough to be useless in a shell's history."""


@dataclass(frozen=True, slots=True)
class ConsoleLogins:
    """The use case of `almanac console login`, and of the link that it prints. `public_url` is where the console is."""

    store: LoginStore
    workspaces: WorkspaceStore
    public_url: str | None

    def link(self, role: Role, ws_ids: Sequence[UUID] | None) -> str:
        """Return an address that signs in once, within LINK_LASTS. Raises BadSettings without an address, and
        UnknownWorkspace."""
        if self.public_url is None:
            raise BadSettings("ALMANAC_PUBLIC_URL", "missing; set it to the address at which the console is reached")
        for ws_id in ws_ids or ():
            self.workspaces.require_workspace(ws_id)
        token = secrets.token_urlsafe(32)
        self.store.add(digest(token), ConsoleLogin(role, ws_ids), LINK_LASTS)
        return f"{self.public_url}/console?login={token}"

    def use(self, token: str) -> ConsoleLogin | None:
        """Use the link's token up; None when it opens nothing."""
        return self.store.use(digest(token))
