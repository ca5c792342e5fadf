"""Routes that need an account opened: it goes, or a calendar is made in it. They stand in the API's document, and are
answered by the function `connect`, which alone has what opens accounts."""

from typing import TYPE_CHECKING, Annotated, Literal, Protocol, cast
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from pydantic import Field

from almanac.errors import BadInput
from almanac.web.api.bodies import Body as Fields
from almanac.web.api.bodies import Model
from almanac.web.api.routes import Route
from almanac.web.call import current
from almanac.web.problem import Problem

if TYPE_CHECKING:
    from almanac.services.operations.accounts import Accounts
    from almanac.services.outbound.targets import Targets

Workspace = Annotated[UUID, Path(description="Id of the workspace.")]
User = Annotated[str, Path(min_length=1, max_length=255, description="Id of the person in the product.")]


class TargetBody(Fields):
    """Where a member's blocks are written: a calendar of theirs (its id, or primary), a new one, or nowhere."""

    calendar_id: Annotated[str, Field(min_length=1, max_length=1024, pattern=r"^[^\x00]*$")] | None = None
    new_calendar: bool = False


class Target(Model):
    """Where a member's blocks go; null: nowhere. What is new there waits until its dry run has been looked at."""

    ws_id: UUID
    user_id: str
    calendar_id: str | None


class LeftAccount(Model):
    """An account that goes: `leaving` while runs take what is ours out of its calendars, then `disconnected`."""

    id: UUID
    ws_id: UUID
    status: Literal["leaving", "disconnected"]


class AccountUseCases(Protocol):
    """What these routes need beside what every call has."""

    @property
    def accounts(self) -> "Accounts":
        """Accounts that go."""
        ...

    def targets(self) -> "Targets":
        """Where blocks are written."""
        ...


def disconnect_account(
    ws: Workspace,
    account_id: Annotated[UUID, Path(description="Id of the account.")],
    blocks: Annotated[
        Literal["remove", "leave"], Query(description="What of ours is in its calendars is removed first, or left.")
    ] = "remove",
) -> LeftAccount:
    """Let an account go: what is ours in its calendars, its push channels, its grant at the provider, its tokens."""
    call = current()
    accounts = cast("AccountUseCases", call.use).accounts
    try:
        left = accounts.disconnect(ws, str(account_id), blocks=blocks)
    except BadInput as error:
        if error.field != "account":
            raise
        raise Problem(404, "unknown_account") from None
    status: Literal["leaving", "disconnected"] = "disconnected" if left.status == "disconnected" else "leaving"
    call.audit("account_disconnect", ws, account_id, blocks=blocks, status=status)
    return LeftAccount(id=account_id, ws_id=ws, status=status)


def put_target(ws: Workspace, user_id: User, body: Annotated[TargetBody, Body()]) -> Target:
    """Say where a member's blocks are written; asked again, nothing is made a second time."""
    call = current()
    if body.new_calendar and body.calendar_id is not None:
        raise Problem(422, "bad_input", "give a calendar, or ask for a new one", field="new_calendar")
    targets = cast("AccountUseCases", call.use).targets()
    if body.new_calendar:
        calendar_id = targets.make(ws, user_id)
    elif body.calendar_id is not None:
        calendar_id = targets.use(ws, user_id, body.calendar_id)
    else:
        targets.none(ws, user_id)
        calendar_id = None
    call.audit("member_target", ws, user_id, new_calendar=body.new_calendar, nowhere=calendar_id is None)
    return Target(ws_id=ws, user_id=user_id, calendar_id=calendar_id)


ROUTES = (
    Route(
        "DELETE", "/v1/workspaces/<ws>/accounts/<account_id>", "admin", disconnect_account, errors=("unknown_account",)
    ),
    Route(
        "PUT",
        "/v1/workspaces/<ws>/members/<user_id>/target",
        "operate",
        put_target,
        errors=(
            "unknown_member",
            "permission_missing",
            "reconnect_required",
            "google_rejected",
            "google_rate_limited",
            "google_unavailable",
            "transient",
        ),
    ),
)
