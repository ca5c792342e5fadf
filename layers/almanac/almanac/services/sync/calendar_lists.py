"""Looks at the calendar lists of a run's accounts: once a day, and when the provider refuses one of their calendars."""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from almanac.domain.sync.report import ConnectionReport, Tally
from almanac.errors import AccessDenied, AlmanacError, CalendarUnreachable, DatabaseUnavailable, LeaseLost
from almanac.services.accounts.calendar_list import Page, whole_list
from almanac.services.sync.account_access import AccountSession
from almanac.services.sync.page_reader import RunContext
from almanac.services.sync.ports import WorkspaceCalendars
from almanac.services.sync.provider import OpenAccount

logger = logging.getLogger(__name__)

LISTED_EVERY = timedelta(days=1)
"""A calendar that somebody adds, or shares in another role, is noticed within this long."""
_REFUSED = (AccessDenied.code, CalendarUnreachable.code)


def look_at_lists(
    run: RunContext,
    sessions: Mapping[UUID, AccountSession],
    calendars: WorkspaceCalendars,
    reports: Iterable[ConnectionReport],
) -> Tally:
    """Read the lists that are due, in time that is left; what goes wrong is left to the next run. Returns the calls."""
    refused = {report.connection_id for report in reports if report.error_type in _REFUSED}
    accounts = {connection.account_id for connection in calendars.connections if connection.id in refused}
    tally = Tally()
    for account_id, session in sessions.items():
        due = account_id in accounts or is_due(calendars.listed_at.get(account_id), calendars.now)
        if due and not (session.dead or run.nearly_out_of_time):
            _look(run, account_id, session, tally)
    return tally


def is_due(listed_at: datetime | None, now: datetime) -> bool:
    """Return whether a list that was read then should be read again. Instants are the database's."""
    return listed_at is not None and now - listed_at >= LISTED_EVERY


def _look(run: RunContext, account_id: UUID, session: AccountSession, tally: Tally) -> None:
    def page(page_token: str | None) -> Page:
        return session.call(partial(_list, page_token), run.retrier, tally)

    try:
        calendars = whole_list(page, session.provider.name)
        if calendars:  # nobody has none: an empty list proves nothing
            run.pages.note_calendars(run.lease, account_id, calendars)
    except (DatabaseUnavailable, LeaseLost):
        raise
    except AlmanacError as error:
        said = {"account_id": str(account_id), "error_type": error.code, "error": str(error)}
        logger.warning("a calendar list could not be read", extra=said)


def _list(page_token: str | None, account: OpenAccount) -> Page:
    return account.list_calendars(page_token)
