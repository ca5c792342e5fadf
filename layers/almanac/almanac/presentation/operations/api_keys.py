"""Callers' keys, as JSON and as text."""

from collections.abc import Mapping, Sequence

from almanac.presentation.tables import instant_text, listing
from almanac.services.access.api_keys import NewApiKey
from almanac.services.access.ports import ApiKey


def new_key_document(key: NewApiKey) -> Mapping[str, object]:
    """Return the JSON document of a key that was made just now."""
    return {"id": key.id, "name": key.name, "key": key.token}


def new_key_text(key: NewApiKey) -> str:
    """Return the key and that it is not shown again."""
    return f"{key.token}\n\nkey {key.id} ({key.name}); it is not shown again, only its hash is kept"


def keys_document(keys: Sequence[ApiKey]) -> Mapping[str, object]:
    """Return the JSON document of the keys."""
    return {"keys": [_key(key) for key in keys]}


def keys_text(keys: Sequence[ApiKey]) -> str:
    """Return the keys as a table, and how to make one when there is none."""
    head = ("KEY", "NAME", "SCOPES", "WORKSPACES", "LAST USED", "REVOKED")
    rows = (
        (
            (
                key.id,
                key.name,
                ",".join(key.scopes),
                "all" if key.ws_ids is None else len(key.ws_ids),
                key.last_used_on,
                instant_text(key.revoked_at),
            ),
            [
                f"since {instant_text(key.created_at)}",
                *([f"at most {key.daily_limit:,} calls a day"] if key.daily_limit else ()),
                *(key.ws_ids or ()),
            ],
        )
        for key in keys
    )
    return listing(head, rows) if keys else "no key; `almanac api-key add --help` tells how to make one"


def _key(key: ApiKey) -> Mapping[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "scopes": list(key.scopes),
        "workspaces": None if key.ws_ids is None else [str(ws_id) for ws_id in key.ws_ids],
        "created_at": key.created_at,
        "revoked_at": key.revoked_at,
        "last_used_on": key.last_used_on,
        "daily_limit": key.daily_limit,
    }
