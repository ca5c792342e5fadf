"""Databases that tests take in turn: emptied after each, which is thirty times cheaper than a new copy.

What migrations put into tables is put back. One whose schema, settings or statistics a test has changed is dropped
instead: nobody sees what another test did.
"""

import itertools

from almanac.adapters.postgres.connection import Database, parse_url
from almanac.adapters.postgres.migrate import migrate
from almanac.errors import StorageFailed
from local.postgres import Postgres

# Notes every change of a schema but those of temporary tables, whoever makes it; `reuse.empty()` is told below.
_PREPARE = """
CREATE SCHEMA reuse;
CREATE TABLE reuse.schema_changes (command text);
CREATE TABLE reuse.lent_schemas AS SELECT oid FROM pg_namespace
    WHERE NOT starts_with(nspname, 'pg_') AND nspname NOT IN ('information_schema', 'reuse');
CREATE FUNCTION reuse.note_change() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO reuse.schema_changes SELECT command_tag FROM pg_event_trigger_ddl_commands()
        WHERE schema_name IS DISTINCT FROM 'pg_temp';
END $$;
CREATE FUNCTION reuse.note_removal() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO reuse.schema_changes SELECT object_type FROM pg_event_trigger_dropped_objects() WHERE NOT is_temporary;
END $$;
CREATE FUNCTION reuse.filled() RETURNS TABLE (name regclass) LANGUAGE sql AS $$
    SELECT oid::regclass FROM pg_class
    WHERE relkind = 'r' AND relnamespace IN (SELECT oid FROM reuse.lent_schemas) AND pg_relation_size(oid) > 0
$$;
CREATE FUNCTION reuse.digest(name regclass) RETURNS text LANGUAGE plpgsql AS $$
DECLARE answer text;
BEGIN
    EXECUTE format('SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM %s t', name) INTO answer;
    RETURN answer;
END $$;
CREATE FUNCTION reuse.standing() RETURNS text LANGUAGE sql AS $$
    SELECT format('%s %s',
        (SELECT sum(reltuples) FROM pg_class WHERE relnamespace IN (SELECT oid FROM reuse.lent_schemas)),
        (SELECT count(*) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
         WHERE d.datname = current_database()))
$$;
CREATE TABLE reuse.migrated_rows AS SELECT name, reuse.digest(name) AS digest FROM reuse.filled();
DO $$
DECLARE migrated regclass;
BEGIN
    FOR migrated IN SELECT name FROM reuse.migrated_rows LOOP
        EXECUTE format('CREATE TABLE reuse.%I AS TABLE %s', 'kept_' || migrated::oid, migrated);
    END LOOP;
END $$;
CREATE TABLE reuse.as_migrated AS SELECT reuse.standing() AS standing;
CREATE FUNCTION reuse.other_sessions() RETURNS TABLE (pid integer) LANGUAGE sql AS $$
    SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
$$;
-- Empties what a test has filled, and says whether all is as it was migrated.
CREATE FUNCTION reuse.empty() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE filled regclass;
BEGIN
    PERFORM pg_terminate_backend(pid) FROM reuse.other_sessions();
    FOR waited IN 1..5000 LOOP -- the server's own way to wait for one looks every 100 ms
        EXIT WHEN NOT EXISTS (SELECT FROM reuse.other_sessions());
        PERFORM pg_sleep(0.001), pg_stat_clear_snapshot();
    END LOOP;
    IF EXISTS (SELECT FROM reuse.schema_changes)
        OR (SELECT standing FROM reuse.as_migrated) IS DISTINCT FROM reuse.standing()
    THEN RETURN false; END IF;
    SET LOCAL session_replication_role = replica; -- neither cascades nor triggers: every table is emptied
    FOR filled IN SELECT name FROM reuse.filled() EXCEPT SELECT name FROM reuse.migrated_rows LOOP
        IF pg_relation_size(filled) > 1000000 THEN RETURN false; END IF;
        EXECUTE format('DELETE FROM %s', filled);
    END LOOP;
    FOR filled IN SELECT name FROM reuse.migrated_rows m WHERE digest IS DISTINCT FROM reuse.digest(m.name) LOOP
        EXECUTE format('DELETE FROM %s', filled);
        EXECUTE format('INSERT INTO %s TABLE reuse.%I', filled, 'kept_' || filled::oid);
    END LOOP;
    PERFORM setval(s.seqrelid, s.seqstart, false) FROM pg_sequence s;
    RETURN true;
END $$;
CREATE EVENT TRIGGER reuse_changes ON ddl_command_end EXECUTE FUNCTION reuse.note_change();
CREATE EVENT TRIGGER reuse_removals ON sql_drop EXECUTE FUNCTION reuse.note_removal();
"""


def migrated(server: Postgres) -> str:
    """Make a database with our tables in it; return its name."""
    url = server.create_database("migrated")
    migrate(url)
    return "migrated"


class LentDatabases:
    """Copies of one database of a server, each lent to one test at a time; nobody may be connected to that one.

    The server is without autovacuum: it would give the migrated one statistics within minutes, since the list of
    migrations is longer than the fifty rows that it waits for, and each copy would count as changed from then on.
    """

    def __init__(self, server: Postgres, template: str) -> None:
        self._server = server
        self._template = template
        self._numbers = itertools.count(1)
        self._free: list[str] = []
        self._kept: dict[str, Database] = {}
        database = Database(lambda: parse_url(server.url_of(template)))
        database.run(_PREPARE)
        database.close()

    def take(self) -> str:
        """Name of a database that holds nothing but what the one that is copied holds."""
        if self._free:
            return self._free.pop()
        name = f"{self._template}_{next(self._numbers)}"
        self._server.create_database(name, template=self._template)
        return name

    def connection(self, name: str) -> Database:
        """A connection that is kept: what a new one has to learn of the schema costs five times the work itself."""
        if name not in self._kept:
            self._kept[name] = Database(lambda: parse_url(self._server.url_of(name)))
        return self._kept[name]

    def give_back(self, name: str) -> None:
        """End its sessions and empty it for the next test, or drop it when that would not make it as it was."""
        database = self.connection(name)
        try:
            database.read("DISCARD ALL")  # what a test has set for its session
        except StorageFailed:  # within a transaction that it has left open
            database.close()
        if database.read("SELECT reuse.empty()")[0][0]:
            self._free.append(name)
        else:
            self._kept.pop(name).close()
            self._server.drop_database(name)

    def close(self) -> None:
        """Close every connection."""
        for database in self._kept.values():
            database.close()
