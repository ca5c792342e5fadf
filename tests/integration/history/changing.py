"""A workspace in which things change, for whoever tells of it."""

from uuid import UUID, uuid4

from almanac.adapters.postgres.connection import Database


class Changing:
    """Events that come, by the product's hand or by a calendar's first reading."""

    database: Database
    ws_id: UUID

    def event(self, many: int = 1, ws_id: UUID | None = None) -> None:
        self.database.run(
            "INSERT INTO workspace_calendar_events (ws_id, title, start_at, end_at)"
            " SELECT :ws, 'Secret title', now(), now() FROM generate_series(1, :many)",
            ws=ws_id or self.ws_id,
            many=many,
        )

    def first_reading(self, many: int) -> None:
        """So many events of a calendar that is read for the first time, and that it was."""
        self.database.run("BEGIN")
        self.database.run("SELECT set_config('almanac.origin', 'import', true)")
        self.event(many)
        self.database.run("COMMIT")
        self.database.run(
            "SELECT almanac_add_to_history(:ws, 'calendar.imported', :id, NULL, 'import',"
            " jsonb_build_object('count', :many::integer))",
            ws=self.ws_id,
            id=uuid4(),
            many=many,
        )


def wait_for_a_waiting_session(database: Database) -> None:
    """Until another session of this database waits for a lock."""
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"  # pg_stat_activity stays as a transaction first sees it
    for _ in range(500):
        if database.run(waiting)[0][0]:
            return
        database.run("SELECT pg_sleep(0.01)")
    raise AssertionError("nobody waits")
