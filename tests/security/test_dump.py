"""A dump of the database, made as a thief would make it, after everything that ever stores a token."""

import base64
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from almanac.adapters.crypto import FernetCipher, new_key
from local.postgres_programs import server_programs
from tests.integration.team import Team

pytestmark = pytest.mark.integration

EMAIL = "ada@example.test"
CLIENT_SECRET = "client-secret-4711"


def dump(database_url: str, folder: Path) -> str:
    """As pg_dump writes it."""
    program = server_programs(folder, {}) / "bin" / "pg_dump"
    parts = urlsplit(database_url)
    where = ["--host", str(parts.hostname), "--port", str(parts.port), "--username", str(parts.username)]
    password = {"PGPASSWORD": parts.password or ""}
    done = subprocess.run([program, *where, parts.path[1:]], env=password, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def forms(secret: str) -> set[str]:
    """How a secret could lie about: as it is, or in an encoding that hides nothing."""
    plain = secret.encode()
    return {secret, plain.hex(), *(base64.b64encode(b"x" * shift + plain).decode()[4:-4] for shift in range(3))}


def test_a_dump_holds_no_token_and_no_key(
    make_team: Callable[..., Team], database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain: set[str] = set()
    encrypt = FernetCipher.encrypt

    def remember(cipher: FernetCipher, text: str) -> str:
        plain.add(text)
        return encrypt(cipher, text)

    monkeypatch.setattr(FernetCipher, "encrypt", remember)
    old_key = new_key()
    team = make_team(ALMANAC_GOOGLE_CLIENT_SECRET=CLIENT_SECRET, ALMANAC_TOKEN_KEYS=f"{new_key()},{old_key}")
    team.google.configure({"rotate_refresh_tokens": True})
    team.wiring.connect_account(team.ws_id, "ada", EMAIL, team.google.add_account(EMAIL)["refresh_token"])
    team.add(EMAIL, "What a thief may read")
    for trouble in (team.google.expire_access_tokens, team.google.revoke_account):
        assert team.sync(mode="full")
        trouble(EMAIL)
    assert team.sync(mode="full").outcome == "reconnect_required"
    team.wiring.connect_account(team.ws_id, "ada", EMAIL, team.google.reconnect_account(EMAIL)["refresh_token"])
    assert team.sync(mode="full").status == "completed"

    stolen = dump(database_url, tmp_path)

    assert EMAIL in stolen
    assert "What a thief may read" in stolen
    assert stolen.count("gAAAA") >= 2
    assert len(plain) >= 5
    secrets = [*plain, CLIENT_SECRET, old_key, *team.wiring._environment["ALMANAC_TOKEN_KEYS"].split(",")]
    assert not [form for secret in secrets for form in forms(secret) if form in stolen]
    assert "ya29." not in stolen
