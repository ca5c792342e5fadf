"""Routes that the function `connect` answers. They stand in the API's document."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Protocol, cast
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import Field

from almanac.jobs import Label
from almanac.services.accounts.ports import Writing
from almanac.web.api.bodies import Body as Fields
from almanac.web.api.bodies import Model
from almanac.web.api.routes import Route
from almanac.web.call import current
from almanac.web.connect import account_routes
from almanac.web.problem import Problem

if TYPE_CHECKING:
    from almanac.services.accounts.consent import Consents


class ConnectBody(Fields):
    """Whose account is to be connected, for which workspace, and where they are sent back to.

    `writing` asks for more than reading: for one calendar that is made for it, their own calendars, or all that they
    may write to.
    """

    ws_id: UUID
    user_id: Label
    return_url: Annotated[str, Field(min_length=1, max_length=2000)]
    account_id: UUID | None = None
    writing: Writing | None = None


class ConnectAnswer(Model):
    """Where the owner's browser has to go, within ten minutes."""

    consent_url: str
    expires_at: datetime


class ConnectUseCases(Protocol):
    """What consents need beside what every call has."""

    @property
    def consents(self) -> "Consents":
        """Consents."""
        ...


def begin_consent(body: Annotated[ConnectBody, Body()]) -> ConnectAnswer:
    """Begin connecting an account; the answer's address is for the browser of its owner."""
    call = current()
    if not call.principal.sees(body.ws_id):
        raise Problem(404, "unknown_workspace")
    consents = cast("ConnectUseCases", call.use).consents
    begun = consents.ask(body.ws_id, body.user_id, body.return_url, body.account_id, body.writing)
    call.audit("connect", body.ws_id, body.account_id)
    return ConnectAnswer(consent_url=begun.url, expires_at=begun.expires_at)


ROUTES = (
    Route("POST", "/v1/connect", "admin", begin_consent, 201, ("unknown_workspace",), once=False),
    *account_routes.ROUTES,
)
