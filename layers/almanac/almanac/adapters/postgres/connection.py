"""One Postgres connection a process: opened on first use, one round trip a statement, errors translated.

SQL stands in `*.sql` beside this module, a name a statement; its parameters are always bound, never pasted.
"""

import re
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pg8000.core
import pg8000.native
from pg8000.exceptions import DatabaseError, InterfaceError

from almanac.domain.readable_years import day, instant
from almanac.errors import BadSettings, DatabaseRefused, DatabaseUnavailable, StorageFailed

Rows = Sequence[Sequence[Any]]
_URL = "ALMANAC_DATABASE_URL"
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
_UNAVAILABLE_CLASSES = ("08", "53", "57")
"""SQLSTATE classes that waiting can heal: connection exception, insufficient resources (disk, memory, connections),
operator intervention (shutdown, crash recovery). https://www.postgresql.org/docs/current/errcodes-appendix.html"""
_BEGIN, _BEGIN_SNAPSHOT = "BEGIN", "BEGIN ISOLATION LEVEL REPEATABLE READ"
_ENDED_FOR_ANOTHER = ("40001", "40P01")
"""Nothing of it was written: a deadlock, or rows that have changed meanwhile."""
_SERIALIZATION = (*_ENDED_FOR_ANOTHER, "55P03")
_READ_ONLY = "25006"
_NO_TABLE = "42P01"


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect. `tls` is None for a socket on this machine, else a context that verifies the server."""

    user: str
    password: str | None = field(repr=False)
    host: str
    port: int
    database: str
    unix_socket: str | None = None
    tls: ssl.SSLContext | None = None
    setting: str = _URL
    """The environment variable that leads here, for whoever has to correct it."""


def parse_url(url: str, ca_file: str | None = None) -> Target:
    """Read postgresql://user:password@host:port/name?host=/socket/folder&port=…&sslmode=….

    TLS is on and verified unless the URL says `sslmode=disable`, or the server is on this machine and the URL asks for
    no mode; a tunnel that ends here wants `sslmode=require`, which checks the certificate but not its name.
    Raises BadSettings naming ALMANAC_DATABASE_URL, without the URL.
    """
    try:
        parts = urlsplit(url)
        options = parse_qs(parts.query)
        port = parts.port or int(options.get("port", ["5432"])[0])
    except ValueError:
        raise BadSettings(_URL, "is not a URL like postgresql://user:password@host:5432/name") from None
    folder = options.get("host", [""])[0]
    host = parts.hostname or ("localhost" if folder.startswith("/") else "")
    database = unquote(parts.path.lstrip("/"))
    if not (parts.scheme in ("postgres", "postgresql") and host and parts.username and database):
        raise BadSettings(_URL, "needs user, host and database name: postgresql://user:password@host:5432/name")
    local, mode = host in _LOCAL_HOSTS, options.get("sslmode", [""])[0]
    plain = folder.startswith("/") or mode == "disable" or (local and not mode)
    return Target(
        user=unquote(parts.username),
        password=unquote(parts.password) if parts.password is not None else None,
        host=host,
        port=port,
        database=database,
        unix_socket=f"{folder}/.s.PGSQL.{port}" if folder.startswith("/") else None,
        tls=None if plain else _verified(ca_file, check_name=not local or mode == "verify-full"),
    )


def _verified(ca_file: str | None, *, check_name: bool) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise BadSettings("ALMANAC_DATABASE_CA_FILE", "is not a readable PEM file") from error
    context.check_hostname = check_name
    return context


_TIMESTAMPTZ, _DATE = 1184, 1082  # type ids, the same in every Postgres

_parameterised = lru_cache(maxsize=256)(pg8000.native.to_statement)


class OneTripConnection(pg8000.native.Connection):  # type: ignore[misc]
    """pg8000, with a parameterised statement sent whole: one round trip and one Sync instead of three.

    The stock driver waits for the server after Parse and again after Describe; behind a pooler in transaction mode the
    three parts could even reach different servers. Message flow: https://www.postgresql.org/docs/current/protocol-flow.html
    """

    def send_at_once(self) -> None:
        """Over TCP: never hold a small packet back until the one before it is acknowledged (libpq does the same).

        A statement over 8 KiB leaves in two parts, and the server acknowledges the first after 40 ms if it must wait.
        """
        self._usock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def run(self, sql: str, stream: Any = None, types: Any = None, **params: Any) -> Any:
        """As the stock driver's, but a statement's text is searched for parameters once, not every time."""
        if not params:
            return super().run(sql, stream=stream, types=types)
        statement, values = _parameterised(sql)
        self._context = self.execute_unnamed(statement, values(params))
        return self._context.rows

    def execute_unnamed(self, statement: str, vals: Any = (), oids: Any = (), stream: Any = None) -> Any:
        """Parse, Describe, Bind, Execute, Sync in one write."""
        context = pg8000.core.Context(statement, stream=stream)
        self.send_PARSE(pg8000.core.NULL_BYTE, statement, oids)
        self.send_DESCRIBE_STATEMENT(pg8000.core.NULL_BYTE)
        self.send_BIND(pg8000.core.NULL_BYTE, pg8000.core.make_params(self.py_types, vals))
        self.send_EXECUTE()
        pg8000.core._write(self._sock, pg8000.core.SYNC_MSG)
        pg8000.core._flush(self._sock)
        self.handle_messages(context)
        return context


class Database:
    """A connection that opens itself, is dropped when it breaks, and is opened again by the next transaction."""

    def __init__(
        self, target: Callable[[], Target], timeout_seconds: float = 30, forget: Callable[[], None] | None = None
    ) -> None:
        """`target` is asked at every connect, because a password may be short-lived.

        `forget` makes it look for one anew: after a login that was refused, for the password may have been rotated.
        """
        self._target = target
        self._forget = forget
        self._timeout = timeout_seconds
        self._connection: Any = None
        self._in_transaction = False
        self.round_trips = 0
        """Statements sent so far, one round trip each."""

    @contextmanager
    def transaction(self, *, reconnect: bool = True, snapshot: bool = False) -> Iterator["Database"]:
        """All or nothing. Raises DatabaseUnavailable or StorageFailed; whatever is raised inside rolls back.

        `snapshot`: every statement sees the moment of the first one, and none overwrites what came after it (40001).
        `reconnect`: a connection that has died meanwhile is opened again. Not for what goes on where an earlier
        transaction stopped: the server may have restarted, and lost that one.
        """
        self._send(_BEGIN_SNAPSHOT if snapshot else _BEGIN, {}, reconnect=reconnect)
        self._in_transaction = True
        try:
            yield self
        except BaseException:
            self._in_transaction = False
            self._roll_back()
            raise
        self._in_transaction = False
        self._send("COMMIT", {})

    def read(self, sql: str, **values: Any) -> Rows:
        """Run one statement that only reads, over a new connection if the last one has died meanwhile."""
        try:
            return self._send_once(sql, values)
        except DatabaseUnavailable:
            return self._send_once(sql, values)

    def run(self, sql: str, **values: Any) -> Rows:
        """Run one statement: in the open transaction, else as a transaction of its own."""
        return self._send(sql, values)

    def statements(self, file: str, package: str = "almanac.adapters.postgres") -> "Statements":
        """Return the statements of a package's `.sql` file, bound to this database."""
        return Statements(self, statements(file, package))

    def limit_waits(self, seconds: float) -> None:
        """From now on no wait for the server lasts longer than that; one that does breaks the connection."""
        self._timeout = seconds
        if self._connection is not None:
            self._connection._usock.settimeout(seconds)

    def close(self) -> None:
        """Drop the connection; the next statement opens a new one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except (InterfaceError, DatabaseError, OSError):
                return  # it is gone already, which is what was asked for

    def _send(self, sql: str, values: Mapping[str, Any], *, reconnect: bool = True) -> Rows:
        fresh = self._connection is None or not reconnect
        try:
            return self._send_once(sql, values)
        except DatabaseUnavailable:
            # An idle connection may have died since the last invocation. Nothing was begun yet: once more is safe.
            if fresh or self._in_transaction or sql not in (_BEGIN, _BEGIN_SNAPSHOT):
                raise
            return self._send_once(sql, values)

    def _send_once(self, sql: str, values: Mapping[str, Any]) -> Rows:
        try:
            if self._connection is None:
                self._connection = self._connect()
            self.round_trips += 1
            return self._connection.run(sql, **values) or ()
        except DatabaseError as error:
            raise self._translate(error) from None
        except (InterfaceError, OSError, EOFError) as error:
            if "placeholder" in str(error):
                raise StorageFailed(str(error)) from None  # our own statement, not the network
            self.close()
            raise DatabaseUnavailable(f"the database connection broke ({type(error).__name__})") from None
        except BaseException:
            self.close()  # part of an answer may be left unread: no other statement may take it for its own
            raise

    def _connect(self) -> Any:
        try:
            return self._sign_in(self._target())
        except DatabaseError as error:
            if self._forget is None or not _sqlstate(error).startswith("28"):
                raise
            self._forget()
            return self._sign_in(self._target())

    def _sign_in(self, target: Target) -> Any:
        try:
            connection = OneTripConnection(
                target.user,
                host=target.host,
                port=target.port,
                database=target.database,
                password=target.password or "",  # the driver fails on None when the server asks for one
                unix_sock=target.unix_socket,
                ssl_context=target.tls if target.tls is not None else False,
                timeout=self._timeout,
                tcp_keepalive=True,
                application_name="almanac",
            )
            connection.register_in_adapter(_TIMESTAMPTZ, instant)
            connection.register_in_adapter(_DATE, day)
            if target.unix_socket is None:
                connection.send_at_once()
        except (InterfaceError, OSError, EOFError) as error:
            raise DatabaseUnavailable(_unreachable(target, error)) from None
        return connection

    def _translate(self, error: DatabaseError) -> DatabaseUnavailable | StorageFailed:
        """The SQLSTATE and the constraint's name tell enough; the server's text can quote values."""
        fields, state = _fields(error), _sqlstate(error)
        place = fields.get("n") or fields.get("t") or fields.get("R") or ""
        detail = f"{state} {place}".strip()
        if state.startswith("28") or state == "3D000":
            self.close()
            raise DatabaseRefused(_URL, f"the database refuses the login or does not exist ({state})")
        if state[:2] in _UNAVAILABLE_CLASSES:
            self.close()
            return DatabaseUnavailable(f"the database is not available ({detail})")
        if state == _READ_ONLY:
            self.close()  # after a fail-over this connection leads to a replica; the next one to the new primary
        if state in (*_SERIALIZATION, _READ_ONLY):
            return DatabaseUnavailable(f"the database asks to try again ({detail})", sqlstate=state)
        if state == _NO_TABLE:
            return StorageFailed(f"the tables are missing: run `almanac migrate` ({state})")
        return StorageFailed(f"the database refused a statement ({detail})", state)

    def _roll_back(self) -> None:
        if self._connection is None:
            return  # dropped meanwhile, which rolls back
        try:
            self._send_once("ROLLBACK", {})
        except (DatabaseUnavailable, StorageFailed):
            self.close()  # a connection that cannot roll back is dropped, which rolls back


def _fields(error: DatabaseError) -> Mapping[str, Any]:
    """Return what the server said, by the letters of its protocol."""
    return error.args[0] if error.args and isinstance(error.args[0], dict) else {}


def _sqlstate(error: DatabaseError) -> str:
    return str(_fields(error).get("C", "?????"))


_HAPPENED = {
    "ConnectionRefusedError": "nobody listens there",
    "gaierror": "there is no host of that name",
    "TimeoutError": "no answer in time",
}
"""What people call what sockets raise."""


def _unreachable(target: Target, error: Exception) -> str:
    """Say which setting leads where, and what happened there; the driver hides the socket's error behind its own."""
    cause = type(error.__cause__ or error).__name__
    happened = _HAPPENED.get(cause, cause)
    place = target.unix_socket or f"{target.host}:{target.port}"
    return f"{target.setting}: no database answers at {place} ({happened}); start it, or correct the setting"


class Statements:
    """The statements of one `.sql` file, bound to a database: `run("take_lease", ws_id=…)` is one round trip."""

    def __init__(self, database: Database, sql: Mapping[str, str]) -> None:
        self._database = database
        self._sql = sql

    def __call__(self, name: str, /, **values: Any) -> Rows:
        """Run a statement; return its rows. Raises as `Database.run`, and KeyError for an unknown name."""
        return self._database.run(self._sql[name], **values)

    def read(self, name: str, /, **values: Any) -> Rows:
        """Run a statement that only reads, in one round trip, over a new connection if the last one has died."""
        return self._database.read(self._sql[name], **values)

    def alone(self, name: str, /, **values: Any) -> Rows:
        """Run a statement in a transaction of its own, which opens a connection that has died meanwhile again."""
        with self._database.transaction():
            return self(name, **values)

    def retried(self, name: str, /, **values: Any) -> Rows:
        """Do as `alone`, and once more where Postgres has ended the transaction for the sake of another one."""
        try:
            return self.alone(name, **values)
        except DatabaseUnavailable as error:
            if error.sqlstate not in _ENDED_FOR_ANOTHER:
                raise
        return self.alone(name, **values)


@cache
def statements(file: str, package: str = "almanac.adapters.postgres") -> Mapping[str, str]:
    """Return the statements of a package's `.sql` file: `-- name: take_lease` starts one.

    Raises KeyError when used with an unknown name.
    """
    text = (files(package) / file).read_text(encoding="utf-8")
    parts = re.split(r"^-- name: (\w+)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], (part.strip().rstrip(";") for part in parts[2::2]), strict=True))
