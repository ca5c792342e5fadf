"""Failures on demand: rules that match requests, and what they do to the answer."""

import fnmatch
import json
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict

from local.google_simulator.api.errors import ApiError
from local.google_simulator.api.reply import Payload, Reply

Action = Literal[
    "error",
    "text",
    "delay",
    "cut_before",
    "cut_within",
    "error_after",
    "cut_after",
    "land_late",
    "empty_page",
    "short_page",
    "empty_listing",
    "truncated_listing",
    "drop_sync_token",
    "duplicate_item",
    "garbage",
]
Garbage = Literal[
    "missing_end", "year_zero", "nul", "huge_text", "no_start", "unknown_type", "odd_zone", "not_an_object"
]
_HUGE = 1_000_000


class Fault(BaseModel):
    """One rule. Every given condition must hold; it fires on matches `nth` to `nth + times - 1` (None: for ever).

    `path` is a glob on the unquoted path (`*/events`, `/token`); `calendar` is matched as sent, `primary` too.
    `error` sends status and Google's body with `reason`; `text` sends `body` as it is; `delay` waits
    `delay_seconds` and answers normally; `error_after` and `cut_after` carry the request out and then refuse or break
    off; `land_late` breaks off and keeps it for `land`; the listing actions change what events.list says. `count` is
    the size of a short page or the number of items a truncated listing leaves out of a page.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    action: Action
    method: str | None = None
    path: str | None = None
    account: str | None = None
    calendar: str | None = None
    page_token: bool | None = None
    sync_token: bool | None = None
    nth: int = 1
    times: int | None = 1
    status: int = 503
    reason: str = "backendError"
    message: str = "Backend Error"
    domain: str = "global"
    retry_after: int | None = None
    body: str = "<html><title>502 Bad Gateway</title></html>"
    delay_seconds: float = 0.0
    count: int = 1
    garbage: Garbage = "missing_end"


@dataclass(frozen=True, slots=True)
class Traits:
    """What a rule may look at in a request."""

    method: str
    path: str
    account: str | None
    calendar: str | None
    page_token: bool
    sync_token: bool


@dataclass(slots=True)
class Faults:
    """The active rules, each with the number of requests it has matched."""

    _rules: dict[int, Fault] = field(default_factory=dict)
    _matched: dict[int, int] = field(default_factory=dict)
    _added: int = 0

    def add(self, fault: Fault) -> int:
        """Activate a rule; the number names it."""
        self._added += 1
        self._rules[self._added] = fault
        self._matched[self._added] = 0
        return self._added

    def clear(self) -> None:
        """Remove every rule."""
        self._rules.clear()
        self._matched.clear()

    def fired(self, number: int) -> int:
        """How many requests the rule has acted on so far."""
        fault = self._rules[number]
        beyond = self._matched[number] - fault.nth + 1
        return max(0, beyond if fault.times is None else min(beyond, fault.times))

    def take(self, traits: Traits) -> list[Fault]:
        """The rules that act on this request, oldest first; counts the match."""
        firing = []
        for number, fault in self._rules.items():
            if not _matches(fault, traits):
                continue
            self._matched[number] += 1
            beyond = self._matched[number] - fault.nth
            if beyond >= 0 and (fault.times is None or beyond < fault.times):
                firing.append(fault)
        return firing


def _matches(fault: Fault, traits: Traits) -> bool:
    wanted = (fault.method, fault.account, fault.calendar, fault.page_token, fault.sync_token)
    found = (traits.method, traits.account, traits.calendar, traits.page_token, traits.sync_token)
    if any(want is not None and want != have for want, have in zip(wanted, found, strict=True)):
        return False
    return fault.path is None or fnmatch.fnmatchcase(unquote(traits.path), fault.path)


def instead(fault: Fault) -> Reply | None:
    """The answer that takes the place of the real one, or None for a fault of another kind."""
    headers = {"Retry-After": str(fault.retry_after)} if fault.retry_after is not None else {}
    if fault.action == "error":
        error = ApiError(fault.status, fault.reason, fault.message, domain=fault.domain)
        return Reply(fault.status, Payload.of(error.body()), headers=headers, reason=fault.reason)
    if fault.action == "text":
        return Reply(fault.status, Payload(fault.body.encode()), "text/html; charset=UTF-8", headers, reason="text")
    if fault.action == "cut_before":
        return Reply(fault.status, Payload(b""), cut="before", reason="cut_before")
    return None


def spoil(text: str, kind: Garbage) -> str:
    """An event's JSON text with one thing wrong that a client must survive."""
    body: dict[str, Any] = json.loads(text)
    if kind == "not_an_object":
        return '"not an event"'
    if kind in ("missing_end", "no_start"):
        body.pop("end" if kind == "missing_end" else "start", None)
    elif kind == "year_zero":
        body |= {"start": {"dateTime": "0000-12-30T00:00:00Z"}, "end": {"dateTime": "0000-12-30T01:00:00Z"}}
    elif kind == "nul":
        body["summary"] = "before\x00after"
    elif kind == "huge_text":
        body["description"] = "x" * _HUGE
    elif kind == "unknown_type":
        body["eventType"] = "holographicMeeting"
    else:
        for point in ("start", "end"):
            body[point] = {**body.get(point, {}), "timeZone": "Mars/Olympus_Mons"}
    return json.dumps(body, ensure_ascii=False)
