"""Routes of exports: asked for, listed, downloaded; and of feeds, whose address is shown once."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Body, Path
from pydantic import Field

from almanac.domain.export.kinds import ExportKind
from almanac.errors import PermanentError
from almanac.jobs import Label
from almanac.services.export.ask import Exports
from almanac.services.export.ports import ListedExport, Wanted
from almanac.services.feeds.ports import Feed as StoredFeed
from almanac.web.api.bodies import Body as Fields
from almanac.web.api.bodies import Instant, Model
from almanac.web.api.ledger_answers import Accepted
from almanac.web.api.ledger_routes import After, Limit, Workspace, accepted
from almanac.web.api.routes import Route
from almanac.web.call import current
from almanac.web.paging import cursor, dated_place

if TYPE_CHECKING:
    from almanac.services.feeds.feeds import Feeds


class ExportsOff(PermanentError):
    """There is neither a bucket nor a folder, so no file could be kept."""

    code = "exports_off"

    def __init__(self) -> None:
        super().__init__("no place for files is set here: ALMANAC_EXPORT_BUCKET in docs/deploy.md")


class FeedsOff(PermanentError):
    """It is not known at which address feeds are read."""

    code = "feeds_off"

    def __init__(self) -> None:
        super().__init__("it is not set where this is reached: ALMANAC_PUBLIC_URL in docs/deploy.md")


class ExportBody(Fields):
    """What is wanted. A `user_id` is whose digest; `since` and `until` bound the events, or the days of a report."""

    kind: ExportKind
    user_id: Label | None = None
    since: Instant | None = None
    until: Instant | None = None


class Export(Model):
    """An export; of one that is made, `url` gives its file for 15 minutes to whoever has it."""

    id: UUID
    ws_id: UUID
    kind: str
    user_id: str | None
    day: date | None = Field(description="of a digest that a rule asked for: the person's date")
    since: datetime | None
    until: datetime | None
    status: str = Field(description="queued, completed, failed; how far its job is tells /v1/jobs/{id}")
    items: int | None
    bytes: int | None
    error_type: str | None
    created_at: datetime
    ended_at: datetime | None
    expires_at: datetime
    url: str | None = None


class ExportList(Model):
    """Exports, the newest first, without their addresses; `next` goes on after them."""

    items: list[Export]
    next: str | None


class FeedBody(Fields):
    """A feed: of whom, and what it is for."""

    name: Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\x00]*$")]
    user_id: Label | None = None


class Feed(Model):
    """A feed without its address."""

    id: UUID
    ws_id: UUID
    user_id: str | None
    name: str
    created_at: datetime
    rotated_at: datetime | None
    revoked_at: datetime | None
    last_used_on: date | None


class NewFeed(Model):
    """A feed and its address, which is shown once."""

    id: UUID
    url: str


class FeedList(Model):
    """The feeds of a workspace, those that were revoked too."""

    items: list[Feed]


FeedId = Annotated[UUID, Path(description="Id of the feed.")]


def ask_export(ws: Workspace, body: Annotated[ExportBody, Body()]) -> Accepted:
    """Ask for a file of the workspace: its events, a day's digest, the past week's report."""
    call, exports = current(), _exports()

    def ask(job_id: str) -> Mapping[str, Any]:
        exports.ask(Wanted(ws, body.kind, body.user_id, None, body.since, body.until), job_id)
        call.audit("export", ws, job_id, kind=body.kind)
        return {"job_id": job_id}

    return accepted(call.once("export", ws, body.model_dump(mode="json"), ask)["job_id"])


def list_exports(ws: Workspace, after: After = None, limit: Limit = 50) -> ExportList:
    """List the workspace's exports, the newest first."""
    listed = {"l": "exports", "w": ws}
    found = _exports().all(ws, dated_place(after, listed) if after else None, limit + 1)
    items = [_export(each) for each in found[:limit]]
    more = cursor(listed, (items[-1].created_at.isoformat(), items[-1].id)) if len(found) > limit else None
    return ExportList(items=items, next=more)


def show_export(
    ws: Workspace, export_id: Annotated[UUID, Path(description="Id of the export, and of its job.")]
) -> Export:
    """Show an export, with an address of its file."""
    found, url = _exports().one(ws, export_id)
    return _export(found, url)


def list_feeds(ws: Workspace) -> FeedList:
    """List the workspace's feeds."""
    return FeedList(items=[_feed(each) for each in current().use.feeds.all(ws)])


def add_feed(ws: Workspace, body: Annotated[FeedBody, Body()]) -> NewFeed:
    """Add a feed; whoever has its address reads the calendar. Asked again under its key, it gets another address."""
    call, feeds = current(), _addressed()
    shown: list[str] = []

    def add(request_id: str) -> Mapping[str, Any]:
        feed, url = feeds.add(ws, body.name, body.user_id, UUID(request_id))
        shown.append(url)
        call.audit("feed_add", ws, feed.id)
        return {"id": str(feed.id)}

    made = UUID(call.once("feed_add", ws, body.model_dump(mode="json"), add)["id"])
    if shown:
        return NewFeed(id=made, url=shown[0])
    return rotate_feed(ws, made)  # nobody can be shown the first address again: only its hash is kept


def rotate_feed(ws: Workspace, feed_id: FeedId) -> NewFeed:
    """Give a feed another address; the old one ends at once."""
    call = current()
    url = _addressed().rotate(ws, feed_id)
    call.audit("feed_rotate", ws, feed_id)
    return NewFeed(id=feed_id, url=url)


def revoke_feed(ws: Workspace, feed_id: FeedId) -> FeedList:
    """End a feed. Returns those that there are."""
    call = current()
    call.use.feeds.revoke(ws, feed_id)
    call.audit("feed_revoke", ws, feed_id)
    return list_feeds(ws)


def _exports() -> Exports:
    """Return the use case. Raises ExportsOff."""
    use = current().use
    if not use.has_export_files:
        raise ExportsOff
    return use.exports


def _addressed() -> "Feeds":
    """Return the use case of feeds. Raises FeedsOff where none could be read."""
    feeds = current().use.feeds
    if not feeds.has_address:
        raise FeedsOff
    return feeds


def _export(each: ListedExport, url: str | None = None) -> Export:
    names = (name for name in Export.model_fields if name != "url")
    return Export(**{name: getattr(each, name) for name in names}, url=url)


def _feed(each: StoredFeed) -> Feed:
    return Feed(**{name: getattr(each, name) for name in Feed.model_fields})


_EXPORTS, _FEEDS = "/v1/workspaces/<ws>/exports", "/v1/workspaces/<ws>/feeds"
ROUTES = (
    Route("POST", _EXPORTS, "run", ask_export, 202, errors=("queue_unavailable", "exports_off")),
    Route("GET", _EXPORTS, "read", list_exports, errors=("exports_off",)),
    Route(
        "GET",
        f"{_EXPORTS}/<export_id>",
        "read",
        show_export,
        errors=("unknown_export", "exports_off", "files_refused", "files_unavailable"),
    ),
    Route("GET", _FEEDS, "read", list_feeds),
    Route("POST", _FEEDS, "admin", add_feed, 201, errors=("unknown_feed", "feeds_off")),
    Route("POST", f"{_FEEDS}/<feed_id>/rotate", "admin", rotate_feed, errors=("unknown_feed", "feeds_off")),
    Route("DELETE", f"{_FEEDS}/<feed_id>", "admin", revoke_feed, errors=("unknown_feed",)),
)
