"""A request under an Idempotency-Key is done once, however often and from wherever it comes within a day."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from almanac.errors import BadInput, TransientError
from almanac.services.access.one_way import digest
from almanac.services.access.ports import IdempotencyStore
from almanac.services.clock import Sleep

CLAIM_SECONDS = 60.0
"""Longer than any request lives: a claim that old belongs to a process that is gone."""
_LOOK_SECONDS, _LOOKS = 0.05, 200


class IdempotencyMismatch(BadInput):
    """The Idempotency-Key was used for another request before."""

    code = "idempotency_mismatch"

    def __init__(self) -> None:
        super().__init__("Idempotency-Key", "was used for another request; a new request needs a new key")


class RequestInProgress(TransientError):
    """The same request is being done elsewhere and has no answer yet."""

    code = "in_progress"


@dataclass(frozen=True, slots=True)
class Once:
    """Does what was asked for once. The job's id belongs to the key, so that a message of unknown fate is sent again
    under the same id, and the queue drops the second one."""

    store: IdempotencyStore
    sleep: Sleep

    def __call__(
        self, caller: str, key: str | None, request: Mapping[str, Any], do: Callable[[str], Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        """Return what `do` answers to a job id, or has answered under the key. Without a key it is simply done.

        Raises IdempotencyMismatch, RequestInProgress, and what `do` raises: then the next try does it anew.
        """
        if key is None:
            return do(str(uuid4()))
        key_hash, request_hash = digest(key), digest(_canonical(request))
        for _ in range(_LOOKS):
            claim = self.store.claim(caller, key_hash, request_hash, str(uuid4()), CLAIM_SECONDS)
            if claim.request_hash != request_hash:
                raise IdempotencyMismatch
            if claim.answer is not None:
                return claim.answer
            if claim.mine:
                return self._do(caller, key_hash, claim.job_id, do)
            self.sleep(_LOOK_SECONDS)
        raise RequestInProgress("the same request is under way; ask again in a moment", 2)

    def _do(
        self, caller: str, key_hash: bytes, job_id: str, do: Callable[[str], Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        try:
            answer = do(job_id)
        except BaseException:
            self.store.release(caller, key_hash)
            raise
        self.store.answer(caller, key_hash, answer)
        return answer


def _canonical(request: Mapping[str, Any]) -> str:
    return json.dumps(request, sort_keys=True, separators=(",", ":"), default=str)
