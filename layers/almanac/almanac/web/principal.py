"""Who calls: a key of ours, a token that the gateway has verified, or somebody of the AWS account."""

import re
from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

from almanac.domain.access import SCOPES, Principal, known_scopes
from almanac.services.access.api_keys import ApiKeys
from almanac.web.problem import unauthenticated
from almanac.web.request import Request

Mode = Literal["jwt", "iam", "key"]
_WORDS = re.compile(r"[^\s,\[\]\"']+")


def principal_of(request: Request, mode: Mode, keys: ApiKeys, workspaces_claim: str) -> Principal:
    """Return the caller. Raises Problem 401.

    In `jwt` and `iam` mode the gateway has verified it, and a key of ours opens nothing.
    """
    if mode == "jwt":
        return _of_claims((request.authorizer.get("jwt") or {}).get("claims"), workspaces_claim)
    if mode == "iam":
        return _of_account(request.authorizer.get("iam"))
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    found = keys.principal(token.strip()) if scheme.lower() == "bearer" else None
    if found is None:
        raise unauthenticated()
    return found


def _of_claims(claims: Mapping[str, Any] | None, workspaces_claim: str) -> Principal:
    """Scopes are words; workspaces one id, a list, or the gateway's text of a list. None said is none, never all."""
    if not claims:
        raise unauthenticated()
    said = claims.get("scope", claims.get("scp", ""))
    words = said if isinstance(said, list) else str(said).split()
    return Principal(
        f"jwt:{claims.get('sub', '')}"[:255], known_scopes(words), workspace_ids(claims.get(workspaces_claim))
    )


def _of_account(caller: Mapping[str, Any] | None) -> Principal:
    """Whoever IAM lets call this API may do everything: the policy that lets them is where that is decided."""
    if not caller:
        raise unauthenticated()
    return Principal(f"iam:{caller.get('userArn', '')}"[:255], frozenset(SCOPES), None)


def workspace_ids(claim: object) -> frozenset[UUID]:
    """Return the workspaces that a claim names; what is no id is none."""
    words = [str(each) for each in claim] if isinstance(claim, list) else _WORDS.findall(str(claim or ""))
    found = set[UUID]()
    for word in words:
        try:
            found.add(UUID(word))
        except ValueError:
            continue  # a word that is no id names no workspace
    return frozenset(found)
