"""The words by which operators call the jobs, their queues and their runs."""

from typing import Literal

JobName = Literal["sync", "schedule"]
JOB_NAMES: tuple[JobName, ...] = ("sync", "schedule")
