"""Everything that belongs to one workspace, row versions included: equal snapshots mean that nobody wrote anything."""

from uuid import UUID

from almanac.adapters.postgres.connection import Database

_OWNED = (
    "SELECT table_name FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)"
    " WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND column_name = 'ws_id' ORDER BY 1"
)
_BEHIND = {
    "calendar_sync_states": "t.connection_id IN (SELECT id FROM calendar_connections WHERE ws_id = :ws_id)",
    "calendar_sync_seen": "t.connection_id IN (SELECT id FROM calendar_connections WHERE ws_id = :ws_id)",
    "run_connections": "t.run_id IN (SELECT id FROM runs WHERE ws_id = :ws_id)",
    "webhook_attempts": "t.delivery_id IN (SELECT id FROM webhook_deliveries WHERE ws_id = :ws_id)",
    "export_mails": "t.export_id IN (SELECT id FROM exports WHERE ws_id = :ws_id)",
    "webhook_tests": "t.endpoint_id IN (SELECT id FROM webhook_endpoints WHERE ws_id = :ws_id)",
    "workspaces": "t.id = :ws_id",
}
"""Tables without a `ws_id`, and how their rows are a workspace's all the same."""
OF_NOBODY = {
    *(
        "almanac_migrations",
        "installation",
        "outbound_budget",
        "starting_channels",
        "preview_turns",
        "provider_pauses",
        "upkeep_progress",
        "workspace_history_epoch",
    ),
    *("api_keys", "console_logins", "idempotency_keys"),
    *("run_rollup", "run_rollup_times", "run_rollup_calls", "run_rollup_open", "run_rollup_young"),
}
"""Tables whose rows are no workspace's."""


def tables(database: Database) -> set[str]:
    sql = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
    return {row[0] for row in database.run(sql)}


def owned_tables(database: Database) -> dict[str, str]:
    """Name → condition that finds a workspace's rows."""
    return {row[0]: "t.ws_id = :ws_id" for row in database.run(_OWNED)} | _BEHIND


def snapshot(database: Database, ws_id: UUID) -> dict[str, list[str]]:
    """Per table its rows as text, with their versions."""
    found = {}
    for table, condition in owned_tables(database).items():
        sql = f"SELECT t::text || t.xmin::text || t.ctid::text FROM {table} t WHERE {condition} ORDER BY 1"
        found[table] = [row[0] for row in database.run(sql, ws_id=ws_id)]
    return found
