"""Routes of callers: their keys, and tokens for a browser that reads one workspace or one job."""

from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import Field

from almanac.errors import PermanentError
from almanac.jobs import Label
from almanac.web.api.bodies import Body as Fields
from almanac.web.api.bodies import Model
from almanac.web.api.routes import Route
from almanac.web.call import current
from almanac.web.problem import Problem


class TokensOff(PermanentError):
    """Callers here are known by tokens of an issuer or by IAM, so keys of ours open nothing."""

    code = "tokens_off"

    def __init__(self) -> None:
        super().__init__("callers here are known by their issuer or by IAM; ask there")


class TokenBody(Fields):
    """What a browser may read, and for how long."""

    ws_id: UUID
    job_id: Label | None = None
    minutes: Annotated[int, Field(ge=1, le=60)] = 60


class Token(Model):
    """A token that reads one workspace, or one job alone, until it ends. It is shown once."""

    token: str
    expires_at: datetime
    ws_id: UUID
    job_id: str | None


class Key(Model):
    """A caller's key, without what opens it. `ws_ids` null: all workspaces; `daily_limit` null: none."""

    id: str
    name: str
    scopes: list[str]
    ws_ids: list[UUID] | None
    daily_limit: int | None
    created_at: datetime
    revoked_at: datetime | None
    last_used_on: date | None


class KeyList(Model):
    """The keys, the newest last; tokens are not among them."""

    items: list[Key]


def add_token(body: Annotated[TokenBody, Body()]) -> Token:
    """Make a token for a browser: it reads one workspace, or one job of it, for an hour at most."""
    call = current()
    if not call.principal.may("read"):
        raise Problem(403, "forbidden", "needs the scope read: a token gives no more than its maker has")
    if not call.principal.sees(body.ws_id):
        raise Problem(404, "unknown_workspace")
    if not call.use.has_own_keys:
        raise TokensOff
    if body.job_id is not None:
        jobs = call.use.jobs.jobs(body.job_id, call.principal)
        if any(each.job.ws_id != body.ws_id for each in jobs):
            raise Problem(404, "unknown_job")
    lasts = timedelta(minutes=body.minutes)
    made = call.use.api_keys.add_token(call.principal.name, body.ws_id, body.job_id, lasts)
    call.audit("token_add", body.ws_id, made.token.split("_")[1], job_id=body.job_id, minutes=body.minutes)
    return Token(token=made.token, expires_at=made.expires_at, ws_id=body.ws_id, job_id=body.job_id)


def list_keys() -> KeyList:
    """List the keys of callers, without their secrets; for callers that see all workspaces."""
    call = current()
    if call.principal.ws_ids is not None:
        raise Problem(403, "forbidden", "only who sees all workspaces may see all keys")
    items = [
        Key(
            id=each.id,
            name=each.name,
            scopes=list(each.scopes),
            ws_ids=None if each.ws_ids is None else list(each.ws_ids),
            daily_limit=each.daily_limit,
            created_at=each.created_at,
            revoked_at=each.revoked_at,
            last_used_on=each.last_used_on,
        )
        for each in call.use.api_keys.all()
    ]
    return KeyList(items=items)


ROUTES = (
    Route("POST", "/v1/tokens", "run", add_token, 201, ("unknown_workspace", "unknown_job", "tokens_off"), once=False),
    Route("GET", "/v1/keys", "admin", list_keys),
)
