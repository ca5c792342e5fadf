"""A simulator for each test, and the real Google client on it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build

from local.google_simulator.simulator import Simulator

ADA = "ada@example.test"


@dataclass
class Listed:
    items: list[dict[str, Any]] = field(default_factory=list)
    pages: list[dict[str, Any]] = field(default_factory=list)

    @property
    def token(self) -> str:
        return str(self.pages[-1]["nextSyncToken"])

    @property
    def by_id(self) -> dict[str, dict[str, Any]]:
        return {item["id"]: item for item in self.items}


def list_all(api: Any, calendar: str = "primary", **query: Any) -> Listed:
    """Every page of events.list."""
    listed = Listed()
    token = None
    while True:
        page = api.events().list(calendarId=calendar, pageToken=token, **query).execute()
        listed.pages.append(page)
        listed.items += page.get("items", [])
        token = page.get("nextPageToken")
        if token is None:
            return listed


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(seed=7) as running:
        yield running


@pytest.fixture
def connect(simulator: Simulator) -> Iterator[Callable[[str], Any]]:
    """The real client for an account, which is added when it is not there yet."""
    opened: list[Any] = []

    def client(email: str) -> Any:
        known = [account["email"] for account in simulator.observation.accounts()]
        tokens = (
            simulator.commands.reconnect_account(email) if email in known else simulator.commands.add_account(email)
        )
        credentials = Credentials(  # type: ignore[no-untyped-call] # google-auth has no annotations here
            token=tokens["access_token"],
            refresh_token=tokens["refresh_token"],
            token_uri=simulator.token_url,
            client_id="client",
            client_secret="secret",
        )
        api = build(
            "calendar",
            "v3",
            credentials=credentials,
            client_options={"api_endpoint": simulator.api_endpoint},
            static_discovery=True,
            cache_discovery=False,
        )
        opened.append(api)
        return api

    yield client
    for api in opened:
        api.close()


@pytest.fixture
def api(connect: Callable[[str], Any]) -> Any:
    return connect(ADA)


def timed(start: str, end: str, **fields: Any) -> dict[str, Any]:
    """An event between two local times in Berlin."""
    zone = "Europe/Berlin"
    return {"start": {"dateTime": start, "timeZone": zone}, "end": {"dateTime": end, "timeZone": zone}, **fields}


def reason(error: Any) -> tuple[int, str]:
    """Status and reason of an HttpError."""
    return error.value.resp.status, error.value.error_details[0]["reason"]
