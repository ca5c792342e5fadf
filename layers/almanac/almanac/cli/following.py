"""Following a request from a terminal: what `--wait` tells on stderr until the request has ended."""

import sys
from collections.abc import Sequence
from uuid import UUID

from almanac.cli.output import write
from almanac.errors import TransientError
from almanac.presentation.requests import progress_line
from almanac.services.operations.follow_request import FollowRequest, RequestNotDone, RequestProgress
from almanac.services.operations.ports import FollowedRun

WAIT_SECONDS = 900.0
"""As long as the longest Lambda invocation."""
_TELL_SECONDS = 5.0
"""How often a log file hears of an unchanged status; a terminal's line is renewed at every look."""


class ProgressLine:
    """Says on stderr where a request stands: one line that renews itself on a terminal, else a line now and then."""

    def __init__(self) -> None:
        self._renews = sys.stderr.isatty()
        self._told: tuple[str, float] = ("", -_TELL_SECONDS)

    def __call__(self, progress: RequestProgress) -> None:
        """Say it, unless it was said just before."""
        status, at = self._told
        if self._renews:
            sys.stderr.write(f"\r\x1b[K{progress_line(progress)}")
            sys.stderr.flush()
        elif progress.status != status or progress.elapsed_seconds - at >= _TELL_SECONDS:
            write(sys.stderr, progress_line(progress))
            self._told = (progress.status, progress.elapsed_seconds)

    def end(self) -> None:
        """Leave the terminal's line clean."""
        if self._renews:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def follow(
    use_case: FollowRequest[FollowedRun], ws_id: UUID, request_id: str, timeout_seconds: float, hint: str
) -> Sequence[FollowedRun]:
    """Return the request's runs, the one that ended it last. Raises TransientError with the hint when it goes on."""
    line = ProgressLine()
    try:
        return use_case(ws_id, request_id, timeout_seconds, line)
    except RequestNotDone as error:
        raise TransientError(f"{error}; {hint}") from None
    finally:
        line.end()
