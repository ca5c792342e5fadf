"""What must be true: after every run no token is ahead of its rows, and at the end Postgres is as Google."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from almanac.adapters.postgres.connection import Rows
from almanac.domain.history.changes import Change
from almanac.domain.history.fold import fold_back, fold_ids
from almanac.domain.sync.report import SyncReport
from local.google_simulator.world.event import Json
from local.google_simulator.world.state import Calendar
from local.google_simulator.world.times import epoch
from local.google_simulator.world.tokens import SyncToken, decode
from local.google_simulator.world.views import LATEST, Window, shown
from tests.histories.google_side import GoogleSide
from tests.histories.product_side import ProductSide

Etags = Mapping[str, str]

_STATES = (
    "SELECT c.id, c.calendar_id, s.sync_token, s.checkpoint, s.query_fingerprint LIKE '%-kept', a.account_email"
    " FROM calendar_connections c JOIN calendar_sync_states s ON s.connection_id = c.id"
    " JOIN calendar_auth_tokens a ON a.id = c.auth_token_id WHERE c.ws_id = :ws_id"
)
_ETAGS = (
    "SELECT external_event_id, etag FROM workspace_calendar_events WHERE ws_id = :ws_id"
    " AND external_calendar_id = :calendar"
    " AND extract(epoch FROM end_at) > :start AND extract(epoch FROM start_at) < :end"
)
_ROWS = (
    "SELECT external_event_id, title, start_at, end_at, start_date, end_date, etag FROM workspace_calendar_events"
    " WHERE ws_id = :ws_id AND external_calendar_id = :calendar"
    " AND extract(epoch FROM end_at) > :start AND extract(epoch FROM start_at) < :end"
)
_OWNED = (
    "SELECT e.external_event_id, e.id, e.external_calendar_id,"
    " e.task_id = md5(e.external_event_id)::uuid AND e.locked AND e.color_override = 'PINK', l.task_id"
    " FROM workspace_calendar_events e LEFT JOIN task_calendar_events l ON l.event_id = e.id"
    " WHERE e.ws_id = :ws_id AND e.provider = 'google'"
)
_CHANGES = (
    "SELECT version, kind, subject, at, origin, run_id, was, note FROM workspace_history"
    " WHERE ws_id = :ws_id ORDER BY version"
)
_EVENTS = "SELECT e.id, almanac_event_state(e) FROM workspace_calendar_events e WHERE e.ws_id = :ws_id"
_READ_TO_ITS_END = {"full", "incremental", "redirected_to_full", "token_expired_full"}
_LOST = {"access_denied", "calendar_unreachable"}


@dataclass(frozen=True, slots=True)
class _State:
    """Where the reading of one connection stands."""

    connection_id: Any
    calendar: str
    token: SyncToken | None
    unfinished: bool
    deletes_nothing: bool
    email: str


def assert_no_token_is_ahead(product: ProductSide, google: GoogleSide) -> None:
    """Whatever Google had when a token was given is in the rows, or something newer is."""
    states = list(_states(product))
    unfinished = {state.calendar for state in states if state.unfinished or state.deletes_nothing}
    newest = {s.calendar: s.token for s in sorted(states, key=_sequence) if s.token is not None}
    for calendar_id, token in newest.items():
        if calendar_id in unfinished:
            continue  # pages after the token's are applied already: rows of any moment since
        with google.simulator.world.lock:
            calendar = google.simulator.world.calendar(calendar_id)
            _assert_rows_are_as_new(product, calendar, token)


def _assert_rows_are_as_new(product: ProductSide, calendar: Calendar, token: SyncToken) -> None:
    assert token.start is not None
    assert token.end is not None
    window = Window(token.start, token.end, token.horizon)
    place = {"calendar": calendar.id, "start": token.start, "end": token.end}
    stored = {row[0]: row[1] for row in product.run(_ETAGS, **place)}
    then = _view(calendar, window, token.sequence)
    suspects = {e for e in stored.keys() | then.keys() if stored.get(e) != then.get(e) and not _forgotten(calendar, e)}
    if not suspects:
        return
    later = [_view(calendar, window, at) for at in range(token.sequence + 1, calendar.sequence + 1)]
    for event_id in suspects:
        possible = {view.get(event_id) for view in later}
        assert stored.get(event_id) in possible, (
            f"{calendar.id}: the token of {token.sequence} is ahead of the row of {event_id}"
        )


def _view(calendar: Calendar, window: Window, at: int) -> Etags:
    return {version.id: version.etag for version in shown(calendar, window, single=True, at=at)}


def _forgotten(calendar: Calendar, event_id: str) -> bool:
    """Deletions that Google has forgotten are not in its past any more."""
    records = (calendar.records.get(name) for name in _itself_and_its_series(event_id))
    return any(record is not None and record.forgotten for record in records)


def _itself_and_its_series(event_id: str) -> set[str]:
    """An instance's id is its series' and its slot; that of a series can end in `_R` and a slot itself."""
    return {event_id, event_id.rpartition("_")[0] or event_id}


def _sequence(state: _State) -> int:
    return state.token.sequence if state.token is not None else 0


def _states(product: ProductSide) -> Iterator[_State]:
    for connection_id, calendar, token, checkpoint, kept, email in product.run(_STATES):
        decoded = decode(SyncToken, token, "syncToken") if token is not None else None
        yield _State(connection_id, calendar, decoded, checkpoint is not None, bool(kept), email)


def assert_the_end(report: SyncReport, product: ProductSide, google: GoogleSide) -> None:
    """One run after the last fault: every calendar that can be read is as Google shows it, and nothing is left over."""
    failed = [c for c in report.connections if c.status != "completed" and c.error_type not in _LOST]
    assert not failed, [(c.outcome, c.error_type, c.error) for c in failed]
    assert all(c.outcome in _READ_TO_ITS_END for c in report.connections if c.status == "completed"), report
    states = {state.connection_id: state for state in _states(product)}
    shown_now: dict[str, set[str]] = {}
    for connection in report.connections:
        if connection.status == "completed":
            state = states[connection.connection_id]
            assert not state.unfinished
            assert state.token is not None
            shown_now[state.calendar] = _assert_equal(product, google, state.token, state.email)
    _assert_owned_is_kept(product, google, shown_now)
    _assert_nothing_is_left_over(product)
    assert_history_is_whole(product.run)


def _assert_equal(product: ProductSide, google: GoogleSide, token: SyncToken, email: str) -> set[str]:
    """Rows and truth of a calendar in its token's window, as that account may see it. Returns the ids."""
    assert token.start is not None
    assert token.end is not None
    with google.simulator.world.lock:
        calendar = google.simulator.world.calendar(token.calendar)
        window = Window(token.start, token.end, token.horizon)
        role = google.simulator.world.account(email).entries[calendar.id].role
        bodies = [_seen_as(role, version.body) for version in shown(calendar, window, single=True, at=LATEST)]
    zone = ZoneInfo(str(product.run("SELECT coalesce(timezone, 'UTC') FROM workspaces WHERE id = :ws_id")[0][0]))
    rows = product.run(_ROWS, calendar=calendar.id, start=token.start, end=token.end)
    stored = {row[0]: (row[1], *_instants(row[2], row[3]), *row[4:]) for row in rows}
    true = {body["id"]: _as_row(body, calendar, zone) for body in bodies}
    different = {
        event_id: (stored.get(event_id), true.get(event_id))
        for event_id in stored.keys() | true.keys()
        if stored.get(event_id) != true.get(event_id) and not _at_the_edge(true.get(event_id), token, zone)
    }
    assert not different, f"{calendar.id}: stored and true differ: {different}"
    return set(true)


def _seen_as(role: str, body: Json) -> Json:
    """The event as an account of that role sees it: a reader sees no title of a private one."""
    hidden = role == "reader" and body.get("visibility") in ("private", "confidential")
    return {**body, "summary": ""} if hidden else body


def _as_row(body: Json, calendar: Calendar, zone: ZoneInfo) -> tuple[object, ...]:
    """Title, instants, dates and etag as the row must have them."""
    if "date" not in body["start"]:
        times = (epoch(body[end], calendar.zone) for end in ("start", "end"))
        return (body.get("summary", ""), *times, None, None, body["etag"])
    first, after = (date.fromisoformat(body[end]["date"]) for end in ("start", "end"))
    after = max(after, first + timedelta(days=1))
    midnights = _instants(*(_midnight(day, zone) for day in (first, after)))
    return (body.get("summary", ""), *midnights, first, after, body["etag"])


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def _instants(*moments: datetime) -> tuple[float, ...]:
    return tuple(moment.astimezone(UTC).timestamp() for moment in moments)


def _at_the_edge(true: tuple[object, ...] | None, token: SyncToken, zone: ZoneInfo) -> bool:
    """An all-day event overlaps a window in the calendar's zone, its row in the workspace's: a day at either edge."""
    if true is None or true[3] is None:
        return False
    day = 86_400.0 * 1.5
    edges = (token.start or 0.0, token.end or 0.0)
    return any(abs(float(str(moment)) - edge) < day for moment in true[1:3] for edge in edges)


def _assert_owned_is_kept(product: ProductSide, google: GoogleSide, shown_now: Mapping[str, set[str]]) -> None:
    """An event that the app has given something still has it, as the same row unless it has moved."""
    found: dict[str, list[Any]] = {}
    for row in product.run(_OWNED):
        found.setdefault(row[0], []).append(row)
    live = set().union(*shown_now.values()) if shown_now else set()
    for event_id, row_id in product.owned.items():
        if event_id in live and event_id not in google.copied:
            kept = [row for row in found[event_id] if row[3]]
            assert kept, f"{event_id} has lost what the app owns"
            moved = _itself_and_its_series(event_id) & google.moved
            assert moved or [row[1] for row in kept] == [row_id], f"{event_id} is another row than it was"
    for event_id, task in product.linked.items():
        if event_id in live and event_id not in google.copied:
            assert [row[4] for row in found[event_id] if row[4]] == [task], f"{event_id} has lost its link"
    for calendar, event_id in google.guests:
        heirs = [row for row in found.get(event_id, ()) if row[2] == calendar and (row[3] or row[4])]
        assert not heirs, f"the copy of {event_id} in {calendar} has inherited"


def _assert_nothing_is_left_over(product: ProductSide) -> None:
    left = (
        "SELECT (SELECT count(*) FROM workspace_calendar_sync_log WHERE ws_id = :ws_id AND status = 'running'),"
        " (SELECT count(*) FROM workspace_sync_leases WHERE ws_id = :ws_id AND owner IS NOT NULL)"
    )
    assert product.run(left)[0] == [0, 0], "a run or a lease is left over"


def assert_history_is_whole(run: Callable[[str], Rows]) -> None:
    """Each version is there once; whoever follows them has the table, whoever takes them back has nothing."""
    changes = [Change(*row) for row in run(_CHANGES)]
    assert [change.version for change in changes] == list(range(1, len(changes) + 1)), "a version is missing"
    events = {row[0]: row[1] for row in run(_EVENTS)}
    assert fold_ids(set(), changes) == events.keys(), "following the history leads elsewhere"
    assert fold_back(events, reversed(changes)) == {}, "something is left when everything is taken back"
