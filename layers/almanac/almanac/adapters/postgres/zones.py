"""Time zones as this database knows them: not all that Python finds on its machine are names there."""

from collections.abc import Iterator
from contextlib import contextmanager

from almanac.errors import BadInput, StorageFailed

_UNKNOWN_ZONE = "22023"
_CHECK = "_timezone_check"
"""Ends the names of the constraints on what a zone's name looks like."""


@contextmanager
def zone_given() -> Iterator[None]:
    """Around a statement that stores a zone somebody gave. Raises BadInput for one that the database does not know."""
    try:
        yield
    except StorageFailed as error:
        if error.sqlstate != _UNKNOWN_ZONE and _CHECK not in str(error):
            raise
        raise BadInput("time_zone", "is no time zone of the database's, such as Europe/Berlin") from None
