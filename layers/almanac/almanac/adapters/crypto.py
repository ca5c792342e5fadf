"""OAuth tokens at rest: Fernet (AES-128-CBC with HMAC-SHA256), several keys, so that they can rotate."""

from collections.abc import Callable, Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from typing_extensions import override

from almanac.errors import BadSettings, StorageFailed
from almanac.services.accounts.ports import TokenCipher

KEYS_VARIABLE = "ALMANAC_TOKEN_KEYS"


class FernetCipher(TokenCipher):
    """TokenCipher that writes with the first of `keys` and reads with any of them.

    Rotation: put a new key first, drop an old one once no stored token needs it (`is_current`). Raises BadSettings.
    """

    def __init__(self, keys: Sequence[str], variable: str = KEYS_VARIABLE) -> None:
        """`variable` is where the keys come from, for whoever has to correct it."""
        self._variable = variable
        if not keys:
            raise BadSettings(variable, "holds no key (`almanac new-key` prints one)")
        fernets = [_fernet(key, place, variable) for place, key in enumerate(keys, start=1)]
        self._newest = fernets[0]
        self._all = MultiFernet(fernets)

    @override
    def encrypt(self, plain: str) -> str:
        """Ciphertext under the newest key, ASCII."""
        return self._newest.encrypt(plain.encode()).decode()

    @override
    def decrypt(self, ciphertext: str) -> str:
        """Plain text, under whichever key it was written. Raises StorageFailed when none fits."""
        try:
            return self._all.decrypt(ciphertext.encode()).decode()
        except InvalidToken:
            raise StorageFailed(f"no key of {self._variable} decrypts a stored token") from None

    @override
    def is_current(self, ciphertext: str) -> bool:
        """Whether the newest key wrote it."""
        try:
            self._newest.decrypt(ciphertext.encode())
        except InvalidToken:
            return False
        return True


class RotatingCipher(TokenCipher):
    """TokenCipher over keys that may change meanwhile: `read` gives those of now, `forget` makes it look again.

    A token that no key decrypts is tried once more with keys that were read anew.
    """

    def __init__(
        self, read: Callable[[], Sequence[str]], forget: Callable[[], None], variable: str = KEYS_VARIABLE
    ) -> None:
        """`variable` is where the keys come from, as FernetCipher's."""
        self._variable = variable
        self._read = read
        self._forget = forget
        self._keys: Sequence[str] = ()
        self._cipher: FernetCipher | None = None

    @override
    def encrypt(self, plain: str) -> str:
        """As FernetCipher. Raises BadSettings and SecretsUnavailable, too."""
        return self._current().encrypt(plain)

    @override
    def decrypt(self, ciphertext: str) -> str:
        """As FernetCipher. Raises BadSettings and SecretsUnavailable, too."""
        known = self._current()
        try:
            return known.decrypt(ciphertext)
        except StorageFailed:
            self._forget()
            fresh = self._current()
            if fresh is known:
                raise
            return fresh.decrypt(ciphertext)

    @override
    def is_current(self, ciphertext: str) -> bool:
        return self._current().is_current(ciphertext)

    def _current(self) -> FernetCipher:
        keys = self._read()
        if self._cipher is None or keys != self._keys:
            self._keys, self._cipher = keys, FernetCipher(keys, self._variable)
        return self._cipher


def new_key() -> str:
    """A fresh random key for ALMANAC_TOKEN_KEYS."""
    return Fernet.generate_key().decode()


def _fernet(key: str, place: int, variable: str) -> Fernet:
    try:
        return Fernet(key.strip())
    except ValueError:  # its message may quote the key
        raise BadSettings(variable, f"key {place} is not a Fernet key (`almanac new-key` prints one)") from None
