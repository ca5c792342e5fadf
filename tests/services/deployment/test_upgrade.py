"""Waiting for a database that is not there yet, as long as there is time and no longer."""

import pytest

from almanac.errors import (
    AlmanacError,
    BadSettings,
    DatabaseRefused,
    DatabaseUnavailable,
    SecretsUnavailable,
    StorageFailed,
)
from almanac.services.clock import Deadline
from almanac.services.deployment.ports import Upgrade
from almanac.services.deployment.upgrade import LONGEST_PAUSE, UPGRADE_RESERVE_SECONDS, UpgradeDatabase

DONE = Upgrade(("0001_first.sql",), "0001_first.sql", ())
GONE = DatabaseUnavailable("no database answers")


class Place:
    """A database that meets each try with the next of some errors, and a clock that only pauses move on."""

    def __init__(self, *errors: AlmanacError, seconds: float) -> None:
        self.errors = list(errors)
        self.seconds = seconds
        self.tries = 0
        self.pauses: list[float] = []

    def upgrade(self, deadline: Deadline | None) -> Upgrade:
        assert deadline is not None
        self.tries += 1
        if self.errors:
            raise self.errors.pop(0)
        return DONE

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.seconds -= seconds

    def deploy(self, *, patient: bool = True) -> Upgrade:
        return UpgradeDatabase(self, self.sleep)(lambda: self.seconds, patient=patient)


@pytest.mark.parametrize(
    "error", [GONE, DatabaseRefused("ALMANAC_DATABASE_URL", "28P01"), SecretsUnavailable("throttled")]
)
def test_what_may_still_come_is_waited_for(error: AlmanacError) -> None:
    place = Place(error, error, error, seconds=270)

    assert place.deploy() == DONE
    assert place.pauses == [1.0, 2.0, 4.0]


@pytest.mark.parametrize("error", [StorageFailed("42703"), BadSettings("ALMANAC_DATABASE_URL", "is not a URL")])
def test_what_waiting_cannot_heal_is_told_at_once(error: AlmanacError) -> None:
    place = Place(error, seconds=270)

    with pytest.raises(type(error)):
        place.deploy()
    assert (place.tries, place.pauses) == (1, [])


def test_a_person_is_told_at_once() -> None:
    place = Place(GONE, seconds=270)

    with pytest.raises(DatabaseUnavailable):
        place.deploy(patient=False)
    assert place.tries == 1


def test_a_database_that_never_comes_is_told_while_there_is_time_to_tell() -> None:
    place = Place(*[GONE] * 1000, seconds=270)

    with pytest.raises(DatabaseUnavailable, match="no database answers"):
        place.deploy()

    assert sum(place.pauses) > 200, "it has waited nearly all of its time"
    assert max(place.pauses) == LONGEST_PAUSE
    assert place.seconds > UPGRADE_RESERVE_SECONDS
