"""What somebody may type while `make dev` runs: each line works as it is pasted."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from local.google_simulator.control.routes import CONTROL_PREFIX

_PYTHON, _ALMANAC = ".venv/bin/python", ".venv/bin/almanac"
_HOOK_PORT = 8790
_HOOK = f"http://127.0.0.1:{_HOOK_PORT}/"
_CONTROL = f'"$ALMANAC_GOOGLE_API_URL"{CONTROL_PREFIX}'
_NEW_EMAIL = "nina@new.test"


def things_to_try(workspace: str, email: str, exports: Path, now: datetime) -> Sequence[str]:
    """Return the lines: how to reach the stack, and four things to try on it and its calendars."""
    start = (now + timedelta(days=1)).astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    times = {
        name: {"dateTime": (start + timedelta(hours=hours)).isoformat()} for name, hours in (("start", 0), ("end", 1))
    }
    event = json.dumps({"calendar": email, "event": {"summary": "A new meeting", **times}})
    unpack = """.venv/bin/python -c 'import json, sys; print(json.dumps(json.load(sys.stdin)["result"]))'"""
    add = f"{_ALMANAC} account add --workspace '{workspace}' --email {_NEW_EMAIL} --user nina --token-file -"
    account = json.dumps({"email": _NEW_EMAIL})
    rings = f"{_CONTROL}insert_event; echo; {_ALMANAC} runs '{workspace}'"
    hook = f"{_ALMANAC} webhook add {_HOOK} --workspace '{workspace}' --json"
    return (
        f"in another terminal: source {exports}; {_ALMANAC} runs",
        f"try 1, see the plan: {_ALMANAC} schedule '{workspace}' --preview",
        f"try 2, a new meeting, which rings: curl -s -d '{event}' {rings}",
        f"try 3, one more account: curl -s -d '{account}' {_CONTROL}add_account | {unpack} | {add}",
        f"try 4, be told by a webhook: {hook} | {_PYTHON} -m local.subscriber --listen {_HOOK_PORT}",
    )
