"""Keeping webhooks' secrets under the newest key, so that an older one can be dropped."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from almanac.domain.operations.maintenance import NAMED, UpkeepReport
from almanac.errors import StorageFailed, safe_error_fields
from almanac.services.accounts.ports import TokenCipher
from almanac.services.maintenance.ports import SecretDirectory, StoredSecrets

logger = logging.getLogger(__name__)

ENDPOINTS_A_PAGE = 500
"""Endpoints read at a time, as TokenUpkeep reads accounts."""


@dataclass(frozen=True, slots=True)
class SecretUpkeep:
    """One round over all endpoints. A secret that no key decrypts is counted, and costs no other endpoint."""

    directory: SecretDirectory
    cipher: TokenCipher

    def __call__(self, report: UpkeepReport, out_of_time: Callable[[], bool]) -> bool:
        """Encrypt anew what an older key has written. False when the time ran out first.

        Raises DatabaseUnavailable, StorageFailed of the walk itself, BadSettings and SecretsUnavailable.
        """
        after = None
        while page := self.directory.secrets(after, ENDPOINTS_A_PAGE):
            for stored in page:
                if out_of_time():
                    return False
                if not all(self.cipher.is_current(text) for text in stored.texts):
                    self._reencrypt(stored, report)
                after = stored.endpoint_id
        return True

    def _reencrypt(self, stored: StoredSecrets, report: UpkeepReport) -> None:
        try:
            plain = [self.cipher.decrypt(text) for text in stored.texts]
        except StorageFailed as error:
            report.counts["webhook_secrets_failing"] += 1
            if report.counts["webhook_secrets_failing"] <= NAMED:  # a lost key makes all of them fail
                about = {"endpoint_id": str(stored.endpoint_id)}
                logger.warning("a webhook's secret is of no use", extra=about | safe_error_fields(error))
            return
        secret, *old = [self.cipher.encrypt(text) for text in plain]
        if report.dry_run or self.directory.reencrypt_secrets(stored, secret, old[0] if old else None):
            report.counts["webhook_secrets_reencrypted"] += 1
