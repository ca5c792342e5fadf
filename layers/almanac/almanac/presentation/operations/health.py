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


def meaning(lag: Lag) -> str:
    """Return what the reason means."""
    return MEANING[lag.reason] + (f" The last error was {lag.error_type}." if lag.error_type else "")


def what_helps(lag: Lag) -> str:
    """Return what to do about it, or that there is nothing to do."""
    return HELP[lag.reason]
