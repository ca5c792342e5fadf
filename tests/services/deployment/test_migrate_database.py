"""Migrating by hand: no deadline, and the names of what was applied."""

from almanac.services.clock import Deadline
from almanac.services.deployment.ports import Upgrade
from almanac.services.deployment.upgrade import MigrateDatabase


class Migrations:
    """Two migrations, of which the second one is missing."""

    def upgrade(self, deadline: Deadline | None) -> Upgrade:
        assert deadline is None, "a person waits for as long as it takes"
        return Upgrade(("0002_more.sql",), "0002_more.sql", ())


def test_the_names_of_what_was_applied_are_returned() -> None:
    assert MigrateDatabase(Migrations())() == ("0002_more.sql",)
