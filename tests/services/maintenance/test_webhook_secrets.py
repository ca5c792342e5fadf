"""Secrets of webhooks after a rotation of their keys: every one that can be read is put under the newest."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import pytest

from almanac.adapters.crypto import FernetCipher, new_key
from almanac.domain.operations.maintenance import UpkeepReport
from almanac.errors import BadSettings
from almanac.services.events_out import refresh_secrets
from almanac.services.events_out.refresh_secrets import SecretUpkeep
from almanac.services.maintenance.ports import StoredSecrets

NEW, OLD, LOST = new_key(), new_key(), new_key()


@dataclass
class Directory:
    """Endpoints in memory; `rotated` ones get another secret while they are looked at."""

    endpoints: dict[UUID, StoredSecrets] = field(default_factory=dict)
    rotated: bool = False

    def add(self, number: int, key: str, *old: str) -> None:
        cipher = FernetCipher([key])
        was = FernetCipher([old[0]]).encrypt(f"old {number}") if old else None
        self.endpoints[UUID(int=number)] = StoredSecrets(UUID(int=number), cipher.encrypt(f"secret {number}"), was)

    def secrets(self, after: UUID | None, limit: int) -> Sequence[StoredSecrets]:
        return [self.endpoints[key] for key in sorted(self.endpoints) if after is None or key > after][:limit]

    def reencrypt_secrets(self, stored: StoredSecrets, secret: str, old_secret: str | None) -> bool:
        if not self.rotated:
            self.endpoints[stored.endpoint_id] = StoredSecrets(stored.endpoint_id, secret, old_secret)
        return not self.rotated


@pytest.fixture
def directory(monkeypatch: pytest.MonkeyPatch) -> Directory:
    monkeypatch.setattr(refresh_secrets, "ENDPOINTS_A_PAGE", 2)
    return Directory()


def a_round(directory: Directory, *, dry_run: bool = False, seconds: int = 1_000) -> tuple[bool, int, int]:
    report, left = UpkeepReport(dry_run), iter(range(seconds, -1, -1))
    ended = SecretUpkeep(directory, FernetCipher([NEW, OLD]))(report, lambda: next(left) == 0)
    return ended, report.counts["webhook_secrets_reencrypted"], report.counts["webhook_secrets_failing"]


def test_all_are_under_the_newest_key_and_the_next_round_finds_nothing(directory: Directory) -> None:
    directory.add(1, OLD)
    directory.add(2, NEW)
    directory.add(3, NEW, OLD)
    directory.add(4, OLD, OLD)
    assert a_round(directory) == (True, 3, 0)
    newest = FernetCipher([NEW])
    assert {newest.decrypt(text) for each in directory.endpoints.values() for text in each.texts} == {
        *(f"secret {number}" for number in (1, 2, 3, 4)),
        *("old 3", "old 4"),
    }
    assert a_round(directory) == (True, 0, 0)


def test_one_that_no_key_decrypts_costs_no_other(directory: Directory) -> None:
    directory.add(1, LOST)
    directory.add(2, OLD)
    assert a_round(directory) == (True, 1, 1)


def test_a_dry_run_writes_nothing(directory: Directory) -> None:
    directory.add(1, OLD)
    before = dict(directory.endpoints)
    assert a_round(directory, dry_run=True) == (True, 1, 0)
    assert directory.endpoints == before


def test_one_that_got_another_secret_meanwhile_is_not_counted(directory: Directory) -> None:
    directory.add(1, OLD)
    directory.rotated = True
    assert a_round(directory) == (True, 0, 0)


def test_what_the_time_does_not_suffice_for_is_left(directory: Directory) -> None:
    for number in range(1, 4):
        directory.add(number, OLD)
    assert a_round(directory, seconds=2) == (False, 2, 0)
    assert a_round(directory) == (True, 1, 0)


def test_keys_that_are_of_no_use_end_the_step(directory: Directory) -> None:
    directory.add(1, OLD)
    with pytest.raises(BadSettings):
        SecretUpkeep(directory, FernetCipher([]))(UpkeepReport(), lambda: False)
