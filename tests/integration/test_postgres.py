"""The Postgres adapter against a real server, through a relay that counts and breaks."""

import os
import signal
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pg8000.native
import pytest
from pg8000.converters import timestamptz_in

from almanac.adapters.postgres.connection import Database, Statements, Target, parse_url
from almanac.errors import BadSettings, DatabaseUnavailable, StorageFailed
from local.stack.ports import free_port
from tests.certificates import self_signed
from tests.integration import rows
from tests.integration.wire import Wire

pytestmark = pytest.mark.integration


@pytest.fixture
def wire(database_url: str) -> Iterator[Wire]:
    with Wire(database_url) as wire:
        yield wire


@pytest.fixture
def database(wire: Wire) -> Iterator[Database]:
    database = Database(lambda: parse_url(wire.url))
    yield database
    database.close()


def together(database: Database, *steps: Callable[[], object]) -> None:
    """The steps in one transaction."""
    with database.transaction():
        for step in steps:
            step()


class TestUrl:
    @pytest.mark.parametrize(
        ("url", "expected"),
        [
            (
                "postgresql://ada:p%40ss%2F@127.0.0.1:5433/cal%20endar",
                Target("ada", "p@ss/", "127.0.0.1", 5433, "cal endar"),
            ),
            ("postgres://ada@localhost/calendar", Target("ada", None, "localhost", 5432, "calendar")),
            ("postgresql://ada:@[::1]/calendar", Target("ada", "", "::1", 5432, "calendar")),
            (
                "postgresql://ada@db.example.test/calendar?sslmode=disable",
                Target("ada", None, "db.example.test", 5432, "calendar"),
            ),
            (
                "postgresql://ada:p@/calendar?host=/run/postgres",
                Target("ada", "p", "localhost", 5432, "calendar", "/run/postgres/.s.PGSQL.5432"),
            ),
            (
                "postgresql://ada:p@/calendar?host=/run/postgres&port=5499",
                Target("ada", "p", "localhost", 5499, "calendar", "/run/postgres/.s.PGSQL.5499"),
            ),
        ],
    )
    def test_every_part_is_read(self, url: str, expected: Target) -> None:
        assert parse_url(url) == expected

    @pytest.mark.parametrize(
        "url",
        [
            "postgresql://ada:hidden@/calendar",
            "postgresql://:hidden@host.test/calendar",
            "postgresql://ada:hidden@host.test",
            "postgresql://ada:hidden@host.test/",
            "postgresql://ada:hidden@host.test:port/calendar",
            "postgresql://ada:hidden@host.test:99999/calendar",
            "postgresql://ada:hidden@[::1/calendar",
            "postgresql://ada:hidden@/calendar?host=/run/postgres&port=hidden",
            "mysql://ada:hidden@host.test/calendar",
            "hidden",
            "",
        ],
    )
    def test_an_unusable_one_is_one_line_that_names_the_variable_and_not_the_url(self, url: str) -> None:
        with pytest.raises(BadSettings) as raised:
            parse_url(url)

        assert raised.value.field == "ALMANAC_DATABASE_URL"
        assert "hidden" not in str(raised.value)
        assert "\n" not in str(raised.value)


class TestRoundTrips:
    @pytest.mark.parametrize(
        ("sql", "values"),
        [
            pytest.param("SELECT 1", {}, id="without parameters"),
            pytest.param("SELECT :a::integer + :b::integer", {"a": 1, "b": 2}, id="with parameters"),
            pytest.param("SELECT length(:text::text)", {"text": "x" * 3_000_000}, id="three megabytes out"),
            pytest.param("SELECT repeat('x', :n::integer)", {"n": 3_000_000}, id="three megabytes in"),
            pytest.param("SELECT generate_series(1, :n::integer)", {"n": 5_000}, id="many rows"),
        ],
    )
    def test_a_statement_is_one(self, database: Database, wire: Wire, sql: str, values: dict[str, Any]) -> None:
        database.run("SELECT 1")
        turns, counted = wire.turns, database.round_trips

        database.run(sql, **values)

        assert (wire.turns - turns, database.round_trips - counted) == (1, 1)

    def test_a_refused_statement_is_one(self, database: Database, wire: Wire) -> None:
        database.run("SELECT 1")
        turns = wire.turns
        with pytest.raises(StorageFailed):
            database.run("SELECT 1 / :zero::integer", zero=0)

        assert wire.turns - turns == 1

    def test_none_waits_for_an_acknowledgement(self, database: Database) -> None:
        """Nagle's rule would hold back the end of a statement over 8 KiB: 40 ms for each page of a calendar."""
        database.run("SELECT 1")
        assert database._connection._usock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    def test_the_stock_driver_would_take_more(self, wire: Wire) -> None:
        """What makes the tests above worth having: the counter sees a driver that waits in between."""
        parts = urlsplit(wire.url)
        stock = pg8000.native.Connection(
            parts.username,
            host="127.0.0.1",
            port=wire.port,
            password=parts.password,
            database=parts.path[1:],
            ssl_context=False,
        )
        with closing(stock):
            turns = wire.turns
            stock.run("SELECT :a::integer", a=1)

            assert wire.turns - turns > 1

    @pytest.mark.parametrize(
        "text",
        ["2026-03-29 01:30+00", "2026-03-29 01:30:07.250001+05:30"],
    )
    def test_instants_are_read_as_the_stock_driver_reads_them(self, database: Database, text: str) -> None:
        for zone in ("UTC", "Asia/Kolkata"):
            with database.transaction():
                database.run("SELECT set_config('TimeZone', :zone, true)", zone=zone)
                ((found, said),) = database.run("SELECT :at::text::timestamptz, :at::text::timestamptz::text", at=text)
            assert found == timestamptz_in(said)

    @pytest.mark.parametrize(
        ("text", "year"),
        [("-infinity", 1), ("0044-03-15 BC", 1), ("9999-12-31 23:59", 9999), ("20260-01-01", 9999), ("infinity", 9999)],
    )
    def test_what_no_zone_of_python_could_show_is_read_as_the_first_or_the_last_that_all_show(
        self, database: Database, text: str, year: int
    ) -> None:
        ((instant, day),) = database.run("SELECT :at::text::timestamptz, :at::text::date", at=text)

        shown = {instant.astimezone(ZoneInfo(zone)).year for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago")}
        assert shown == {year} == {(day + timedelta(days=days)).year for days in (-1, 1)}

    def test_values_come_back_as_they_went(self, database: Database) -> None:
        text = "\\ ' \" :name %s {} \x01 \u2028 ẍ 🧑🏽‍🚀"
        moment = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)

        assert database.run("SELECT :t::text, :m::timestamptz, :n::text", t=text, m=moment, n=None) == [
            [text, moment, None]
        ]


class TestTransactions:
    def test_all_or_nothing(self, database: Database) -> None:
        with pytest.raises(KeyError):
            together(database, lambda: rows.workspace(database), lambda: {}["a bug between two statements"])

        assert database.run("SELECT count(*) FROM workspaces") == [[0]]
        with database.transaction():
            rows.workspace(database)
        assert database.run("SELECT count(*) FROM workspaces") == [[1]]

    def test_a_refused_statement_rolls_back_and_leaves_the_connection_usable(
        self, database: Database, wire: Wire
    ) -> None:
        with pytest.raises(StorageFailed):
            together(database, lambda: rows.workspace(database), lambda: database.run("SELECT nonsense"))

        assert database.run("SELECT count(*) FROM workspaces") == [[0]]
        assert wire.connections == 1


class TestErrors:
    @pytest.mark.parametrize(
        ("sql", "state", "place"),
        [
            (
                (
                    "INSERT INTO calendar_auth_tokens (ws_id, user_id, account_email, refresh_token)"
                    " VALUES (:ws_id, 'ada', 'hidden@example.test', 'hidden')"
                ),
                "23514",
                "calendar_auth_tokens_refresh_token_check",
            ),
            ("INSERT INTO workspaces (id, name) VALUES (:ws_id, 'hidden')", "23505", "workspaces_pkey"),
            ("INSERT INTO workspaces (id, name) VALUES (:ws_id, NULL)", "23502", "workspaces"),
            (
                "INSERT INTO workspace_sync_leases (ws_id) SELECT gen_random_uuid() WHERE :ws_id::text <> ''",
                "23503",
                "workspace_sync_leases_ws_id_fkey",
            ),
            ("SELECT ('hidden' || :ws_id)::integer", "22P02", ""),
            ("SELECT ('hidden' || :ws_id)::timestamptz", "22007", ""),
            ("SELECT hidden FROM workspaces WHERE id = :ws_id", "42703", ""),
        ],
    )
    def test_a_refusal_names_state_and_constraint_never_a_value(
        self, database: Database, sql: str, state: str, place: str
    ) -> None:
        ws_id = rows.workspace(database)

        with pytest.raises(StorageFailed) as raised:
            database.run(sql, ws_id=str(ws_id))

        assert f"({state} {place}" in str(raised.value)
        assert "hidden" not in str(raised.value)
        assert str(ws_id) not in str(raised.value)

    @pytest.mark.parametrize(
        ("state", "error"),
        [
            ("53100", DatabaseUnavailable),  # disk full
            ("53200", DatabaseUnavailable),  # out of memory
            ("53300", DatabaseUnavailable),  # too many connections
            ("57014", DatabaseUnavailable),  # statement timeout
            ("57P01", DatabaseUnavailable),  # shutting down
            ("57P03", DatabaseUnavailable),  # starting up
            ("08006", DatabaseUnavailable),
            ("40001", DatabaseUnavailable),  # serialization
            ("40P01", DatabaseUnavailable),  # deadlock
            ("55P03", DatabaseUnavailable),  # lock not available
            ("25006", DatabaseUnavailable),  # read only: a replica, after a fail-over
            ("P0001", StorageFailed),
            ("22012", StorageFailed),
            ("23505", StorageFailed),
            ("42P01", StorageFailed),
            ("XX000", StorageFailed),
        ],
    )
    def test_which_states_waiting_can_heal(self, database: Database, state: str, error: type[Exception]) -> None:
        raising = f"DO $$ BEGIN RAISE EXCEPTION 'hidden' USING ERRCODE = '{state}'; END $$"
        for _ in range(2):
            with pytest.raises(error, match=state) as raised, database.transaction():
                database.run(raising)
            assert "hidden" not in str(raised.value)

        assert database.run("SELECT 1") == [[1]]

    @pytest.mark.parametrize(("state", "refusals", "tries"), [("40P01", 1, 2), ("40001", 2, 2), ("55P03", 1, 1)])
    def test_what_was_ended_for_another_transaction_is_tried_once_more(
        self, database: Database, state: str, refusals: int, tries: int
    ) -> None:
        database.run("CREATE SEQUENCE tries")  # counts on, whatever is rolled back
        database.run(
            f"CREATE FUNCTION attempt() RETURNS text LANGUAGE plpgsql AS $$ BEGIN IF nextval('tries') <= {refusals}"
            f" THEN RAISE EXCEPTION 'hidden' USING ERRCODE = '{state}'; END IF; RETURN 'done'; END $$"
        )
        run = Statements(database, {"attempt": "SELECT attempt()"})
        if tries > refusals:
            assert run.retried("attempt") == [["done"]]
        else:
            with pytest.raises(DatabaseUnavailable, match=state):
                run.retried("attempt")
        assert database.run("SELECT last_value FROM tries") == [[tries]]

    def test_after_a_fail_over_the_replica_is_not_asked_again(self, database: Database, wire: Wire) -> None:
        database.run("SET default_transaction_read_only = on")  # of this connection, as if it led to a replica

        with pytest.raises(DatabaseUnavailable), database.transaction():
            rows.workspace(database)

        rows.workspace(database)
        assert wire.connections == 2

    def test_a_parameter_that_is_missing_is_our_mistake(self, database: Database) -> None:
        with pytest.raises(StorageFailed, match="placeholder"):
            database.run("SELECT :a::text, :b::text", a="hidden")

        assert database.run("SELECT 1") == [[1]]


class TestConnecting:
    @pytest.mark.parametrize("change", ["password", "user", "database"])
    def test_a_refused_login_is_a_setting(self, database_url: str, change: str) -> None:
        parts = urlsplit(database_url)
        wrong = {
            "password": database_url.replace(parts.password or "", "wrong"),
            "user": database_url.replace("//almanac:", "//nobody:"),
            "database": database_url.replace(parts.path, "/nowhere"),
        }[change]
        database = Database(lambda: parse_url(wrong))

        with pytest.raises(BadSettings, match=r"^ALMANAC_DATABASE_URL: ") as raised, database.transaction():
            pytest.fail("nobody is logged in")
        assert "wrong" not in str(raised.value)

    def test_a_missing_password_is_a_setting(self, database_url: str) -> None:
        parts = urlsplit(database_url)
        database = Database(lambda: parse_url(database_url.replace(f":{parts.password}", "")))

        with pytest.raises(BadSettings, match=r"^ALMANAC_DATABASE_URL: .*login"):
            database.run("SELECT 1")

    def test_nobody_listening_is_unavailable(self, database_url: str) -> None:
        away = database_url.replace(str(urlsplit(database_url).port), str(free_port()))

        with pytest.raises(DatabaseUnavailable):
            Database(lambda: parse_url(away)).run("SELECT 1")

    def test_the_target_is_asked_at_every_connect(self, database_url: str) -> None:
        asked: list[str] = []

        def target() -> Target:
            asked.append(database_url)
            return parse_url(database_url)

        database = Database(target)
        assert asked == []
        for _ in range(2):
            database.run("SELECT 1")
            database.run("SELECT 1")
            database.close()
        assert len(asked) == 2

    def test_closing_twice_is_closing(self, database: Database) -> None:
        database.run("SELECT 1")
        database.close()
        database.close()

        assert database.run("SELECT 1") == [[1]]


class TestBreaking:
    def test_a_server_that_goes_away_in_a_transaction_undoes_it(self, database: Database, wire: Wire) -> None:
        with pytest.raises(DatabaseUnavailable):
            together(database, lambda: rows.workspace(database), wire.cut, lambda: rows.workspace(database))

        assert wire.connections == 1, "nobody connects only to roll back"
        assert database.run("SELECT count(*) FROM workspaces") == [[0]]

    def test_a_password_that_is_gone_with_the_connection_does_not_hide_why(self, wire: Wire) -> None:
        targets = iter([parse_url(wire.url)])

        def target() -> Target:
            for found in targets:
                return found
            raise BadSettings("ALMANAC_DATABASE_SECRET_ARN", "that secret cannot be read")

        database = Database(target)
        with pytest.raises(DatabaseUnavailable):
            together(database, wire.cut, lambda: database.run("SELECT 1"))

    def test_an_idle_connection_that_has_died_is_opened_again(self, database: Database, wire: Wire) -> None:
        database.run("SELECT 1")
        wire.cut()

        with database.transaction():
            rows.workspace(database)

        assert database.run("SELECT count(*) FROM workspaces") == [[1]]

    def test_a_session_that_the_server_has_ended_is_opened_again(self, database: Database, database_url: str) -> None:
        (pid,) = database.run("SELECT pg_backend_pid()")[0]
        other = Database(lambda: parse_url(database_url))
        ended = other.run("SELECT pg_terminate_backend(:pid, 5000)", pid=pid)
        other.close()

        with database.transaction():
            rows.workspace(database)

        assert ended == [[True]]
        assert database.run("SELECT count(*) FROM workspaces") == [[1]]

    def test_a_statement_of_its_own_is_never_sent_twice(self, database: Database, wire: Wire) -> None:
        database.run("SELECT 1")
        wire.break_at(1, "after")

        with pytest.raises(DatabaseUnavailable):
            rows.workspace(database)

        assert database.run("SELECT count(*) FROM workspaces") == [[1]]

    @pytest.mark.parametrize(("when", "kept"), [("before", 0), ("after", 1)])
    def test_a_commit_without_an_answer_is_reported_whatever_became_of_it(
        self, database: Database, wire: Wire, when: Any, kept: int
    ) -> None:
        database.run("SELECT 1")
        wire.break_at(3, when)

        with pytest.raises(DatabaseUnavailable), database.transaction():
            rows.workspace(database)

        assert database.run("SELECT count(*) FROM workspaces") == [[kept]]

    def test_a_server_that_does_not_answer_in_time_is_left(self, wire: Wire) -> None:
        database = Database(lambda: parse_url(wire.url), timeout_seconds=0.3)

        with pytest.raises(DatabaseUnavailable, match="TimeoutError"):
            database.run("SELECT pg_sleep(10)")

        assert database.run("SELECT 'its own answer'") == [["its own answer"]]
        database.close()

    def test_the_servers_own_statement_timeout_is_unavailable(self, database: Database) -> None:
        limit, sleep = "SET LOCAL statement_timeout = 50", "SELECT pg_sleep(10)"
        with pytest.raises(DatabaseUnavailable, match="57014"):
            together(database, lambda: database.run(limit), lambda: database.run(sleep))


class TestAnswersStayWithTheirQuestions:
    """What interrupts the reading of an answer leaves the rest of it on the wire, for the next statement to meet."""

    def test_after_an_answer_that_python_cannot_hold(self, database: Database) -> None:
        with pytest.raises(ValueError, match="24:00"):
            database.run("SELECT '24:00'::time")

        assert database.run("SELECT 'its own answer'") == [["its own answer"]]

    def test_after_an_interruption_in_a_transaction(self, database: Database) -> None:
        class Interrupted(BaseException):
            pass

        def interrupt(_number: int, _frame: object) -> None:
            raise Interrupted

        before = signal.signal(signal.SIGUSR1, interrupt)
        timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGUSR1))
        try:
            with pytest.raises(Interrupted):
                together(database, timer.start, lambda: database.run("SELECT pg_sleep(1)"))
        finally:
            timer.join()
            signal.signal(signal.SIGUSR1, before)

        assert database.run("SELECT 'its own answer'") == [["its own answer"]]

    def test_after_a_text_that_cannot_be_sent(self, database: Database) -> None:
        with pytest.raises(UnicodeEncodeError), database.transaction():
            database.run("SELECT :half::text", half="\ud83d")

        assert database.run("SELECT :text::text", text="its own answer") == [["its own answer"]]


class TestTls:
    def test_a_remote_server_is_verified_by_default(self) -> None:
        tls = parse_url("postgresql://ada@db.example.test/calendar").tls

        assert tls is not None
        assert (tls.verify_mode, tls.check_hostname) == (ssl.CERT_REQUIRED, True)

    @pytest.mark.parametrize("mode", ["require", "prefer", "allow", "verify-ca", "verify-full", "Disable", ""])
    def test_nothing_but_disable_switches_it_off(self, mode: str) -> None:
        tls = parse_url(f"postgresql://ada@db.example.test/calendar?sslmode={mode}").tls

        assert tls is not None
        assert tls.verify_mode == ssl.CERT_REQUIRED

    @pytest.mark.parametrize("content", [None, b"", b"no certificate"])
    def test_an_unusable_ca_file_is_named(self, tmp_path: Path, content: bytes | None) -> None:
        file = tmp_path / "ca.pem"
        if content is not None:
            file.write_bytes(content)

        with pytest.raises(BadSettings, match=r"^ALMANAC_DATABASE_CA_FILE: "):
            parse_url("postgresql://ada@db.example.test/calendar", str(file))

    def test_a_server_without_tls_gets_no_password(self) -> None:
        target = parse_url("postgresql://ada:hidden@db.example.test/calendar")

        with SpeakingServer(b"N") as server, pytest.raises((DatabaseUnavailable, BadSettings)):
            Database(lambda: local(target, server)).run("SELECT 1")

        assert server.received == b""

    def test_a_certificate_that_nobody_vouches_for_gets_no_password(self, tmp_path: Path) -> None:
        certificate = self_signed(tmp_path, "127.0.0.1")
        target = parse_url("postgresql://ada:hidden@db.example.test/calendar")

        with SpeakingServer(b"S", certificate) as server, pytest.raises((DatabaseUnavailable, BadSettings)) as raised:
            Database(lambda: local(target, server)).run("SELECT 1")

        assert "SSLCertVerificationError" in str(raised.value)
        assert server.received == b""

    def test_a_certificate_of_the_given_authority_is_trusted(self, tmp_path: Path) -> None:
        certificate = self_signed(tmp_path, "localhost")
        target = parse_url("postgresql://ada:hidden@db.example.test/calendar", str(certificate))

        with SpeakingServer(b"S", certificate) as server, pytest.raises(DatabaseUnavailable):
            Database(lambda: local(target, server)).run("SELECT 1")

        assert b"user\0ada\0" in server.received

    def test_a_certificate_of_another_host_is_not(self, tmp_path: Path) -> None:
        certificate = self_signed(tmp_path, "db.example.test")
        target = parse_url("postgresql://ada:hidden@db.example.test/calendar", str(certificate))

        with SpeakingServer(b"S", certificate) as server, pytest.raises((DatabaseUnavailable, BadSettings)):
            Database(lambda: local(target, server)).run("SELECT 1")

        assert server.received == b""


def local(target: Target, server: "SpeakingServer") -> Target:
    return Target(target.user, target.password, "localhost", server.port, target.database, tls=target.tls)


class SpeakingServer:
    """Answers the request for TLS with one letter, then keeps the first thing it is told, by TLS if it offered that."""

    def __init__(self, letter: bytes, certificate: Path | None = None) -> None:
        self._letter = letter
        self._context = None
        if certificate is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(certificate)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)
        self.port: int = self._listener.getsockname()[1]
        self.received = b""

    def __enter__(self) -> "SpeakingServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        client, _ = self._listener.accept()
        with client:
            client.settimeout(10)
            client.recv(8)
            client.sendall(self._letter)
            try:
                if self._context is None:
                    self.received = client.recv(4096)
                else:
                    with self._context.wrap_socket(client, server_side=True) as secure:
                        self.received = secure.recv(4096)
            except OSError:
                self.received = b""
