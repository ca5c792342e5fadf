"""The control endpoints: `POST /_simulator/<command>` with the command's arguments as one JSON object."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pydantic import ConfigDict, ValidationError, validate_call

from local.google_simulator.api.errors import ApiError, invalid
from local.google_simulator.api.reply import Reply, json_reply
from local.google_simulator.control.commands import Commands
from local.google_simulator.control.observation import Observation
from local.google_simulator.filling.loading import Loading
from local.google_simulator.push.commands import PushCommands
from local.google_simulator.service import refusal

CONTROL_PREFIX = "/_simulator/"
"""Where the control endpoints begin."""

_CHECKED = validate_call(config=ConfigDict(extra="forbid"))
_QUERIES = {"timeMin": "time_min", "timeMax": "time_max"}


class ControlDesk:
    """Calls a command by name, its arguments checked against its signature.

    `GET` serves the observations, `POST` everything; the answer is `{"result": …}`, or Google's error body.
    """

    def __init__(self, commands: Commands, loading: Loading, observation: Observation, push: PushCommands) -> None:
        self._observing = _callables(observation)
        self._all = _callables(commands) | _callables(loading) | _callables(push) | self._observing
        self._observing["health"] = self._all["health"] = lambda: "ok"

    def answer(self, method: str, target: str, _headers: dict[str, str], body: bytes) -> Reply:
        """Answer one control request; 404 for an unknown command, 400 for arguments that do not fit."""
        parts = urlsplit(target)
        name = parts.path.removeprefix(CONTROL_PREFIX)
        table = self._observing if method == "GET" else self._all
        if name not in table:
            return refusal(ApiError(404, "notFound", f"No such command: {method} {name[:60]}"))
        try:
            arguments = _query(parts.query) if method == "GET" else _document(body)
            return json_reply({"result": _CHECKED(table[name])(**arguments)})
        except ApiError as error:
            return refusal(error)
        except ValidationError as error:
            return refusal(invalid(f"{name}: {_misfits(error)}"))
        except (KeyError, ValueError) as error:
            return refusal(invalid(f"{name}: {type(error).__name__}"))


def _callables(owner: object) -> dict[str, Callable[..., Any]]:
    names = [name for name, value in vars(type(owner)).items() if callable(value) and not name.startswith("_")]
    return {name: getattr(owner, name) for name in names}


def _misfits(error: ValidationError) -> str:
    """Which arguments do not fit and why, without their values: a token may be among them."""
    found = error.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in found)


def _query(text: str) -> dict[str, str]:
    return {_QUERIES.get(name, name): values[0] for name, values in parse_qs(text).items()}


def _document(body: bytes) -> dict[str, Any]:
    value = json.loads(body or b"{}")
    if not isinstance(value, dict):
        raise invalid("The arguments are one JSON object.")
    return value
