"""Why a workspace is late, in words for people: what it means, and what helps."""

from almanac.domain.operations.lag import Lag

MEANING = {
    "reconnect_required": "The account cannot be read any more: its owner's consent was withdrawn, or has lapsed.",
    "timezone_missing": "Nothing can be planned: the workspace has no time zone.",
    "running": "A run is at work just now.",
    "backing_off": "The calendar provider has asked to slow down, or fails; it is tried again by itself.",
    "waiting": "Its job waits in the queue.",
    "error": "The last attempt failed.",
    "never": "It has never been done.",
    "overdue": "Nothing that is known stands in its way.",
    "paused": "Somebody has paused it: nothing is read, planned or written.",
}
HELP = {
    "reconnect_required": "Let the owner of the account connect it again.",
    "timezone_missing": "Set the workspace's time zone.",
    "running": "Nothing to do; wait for its end.",
    "backing_off": "Nothing to do; it goes on at the time given.",
    "waiting": "Nothing to do, unless the queue does not get shorter: then look at the queues.",
    "error": "Look at the last run: it says what failed.",
    "never": "Ask for a sync, and see whether the ticks are on.",
    "overdue": "Look at the ticks and at the queues: no job reaches this workspace.",
    "paused": "Resume it when it shall go on; what has happened meanwhile is read at once.",
}
SHORT = {
    "reconnect_required": "has to be connected again",
    "timezone_missing": "has no time zone",
    "running": "is being worked on",
    "backing_off": "waits for the provider",
    "waiting": "waits in the queue",
    "error": "fails",
    "never": "was never done",
    "overdue": "is overdue",
    "paused": "is paused",
}
HELP_WITH_ERROR = {
    "reconnect_required": HELP["reconnect_required"],
    "access_denied": "Let its owner share the calendar with the account again, or switch it off here.",
    "permission_missing": "Let the owner of the account consent to writing.",
    "calendar_unreachable": "See at the provider whether the calendar is still there; else switch it off here.",
    "project_refused": "Look at the project at the provider: its client, its billing, its API. No account is to blame.",
    "unavailable": "Nothing to do: the provider fails, and is asked again by itself.",
    "rate_limited": HELP["backing_off"],
    "quota_exhausted": "Nothing to do, unless it lasts: then ask the provider for a larger quota.",
    "rejected": "Look at the run's log: the provider does not take what we ask.",
    "database_unavailable": "Look at the database; what failed is tried again by itself.",
    "queue_unavailable": "Ask again once the queues answer.",
    "secrets_unavailable": "Look at Secrets Manager, and at what the function may read there.",
    "files_unavailable": "Nothing to do: it is tried again by itself.",
    "files_refused": "Look at the setting of the bucket or folder, and at what the function may do there.",
    "mail_unavailable": "Nothing to do: it is tried again by itself.",
    "mail_uncertain": "Ask whoever it was for: it may have arrived, so it is not sent again.",
    "mail_refused": "Look at the sender's address, and at the receiver's.",
    "lease_lost": "Nothing to do: another run goes on.",
    "stale": "Nothing to do: its process died, and its message came back.",
    "out_of_memory": "Nothing to do: the large function does it.",
    "no_progress": "Look at the run's log, and report it: it would have gone on for ever.",
    "timezone_missing": HELP["timezone_missing"],
    "bad_job": "Send it again as docs/jobs.md says.",
    "unknown_workspace": "See whether the workspace is still there.",
    "unknown_calendar": "See whether the calendar is still there.",
    "storage_failed": "Report it, with the run's log: it is a bug of ours.",
    "internal": "Report it, with the run's log: it is a bug of ours.",
}


def help_with(error_type: str) -> str | None:
    """Return what helps with a run's error; a provider's (`google_unavailable`) by how its name ends."""
    providers = (text for code, text in HELP_WITH_ERROR.items() if error_type.endswith(f"_{code}"))
    return HELP_WITH_ERROR.get(error_type) or next(providers, None)


def meaning(lag: Lag) -> str:
    """Return what the reason means."""
    return MEANING[lag.reason] + (f" The last error was {lag.error_type}." if lag.error_type else "")


def what_helps(lag: Lag) -> str:
    """Return what to do about it, or that there is nothing to do."""
    return HELP[lag.reason]
