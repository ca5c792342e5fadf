"""The role that functions sign in as: it reads and writes rows, and can change no table. Migrate makes it each time."""

import hmac
from base64 import b64encode
from dataclasses import dataclass, field
from hashlib import pbkdf2_hmac, sha256
from secrets import token_bytes
from typing import TYPE_CHECKING
from unicodedata import normalize

from almanac.adapters.postgres.connection import Database, parse_url
from almanac.errors import StorageFailed
from almanac.settings import MigrateSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from almanac.adapters.aws.secrets import SecretsManager

_ARN = "ALMANAC_DATABASE_APP_SECRET_ARN"
_ITERATIONS = 4096  # Postgres's own


@dataclass(frozen=True, slots=True)
class AppRole:
    """Its name, and how it signs in: with a password, or with a token of IAM, for which RDS has the role rds_iam."""

    name: str
    password: str | None = field(repr=False)
    iam: bool


def app_role(settings: MigrateSettings, secrets: "Callable[[], SecretsManager]") -> AppRole | None:
    """Return the role that the settings ask for; None where the functions sign in as the owner.

    The secret is one for functions, `{"url": …}`, or one for a proxy, `{"username", "password"}`.
    Raises BadSettings and SecretsUnavailable.
    """
    if settings.database_app_secret_arn is not None:
        fields = secrets().json(settings.database_app_secret_arn, _ARN)
        if not fields.get("url"):
            fields = secrets().json(settings.database_app_secret_arn, _ARN, "username", "password")
            return AppRole(fields["username"], fields["password"], iam=False)
        target = parse_url(fields["url"])
    elif settings.database_app_url is not None:
        target = parse_url(settings.database_app_url.get_secret_value())
    else:
        return None
    return AppRole(target.user, target.password, iam=settings.database_iam_auth and target.password is None)


def make_app_role(database: Database, role: AppRole) -> None:
    """Make the role, or make it right: its login, and its rights to the rows of every table of ours. One transaction.

    Nothing happens where it is the one that asks. Raises StorageFailed, DatabaseUnavailable.
    """
    run = database.statements("deployment/app_role.sql")
    verifier = "" if role.password is None else scram_verifier(role.password, token_bytes(16))
    try:
        run("describe_app_role", name=role.name, verifier=verifier, iam=str(role.iam).lower())
        run("make_app_role")
    except StorageFailed as error:
        raise StorageFailed(f"the role {role.name} could not be made: {error}") from None


def scram_verifier(password: str, salt: bytes) -> str:
    """Return what Postgres stores of a password, so that the password itself is in no statement and no log.

    RFC 5803; https://www.postgresql.org/docs/current/catalog-pg-authid.html
    """
    salted = pbkdf2_hmac("sha256", normalize("NFKC", password).encode(), salt, _ITERATIONS)
    stored = sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    salt64, stored64, server64 = (b64encode(part).decode() for part in (salt, stored, server))
    return f"SCRAM-SHA-256${_ITERATIONS}:{salt64}${stored64}:{server64}"
