"""What the command line says without a database: help, bad usage, missing settings, pipes."""

import io
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography.fernet import Fernet

import almanac.__main__ as almanac_main
from almanac.cli.following import ProgressLine
from almanac.cli.main import main
from almanac.presentation.tables import duration_text, instant_text, table
from almanac.services.operations.follow_request import RequestProgress
from tests.cli.shell import Shell

WS = "6f6c8c58-6a1f-4b8e-9a77-0d8f4f5b6f01"
SECRET = "1//very-secret-refresh-token"
DATABASE = "postgresql://ada:hunter2@localhost:1/almanac"
ADD = ("account", "add", "--workspace", WS, "--email", "ada@example.test", "--user", "ada", "--token-file")


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("migrate",),
        ("new-key",),
        ("workspace", "add"),
        ("workspace", "list"),
        ("workspace", "set"),
        ("account", "add"),
        ("account", "list"),
        ("account", "disconnect"),
        ("calendar", "switch"),
        ("connections",),
        ("sync",),
        ("runs",),
        ("queues",),
        ("redrive",),
        ("discard",),
        ("upkeep",),
    ],
)
def test_every_command_has_help(almanac: Shell, words: tuple[str, ...]) -> None:
    ended = almanac(*words, "--help")

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(f"usage: almanac {' '.join(words)}".rstrip())


@pytest.mark.parametrize(
    ("argv", "about"),
    [
        ((), "command"),
        (("nonsense",), "command"),
        (("workspace",), "command"),
        (("workspace", "add", "--timezone", "UTC"), "--name"),
        (("workspace", "add", "--name", "", "--timezone", "UTC"), "--name"),
        (("workspace", "add", "--name", "x" * 256, "--timezone", "UTC"), "--name"),
        (("workspace", "add", "--name", "a\udcffb", "--timezone", "UTC"), "--name"),
        (("workspace", "add", "--name", "Team", "--timezone", "Mars/Olympus"), "--timezone"),
        (("workspace", "add", "--name", "Team", "--timezone", "../UTC"), "--timezone"),
        (("workspace", "add", "--name", "Team", "--timezone", "W-SU"), "--timezone"),
        (("workspace", "add", "--name", "Team", "--timezone", "UTC", "--id", "7"), "--id"),
        ((*ADD[:4], "--email", "ada", "--user", "ada", "--token-file", "f"), "--email"),
        (("connections", ""), "WS"),
        (("workspace", "set", WS), "--timezone"),
        (("workspace", "set", WS, "--timezone", "Mars/Olympus"), "--timezone"),
        (("account", "disconnect", WS), "--email"),
        (("account", "disconnect", "--workspace", WS), "--email"),
        (("account", "disconnect", "ada@example.test", "bob@example.test", "--workspace", WS), "ACCOUNT"),
        (("calendar", "switch", WS, "Climbing"), "state"),
        (("calendar", "switch", WS, "Climbing", "maybe"), "state"),
        (("connections",), "WS"),
        (("sync",), "WS"),
        (("sync", WS, "--all"), "WS"),
        (("sync", "--all", "--force"), "--force"),
        (("sync", "--all", "--calendar", "primary"), "--calendar"),
        (("sync", WS, "--mode", "fast"), "--mode"),
        (("sync", WS, "--wait", "--timeout", "soon"), "--timeout"),
        (("sync", WS, "--wait", "--timeout", "0"), "--timeout"),
        (("runs", "--limit", "0"), "--limit"),
        (("runs", "--limit", "many"), "--limit"),
        (("runs", "--run", "7"), "--run"),
        (("runs", WS, "--run", WS), "--run"),
        (("runs", "--run", WS, "--summary"), "--run"),
        (("runs", "--job", "dinner"), "--job"),
        (("runs", "--summary", "--failed"), "--summary"),
        (("runs", "--summary", "--job", "sync"), "--summary"),
        (("runs", "--since", "1h"), "--since"),
        (("runs", "--summary", "--since", "soon"), "--since"),
        (("runs", "--summary", "--since", "0m"), "--since"),
        (("runs", "--summary", "--since", "367d"), "--since"),
        (("queues", "--dead", "nothing"), "--dead"),
        (("queues", "--limit", "3"), "--limit"),
        (("queues", "--bodies"), "--bodies"),
        (("task", "change", WS, WS, "--deadline", "9999-12-31T23:59:59-12:00"), "--deadline"),
        (("meeting", "change", WS, WS, "--earliest", "0001-01-01T00:00:00+14:00"), "--earliest"),
        (("task", "change", WS, WS, "--split", "--whole"), "--whole"),
        (("task", "change", WS, WS, "--nobody", "--user", "ada"), "--user"),
        (("meeting", "change", WS, WS, "--hard", "--soft"), "--soft"),
        (("history", WS, "--at", "9999-12-31T23:59:59-12:00"), "--at"),
        (("redrive", "nothing"), "queue"),
        (("discard", "sync"), "MESSAGE"),
    ],
)
def test_bad_usage_is_told_in_one_line_that_names_the_argument(
    almanac: Shell, argv: tuple[str, ...], about: str
) -> None:
    ended = almanac(*argv)

    assert ended.code == 2
    assert ended.complaint.startswith("almanac: ")
    assert about in ended.complaint


def test_what_is_not_understood_is_not_repeated(almanac: Shell) -> None:
    for argv in ((*ADD, "-", SECRET), (*ADD, "-", f"--refresh-token={SECRET}"), ("connections", SECRET)):
        ended = almanac(*argv)
        assert ended.code == 2
        assert SECRET not in ended.complaint


@pytest.mark.parametrize(
    ("argv", "settings", "complaint"),
    [
        (("migrate",), {}, "ALMANAC_DATABASE_URL: missing"),
        (("migrate",), {"database_url": "hunter2"}, "ALMANAC_DATABASE_URL: is not a URL"),
        (("migrate",), {"database_url": "postgresql://hunter2"}, "ALMANAC_DATABASE_URL: needs user, host"),
        (("migrate",), {"database_url": "postgresql://ada:hunter2@h:port/x"}, "ALMANAC_DATABASE_URL: is not a URL"),
        (("connections", WS), {}, "ALMANAC_DATABASE_URL: missing"),
        (("runs",), {}, "ALMANAC_DATABASE_URL: missing"),
        (("queues",), {}, "ALMANAC_SYNC_QUEUE_URL: missing"),
        (("queues",), {"sync_queue_url": "hunter2"}, "ALMANAC_SYNC_QUEUE_URL: is not the URL"),
        (("queues", "--dead"), {}, "ALMANAC_SYNC_QUEUE_URL: missing"),
        (("queues", "--dead", "schedule"), {}, "ALMANAC_SCHEDULE_QUEUE_URL: missing"),
        (("redrive", "schedule"), {}, "ALMANAC_SCHEDULE_QUEUE_URL: missing"),
    ],
)
def test_a_setting_that_is_missing_or_unusable_is_named(
    almanac: Shell,
    monkeypatch: pytest.MonkeyPatch,
    argv: tuple[str, ...],
    settings: dict[str, str],
    complaint: str,
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    almanac.set(**settings)

    ended = almanac(*argv)

    assert ended.code == 2
    assert ended.complaint.startswith(f"almanac: {complaint}")
    assert "hunter2" not in ended.complaint


@pytest.mark.parametrize("argv", [("queues",), ("redrive", "sync"), ("queues", "--dead")])
def test_without_any_setting_it_is_the_queue_that_is_missing(
    almanac: Shell, monkeypatch: pytest.MonkeyPatch, argv: tuple[str, ...]
) -> None:
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")

    assert almanac(*argv).complaint.startswith("almanac: ALMANAC_SYNC_QUEUE_URL: missing")


def test_an_option_that_a_command_does_not_know_leads_to_its_own_help(almanac: Shell) -> None:
    ended = almanac("schedule", WS, "--previw")

    assert (ended.code, ended.complaint) == (
        2,
        "almanac: unknown argument --previw (see `almanac schedule --help`)",
    )


def test_a_database_that_is_not_there_is_a_failure_and_no_bad_usage(almanac: Shell) -> None:
    almanac.set(database_url=DATABASE)

    ended = almanac("runs")

    assert ended.code == 1
    assert ended.complaint.startswith("almanac: ALMANAC_DATABASE_URL: no database answers at ")
    assert ended.complaint.endswith(" (nobody listens there); start it, or correct the setting")
    assert "hunter2" not in ended.complaint


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (f'{{"refresh_token": "{SECRET}"', "--token-file: is not a JSON object"),
        (SECRET, "--token-file: is not a JSON object"),
        (f'["{SECRET}"]', "--token-file: is not a JSON object"),
        ("", "--token-file: is not a JSON object"),
        (f'{{"refresh_token": "{SECRET}", "refresh_token": "r"}}', "refresh_token: is given more than once"),
        (f'{{"{SECRET}": 1, "{SECRET}": 2}}', "--token-file: is not a JSON object"),
        (f'{{"access_token": "{SECRET}"}}', "refresh_token: missing"),
        ('{"refresh_token": ""}', "refresh_token: must have at least 1 character"),
        (f'{{"refresh_token": ["{SECRET}"]}}', "refresh_token: must be text"),
        (f'{{"refresh_token": "{SECRET}\\n{SECRET}"}}', "refresh_token: must look like"),
        (f'{{"refresh_token": "r", "access_token": "{SECRET} x"}}', "access_token: must look like"),
        (f'{{"refresh_token": "r", "expires_at": "{SECRET}"}}', "expires_at: must be an instant with an offset"),
        (
            '{"refresh_token": "r", "expires_at": "2026-01-01T00:00:00"}',
            "expires_at: must be an instant with an offset",
        ),
    ],
)
@pytest.mark.parametrize("source", ["file", "stdin"])
def test_an_unusable_token_file_is_told_by_its_field_and_never_quoted(
    almanac: Shell, tmp_path: Path, content: str, complaint: str, source: str
) -> None:
    file = tmp_path / "token.json"
    file.write_text(content)
    almanac.type(content)

    ended = almanac(*ADD, file if source == "file" else "-")

    assert ended.code == 2
    assert ended.complaint.startswith(f"almanac: {complaint}")
    assert SECRET not in ended.complaint


@pytest.mark.parametrize("name", ["missing.json", "", "nul\0name", f'{{"refresh_token": "{SECRET}"}}', "x" * 5000])
def test_a_token_file_that_cannot_be_read_is_bad_usage(almanac: Shell, tmp_path: Path, name: str) -> None:
    ended = almanac(*ADD, f"{tmp_path}/{name}")

    assert ended.code == 2
    assert ended.complaint.startswith("almanac: --token-file: cannot be read")
    assert SECRET not in ended.complaint


def test_a_new_key_is_one_that_encrypts(almanac: Shell) -> None:
    plain, document = almanac("new-key"), almanac("new-key", "--json")

    assert Fernet(plain.out.strip()).decrypt(Fernet(plain.out.strip()).encrypt(b"x")) == b"x"
    assert Fernet(document.json["key"])
    assert document.json["key"] != plain.out.strip()


def run_python(code: str, stdout: int) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ALMANAC_", "AWS_"))}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=environment, text=True, stdout=stdout, stderr=subprocess.PIPE, check=False)


@pytest.mark.parametrize("argv", [["--help"], ["migrate"], ["new-key"], ["sync", "--help"]])
def test_help_and_migrate_load_no_google_and_no_aws_code(argv: list[str]) -> None:
    code = (
        f"import sys\nfrom almanac.cli.main import main\nmain({argv!r})\n"
        "print([m for m in ('boto3', 'botocore', 'googleapiclient', 'httplib2') if m in sys.modules])"
    )

    done = run_python(code, subprocess.PIPE)

    assert done.stdout.splitlines()[-1] == "[]", done.stderr


def test_an_output_without_those_letters_is_no_error() -> None:
    code = "import sys; from almanac.cli.main import main; sys.exit(main(['account', 'add', '--help']))"
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}

    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert '{"refresh_token": "?"' in done.stdout


def test_the_version_is_told(almanac: Shell) -> None:
    ended = almanac("--version")

    assert (ended.code, ended.out) == (0, f"almanac {version('almanac')}\n")


@pytest.mark.parametrize("argv", [["--help"], ["new-key"]])
def test_a_reader_that_has_left_is_no_error(argv: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = run_python(f"import sys; from almanac.cli.main import main; sys.exit(main({argv!r}))", writer)
    os.close(writer)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no such device")
def test_a_full_disk_is_told_in_one_line() -> None:
    with Path("/dev/full").open("wb") as full:
        done = run_python("import sys; from almanac.cli.main import main; sys.exit(main(['new-key']))", full.fileno())

    assert (done.returncode, done.stderr) == (1, "almanac: the output cannot be written: No space left on device\n")


def test_a_closed_output_is_no_error(almanac: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)

    assert main(["new-key"]) == 0


def test_an_interrupt_while_the_command_line_loads_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(name: str, *_: object) -> None:
        if name == "almanac.cli.main":
            raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "almanac.cli.main")
    monkeypatch.setattr(sys, "meta_path", [SimpleNamespace(find_spec=interrupted), *sys.meta_path])

    assert almanac_main.main() == 130


def test_python_m_almanac_is_the_same_command_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "almanac", "new-key", "--json"], capture_output=True, text=True, check=True
    )

    assert set(json.loads(done.stdout)) == {"key"}


class TestProgressLine:
    def say(self, monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> str:
        stream = io.StringIO()
        monkeypatch.setattr(stream, "isatty", lambda: terminal)
        monkeypatch.setattr(sys, "stderr", stream)
        line = ProgressLine()
        for second in range(7):
            line(
                RequestProgress("waiting", second)
                if second < 2
                else RequestProgress("running", second, 1, 100 * second)
            )
        line.end()
        return stream.getvalue()

    def test_a_terminal_sees_one_line_that_renews_itself_and_vanishes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        said = self.say(monkeypatch, terminal=True)

        assert "\n" not in said
        assert said.split("\r\x1b[K")[3] == "running, 2 s, 1 calendar(s) done, 200 events listed"
        assert said.endswith("\r\x1b[K")

    def test_a_log_file_hears_of_changes_at_once_and_else_now_and_then(self, monkeypatch: pytest.MonkeyPatch) -> None:
        said = self.say(monkeypatch, terminal=False)

        assert [line.partition(" s")[0] for line in said.splitlines()] == ["waiting, 0", "running, 2"]


class TestTables:
    def test_columns_are_as_wide_as_their_widest_cell(self) -> None:
        assert table(("A", "LONG"), [("wide cell", 1), ("x", None)]).splitlines() == [
            "A          LONG",
            "wide cell  1",
            "x          -",
        ]

    def test_a_name_from_a_stranger_neither_breaks_a_line_nor_steers_the_terminal(self) -> None:
        assert table(("NAME",), [("a\nb\x1b[31mc\u202e",)]) == "NAME\na b [31mc"

    @pytest.mark.parametrize(
        ("seconds", "text"),
        [
            (None, "-"),
            (0, "0.0 s"),
            (0.44, "0.4 s"),
            (9.99, "10.0 s"),
            (59.6, "1 min 0 s"),
            (185, "3 min 5 s"),
            (7800, "2 h 10 min"),
            (90_000, "1 d 1 h"),
        ],
    )
    def test_a_duration_has_two_units_at_most(self, seconds: float | None, text: str) -> None:
        assert duration_text(seconds) == text

    def test_instants_are_shown_in_utc(self) -> None:
        zone = timezone(timedelta(hours=2))
        assert instant_text(datetime(2026, 3, 1, 14, 0, 5, 999, zone)) == "2026-03-01T12:00:05Z"
        assert instant_text(datetime(2026, 3, 1, tzinfo=UTC)) == "2026-03-01T00:00:00Z"
        assert instant_text(None) == "-"


def test_a_misspelt_setting_is_told_and_the_command_goes_on(almanac: Shell) -> None:
    almanac.set(token_key="typo")

    ended = almanac("new-key")

    assert (ended.code, ended.err) == (
        0,
        "almanac: ALMANAC_TOKEN_KEY: no setting is called that, did you mean ALMANAC_TOKEN_KEYS?\n",
    )
