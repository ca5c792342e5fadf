"""What an account has consented to, and which method needs what (discovery document of the Calendar API v3)."""

from local.google_simulator.api.errors import ApiError
from local.google_simulator.world.state import Account, Calendar, World

_ROOT = "https://www.googleapis.com/auth/"
FULL = f"{_ROOT}calendar"
READ = f"{_ROOT}calendar.readonly"
EVENTS = f"{_ROOT}calendar.events"
OWNED = f"{_ROOT}calendar.events.owned"
MADE_HERE = f"{_ROOT}calendar.app.created"

_LISTS = {FULL, READ, f"{_ROOT}calendar.calendarlist", f"{_ROOT}calendar.calendarlist.readonly"}
_READS = {FULL, READ, EVENTS, f"{_ROOT}calendar.events.readonly"}


def check(world: World, account: Account, operation: str, calendar_id: str | None) -> None:
    """403 ACCESS_TOKEN_SCOPE_INSUFFICIENT when nothing that the account has granted covers the operation."""
    granted = account.scopes
    if granted & _covering(operation) or _special(world, account, granted, operation, calendar_id):
        return
    message = "Request had insufficient authentication scopes."
    raise ApiError(403, "insufficientPermissions", message)


def _covering(operation: str) -> set[str]:
    if operation in ("calendarList.list", "calendarList.get"):
        return _LISTS
    if operation == "calendars.insert":
        return {FULL, MADE_HERE, f"{_ROOT}calendar.calendars"}
    if operation in ("events.insert", "events.patch", "events.update", "events.delete", "events.move"):
        return {FULL, EVENTS}
    return _READS


def _special(world: World, account: Account, granted: set[str], operation: str, calendar_id: str | None) -> bool:
    """Scopes that cover some calendars only: those of the account's own, those that the client has made."""
    calendar = _named(world, account, calendar_id)
    if calendar is None or not operation.startswith(("events.", "calendars.get", "calendarList.get")):
        return False
    owned = OWNED in granted and calendar.owner == account.email
    made = MADE_HERE in granted and calendar.made_by_client and operation != "events.move"
    return owned or made


def _named(world: World, account: Account, calendar_id: str | None) -> Calendar | None:
    return world.calendars.get(account.email if calendar_id == "primary" else calendar_id or "")
