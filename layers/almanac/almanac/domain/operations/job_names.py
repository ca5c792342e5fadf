"""The words by which operators call the jobs, their queues and their runs."""

from typing import Literal

JobName = Literal["sync", "schedule"]
JOB_NAMES: tuple[JobName, ...] = ("sync", "schedule")
KIND_OF_JOB: dict[JobName, str] = {"sync": "calendar.sync", "schedule": "calendar.schedule"}
"""The kind that a message of the job bears (docs/jobs.md)."""
