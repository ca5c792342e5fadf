import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from almanac.adapters.crypto import FernetCipher, RotatingCipher, new_key
from almanac.errors import BadSettings, StorageFailed

OLD, NEW, FOREIGN = new_key(), new_key(), new_key()


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_what_was_encrypted_decrypts_to_itself(plain: str) -> None:
    cipher = FernetCipher([NEW, OLD])
    assert cipher.decrypt(cipher.encrypt(plain)) == plain


def test_ciphertext_shows_nothing_of_the_plain_text_and_differs_every_time() -> None:
    cipher = FernetCipher([NEW])
    first, second = cipher.encrypt("1//refresh"), cipher.encrypt("1//refresh")
    assert "refresh" not in first
    assert first != second
    assert first.isascii()


def test_keys_rotate_old_ciphertext_is_read_and_known_as_old() -> None:
    written = FernetCipher([OLD]).encrypt("token")
    rotated = FernetCipher([NEW, OLD])
    assert rotated.decrypt(written) == "token"
    assert not rotated.is_current(written)


def test_the_first_key_writes() -> None:
    written = FernetCipher([NEW, OLD]).encrypt("token")
    assert Fernet(NEW).decrypt(written) == b"token"
    assert FernetCipher([NEW, OLD]).is_current(written)
    assert not FernetCipher([OLD, NEW]).is_current(written)


@pytest.mark.parametrize(
    "ciphertext",
    ["", "plain", "ünïcode", FernetCipher([FOREIGN]).encrypt("token")],
    ids=["empty", "plain", "not ASCII", "foreign"],
)
def test_what_no_key_fits_is_a_storage_failure_that_quotes_nothing(ciphertext: str) -> None:
    cipher = FernetCipher([NEW, OLD])
    with pytest.raises(StorageFailed, match="ALMANAC_TOKEN_KEYS") as caught:
        cipher.decrypt(ciphertext)
    assert ciphertext == "" or ciphertext not in str(caught.value)
    assert not cipher.is_current(ciphertext)


def test_a_tampered_ciphertext_is_refused() -> None:
    written = FernetCipher([NEW]).encrypt("token")
    middle = len(written) // 2
    tampered = written[:middle] + ("A" if written[middle] != "A" else "B") + written[middle + 1 :]
    with pytest.raises(StorageFailed):
        FernetCipher([NEW]).decrypt(tampered)


@pytest.mark.parametrize(
    "bad", ["", "hunter2", "x" * 44, NEW[:-1], "ключ" * 11], ids=["empty", "short", "no key", "cut off", "not ASCII"]
)
def test_a_bad_key_is_named_by_its_place_and_not_quoted(bad: str) -> None:
    with pytest.raises(BadSettings, match="ALMANAC_TOKEN_KEYS: key 2 is not a Fernet key") as caught:
        FernetCipher([NEW, bad])
    assert bad == "" or bad not in str(caught.value)
    assert caught.value.__suppress_context__


def test_no_key_at_all_is_bad_settings() -> None:
    with pytest.raises(BadSettings, match="ALMANAC_TOKEN_KEYS"):
        FernetCipher([])


def test_space_around_a_key_does_not_matter() -> None:
    assert FernetCipher([f" {NEW}\n"]).is_current(FernetCipher([NEW]).encrypt("token"))


class Secret:
    """Keys that somebody rotates, kept for a while by whoever reads them."""

    def __init__(self, *keys: str) -> None:
        self.kept = self.stored = list(keys)
        self.reads_anew = 0

    def forget(self) -> None:
        self.reads_anew += 1
        self.kept = self.stored

    @property
    def cipher(self) -> RotatingCipher:
        return RotatingCipher(lambda: self.kept, self.forget)


def test_a_token_under_a_key_that_has_just_come_is_read_without_a_restart() -> None:
    secret = Secret(OLD)
    cipher = secret.cipher
    secret.stored = [NEW, OLD]  # another process has read this already, and writes with it

    assert cipher.decrypt(FernetCipher([NEW]).encrypt("token")) == "token"
    assert cipher.is_current(cipher.encrypt("next")), "and writes with it, too"
    assert secret.reads_anew == 1


def test_keys_that_are_read_anew_by_themselves_are_used_at_once() -> None:
    secret = Secret(OLD)
    cipher = secret.cipher
    cipher.encrypt("token")
    secret.kept = [NEW, OLD]

    assert FernetCipher([NEW]).decrypt(cipher.encrypt("token")) == "token"


def test_a_token_under_a_key_that_is_gone_is_told_after_one_look() -> None:
    secret = Secret(NEW)

    with pytest.raises(StorageFailed, match="no key of"):
        secret.cipher.decrypt(FernetCipher([FOREIGN]).encrypt("token"))
    assert secret.reads_anew == 1


def test_keys_that_are_none_are_told_when_they_are_used() -> None:
    with pytest.raises(BadSettings, match="no key"):
        Secret().cipher.encrypt("token")
