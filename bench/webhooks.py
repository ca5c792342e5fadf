"""One dead endpoint among many: how long the others wait for what they are told, with it and without."""

import sys
import threading
from base64 import b64encode
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from random import random
from time import perf_counter, sleep
from uuid import uuid4

from cryptography.fernet import Fernet

from almanac.adapters.crypto import FernetCipher
from almanac.adapters.postgres.connection import Database, parse_url
from almanac.adapters.postgres.history.deliveries import PostgresDeliveries
from almanac.adapters.postgres.history.publish import PostgresPublishing
from almanac.services.events_out.deliver import DeliverLane
from almanac.services.events_out.ports import Answer, Lane, WebhookSender
from bench.events_out import PART, fill
from bench.figures import Figure, Target
from bench.rounds import interleaved
from bench.stage import postgres

_WORKERS = 20
"""Deliveries at once, as the template's stage `prod`."""
_TIMEOUT = 15.0
_PLENTY_SECONDS = 3600.0
_WELL, _DEAD = "https://well.example/", "https://dead.example/"
_ENDPOINTS = (
    "INSERT INTO webhook_endpoints (id, ws_id, url, secret)"
    " SELECT gen_random_uuid(), id, 'https://well.example/', :secret FROM workspaces"
)
_SHARED = (
    "INSERT INTO webhook_endpoints (id, url, secret, status)"
    " VALUES (:id::uuid, 'https://dead.example/', :secret, 'paused')"
)
_SHARED_IS = "UPDATE webhook_endpoints SET status = :status WHERE ws_id IS NULL"
_FIRST = (
    "UPDATE webhook_endpoints SET url = :url"
    " WHERE id = (SELECT id FROM webhook_endpoints WHERE ws_id IS NOT NULL ORDER BY ws_id LIMIT 1)"
)
_AGAIN = (
    "DELETE FROM webhook_deliveries",
    "UPDATE webhook_cursors SET version = 0, claimed_until = NULL",
    "UPDATE webhook_endpoints SET retry_at = NULL, failures = 0, failing_since = NULL, answered_at = NULL",
    "VACUUM ANALYZE webhook_cursors, webhook_endpoints, webhook_deliveries, webhook_attempts",
)


class _Endpoints(WebhookSender):
    """Answers at once; who is dead lets callers wait until they hang up."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:  # noqa: ARG002 - as the port has it
        """Take a POST."""
        if url == _DEAD:
            sleep(_TIMEOUT)
            return Answer(None, "timeout", round(_TIMEOUT * 1000))
        return Answer(204, None, 1)


def one_dead_of(endpoints: int, rounds: int) -> list[Figure]:
    """The ninety-fifth percentile of the others, of one change in each workspace at the same time.

    The dead one is one of theirs, or one more that hears of every workspace: as many lanes again.
    """
    cipher = FernetCipher([Fernet.generate_key().decode()], "ALMANAC_WEBHOOK_KEYS")
    secret = cipher.encrypt(f"whsec_{b64encode(bytes(32)).decode()}")
    with postgres(durable=False) as url, closing(Database(lambda: parse_url(url), 300)) as database:
        fill(database, endpoints, 1)
        database.run(_ENDPOINTS, secret=secret)
        database.run(_SHARED, id=uuid4(), secret=secret)
        found_due = _seconds_to_find(database, endpoints)
        _delivered(url, cipher)  # cursors and caches are there from then on

        def told(way: str) -> float:
            database.run(_FIRST, url=_DEAD if way == "one dead" else _WELL)
            database.run(_SHARED_IS, status="active" if way == "a dead one of all" else "paused")
            seconds = _delivered(url, cipher)
            print(f"{endpoints:,} endpoints, {way}: {seconds:.1f} s", file=sys.stderr)
            return seconds

        found = interleaved(rounds, {way: partial(told, way) for way in ("well", "one dead", "a dead one of all")})
    well = f"{endpoints:,} webhook endpoints told of a change each, 95 of 100 after"
    least = Target("at most", 1.2)
    return [
        Figure(PART, f"finding {endpoints:,} lanes that are due", found_due, "s"),
        Figure(PART, well, found.median("well"), "s"),
        Figure(PART, "— with one dead among them, the others' against it", found.ratio("one dead", "well"), "×", least),
        Figure(
            PART,
            "— with a dead one beside them that hears of every workspace, likewise",
            found.ratio("a dead one of all", "well"),
            "×",
            least,
        ),
    ]


def _seconds_to_find(database: Database, endpoints: int) -> float:
    """What the relay's look at all lanes takes, when something is due in each."""
    database.run("ANALYZE")
    began = perf_counter()
    lanes = PostgresPublishing(database).due(1_000_000)
    if len(lanes) != endpoints:
        raise RuntimeError(f"{len(lanes)} lanes were due")
    return perf_counter() - began


def _delivered(url: str, cipher: FernetCipher) -> float:
    """Seconds after which 95 of 100 of the endpoints that are well had been told, from the beginning."""
    with closing(Database(lambda: parse_url(url), 300)) as database:
        for statement in _AGAIN:
            database.run(statement)
        dead = {row[0] for row in database.run("SELECT id FROM webhook_endpoints WHERE url = :url", url=_DEAD)}
        lanes = PostgresPublishing(database).due(1_000_000)
        ended = list[float]()
    own, opened = threading.local(), list[Database]()

    def work(lane: Lane) -> None:
        if not hasattr(own, "deliver"):
            opened.append(Database(lambda: parse_url(url), 300))
            own.deliver = DeliverLane(
                PostgresDeliveries(opened[-1]),
                PostgresPublishing(opened[-1]),
                _Endpoints(),
                cipher,
                None,
                lambda: datetime.now(UTC),
                random,
            )
        report = own.deliver(lane, lambda: _PLENTY_SECONDS)
        if lane.endpoint_id not in dead:
            if report.delivered != 1:
                raise RuntimeError(f"a lane ended with {report.as_dict()}")
            ended.append(perf_counter() - began)

    began = perf_counter()
    with ThreadPoolExecutor(_WORKERS) as pool:
        for _ in pool.map(work, lanes):
            pass
    for each in opened:
        each.close()
    return sorted(ended)[round(0.95 * (len(ended) - 1))]
