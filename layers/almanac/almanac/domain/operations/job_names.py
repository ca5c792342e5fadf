"""The words by which operators call the jobs, their queues and their runs."""

from typing import Literal

JobName = Literal["sync", "schedule", "export"]
JOB_NAMES: tuple[JobName, ...] = ("sync", "schedule", "export")
KEPT_UP: tuple[JobName, ...] = ("sync", "schedule")
"""Those that every workspace is due for again and again, so that one can be late."""
