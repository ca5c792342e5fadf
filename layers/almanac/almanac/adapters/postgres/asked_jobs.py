"""What was asked for, in Postgres: the AskedJobs of whoever sends jobs."""

import json
from collections.abc import Sequence

from typing_extensions import override

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database
from almanac.jobs import JOBS, Job, body_beside
from almanac.services.queues.ports import AskedJobs


class PostgresAskedJobs(AskedJobs):
    """AskedJobs over one Database; many jobs are one statement."""

    def __init__(self, database: Database) -> None:
        self._run = database.statements("runs.sql")

    @override
    def record(self, jobs: Sequence[Job]) -> None:
        self._run.alone(
            "record_jobs",
            **_keys(jobs),
            bodies=arrays.texts(json.dumps(body_beside(job)) for job in jobs),
            sources=arrays.texts(job.source for job in jobs),
            requested_by=arrays.texts(job.user_id for job in jobs),
        )

    @override
    def mark_sent(self, jobs: Sequence[Job]) -> None:
        self._run.alone("mark_sent", **_keys(jobs))


def _keys(jobs: Sequence[Job]) -> dict[str, str]:
    return {
        "ids": arrays.texts(job.request_id for job in jobs),
        "ws_ids": arrays.texts(str(job.ws_id) for job in jobs),
        "kinds": arrays.texts(JOBS[job.job].name for job in jobs),
    }
