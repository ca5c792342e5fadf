"""The simulated Google as one object: its state, its failures, its memory of requests, and who answers what."""

import json
import time
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from local.google_simulator.api import consent, oauth, scopes
from local.google_simulator.api.errors import ApiError, not_found
from local.google_simulator.api.operations import API_PREFIX, Call, Operation, route
from local.google_simulator.api.query import Params, first
from local.google_simulator.api.reply import Payload, Reply, json_reply
from local.google_simulator.control.faults import Fault, Faults, Traits, instead
from local.google_simulator.control.quota import Quota
from local.google_simulator.control.request_log import RequestLog
from local.google_simulator.world.store import Store
from local.google_simulator.world.times import stamp_text

CONSENT_PATH = "/o/oauth2/v2/auth"
TOKEN_PATH = "/token"  # noqa: S105 - a path
REVOKE_PATH = "/revoke"

_OAUTH = {CONSENT_PATH: "consent", TOKEN_PATH: "token", REVOKE_PATH: "revoke"}


@dataclass(slots=True)
class Service:
    """Answers the API and the token endpoint. `stopping` ends injected delays."""

    store: Store
    faults: Faults = field(default_factory=Faults)
    log: RequestLog = field(default_factory=RequestLog)
    stopping: Event = field(default_factory=Event)
    quota: Quota = field(init=False)
    late: list[Call] = field(default_factory=list)
    """Requests whose client has been cut off and that are still under way: `land` carries one out."""

    def __post_init__(self) -> None:
        self.quota = Quota(self.store.world)

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Reply:
        """Answer one request; `headers` have lower-case names, `target` is path and query as sent."""
        parts, sent_as = urlsplit(target), method
        query = parts.query
        if method == "POST" and headers.get("x-http-method-override", "").upper() == "GET":
            method, query = "GET", body.decode("utf-8", "replace")
        params = parse_qs(query, keep_blank_values=True)
        with self.store.world.lock:
            email = self._asking(headers)
            firing = self.faults.take(_traits(method, parts.path, params, email))
        delay = sum(fault.delay_seconds for fault in firing if fault.action == "delay")
        if delay:
            self.stopping.wait(delay)
        with self.store.world.lock:
            began = time.perf_counter()
            operation, reply = self._reply(Call(method, parts.path, params, headers, body, firing))
            self.log.add(
                at=stamp_text(self.store.world.clock.now()),
                method=sent_as,
                path=unquote(parts.path),
                params=params,
                account=email,
                operation=operation,
                status=reply.status,
                reason=reply.reason,
                faults=[fault.action for fault in firing],
                duration_ms=(time.perf_counter() - began) * 1000,
                if_match=headers.get("if-match"),
                body=_written(operation, body),
            )
        return reply

    def land(self, number: int = 0) -> bool:
        """Carry out one of the requests that are still under way; False when there is none. Nobody hears the answer."""
        with self.store.world.lock:
            if not self.late:
                return False
            call = self.late.pop(number % len(self.late))
            operation, reply = self._reply(call)
            self.log.add(
                at=stamp_text(self.store.world.clock.now()),
                method=call.method,
                path=unquote(call.path),
                params=call.params,
                account=self._asking(call.headers),
                operation=operation,
                status=reply.status,
                reason=reply.reason,
                faults=["landed"],
                duration_ms=0.0,
                if_match=call.headers.get("if-match"),
                body=_written(operation, call.body),
            )
            return True

    def _reply(self, call: Call) -> tuple[str, Reply]:
        found = route(call) if call.path.startswith(API_PREFIX) else None
        operation = found.name if found else _OAUTH.get(call.path, "unknown")
        if any(fault.action == "land_late" for fault in call.faults):
            self.late.append(replace(call, faults=[]))
            return operation, Reply(503, Payload(b""), cut="before", reason="land_late")
        try:
            return operation, next(filter(None, map(instead, call.faults)), None) or self._real(call, found)
        except ApiError as error:
            return operation, refusal(error)

    def _real(self, call: Call, found: Operation | None) -> Reply:
        if call.path == CONSENT_PATH:
            return consent.page(self.store.world, call.method, call.params, call.body)
        if call.path == TOKEN_PATH and call.method == "POST":
            return _cut(oauth.grant(self.store.world, call.body), call.faults)
        if call.path == REVOKE_PATH and call.method == "POST":
            return _cut(oauth.revoke(self.store.world, call.body), call.faults)
        if found is None:
            raise not_found()
        account = oauth.authenticate(self.store.world, call.headers.get("authorization", ""))
        self.quota.spend(account.email, call.method)
        scopes.check(self.store.world, account, found.name, call.steps[1] if len(call.steps) > 1 else None)
        return _cut(found.run(self.store, account, call), call.faults)

    def _asking(self, headers: dict[str, str]) -> str | None:
        try:
            return oauth.authenticate(self.store.world, headers.get("authorization", "")).email
        except ApiError:
            return None  # an unknown caller is refused later, yet faults may match the request before


def refusal(error: ApiError) -> Reply:
    """The answer that carries a refusal."""
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after is not None else {}
    answer = json_reply(error.body(), error.status)
    return Reply(answer.status, answer.payload, headers=headers, reason=error.reason)


def _traits(method: str, path: str, params: Params, email: str | None) -> Traits:
    steps = path.removeprefix(API_PREFIX).split("/")
    calendar = unquote(steps[1]) if steps[0] == "calendars" and len(steps) > 1 else None
    paging, syncing = (first(params, name) is not None for name in ("pageToken", "syncToken"))
    return Traits(method, path, email, calendar, paging, syncing)


def _written(operation: str, body: bytes) -> dict[str, Any] | None:
    """What a client has written of an event or a calendar; nothing that opens anything."""
    if operation not in ("events.insert", "events.patch", "events.update", "calendars.insert"):
        return None
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _cut(reply: Reply, faults: list[Fault]) -> Reply:
    for fault in faults:
        if fault.action == "error_after":
            refused = ApiError(fault.status, fault.reason, fault.message, domain=fault.domain)
            return refusal(refused)
        if fault.action == "cut_after":
            return Reply(reply.status, reply.payload, cut="before", reason="cut_after")
    if any(fault.action == "cut_within" for fault in faults):
        return Reply(reply.status, reply.payload, reply.content_type, reply.headers, "within", "cut_within")
    return reply
