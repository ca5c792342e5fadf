"""Where the database is, from settings: a URL, a secret (read again at every connect), or IAM instead of a password."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from almanac.adapters.postgres.connection import Target, parse_url
from almanac.errors import BadSettings
from almanac.settings import DatabaseSettings

if TYPE_CHECKING:
    from almanac.adapters.aws.secrets import SecretsManager

_ARN = "ALMANAC_DATABASE_SECRET_ARN"


def database_target(settings: DatabaseSettings, secrets: "Callable[[], SecretsManager]") -> Callable[[], Target]:
    """A function that says where to connect now. A rotated secret is met by the next connect.

    The secret is `{"url": …}`, or RDS's own `{"host", "port", "dbname", "username", "password"}`.
    Raises BadSettings and SecretsUnavailable.
    """

    def target() -> Target:
        if settings.database_url is not None:
            found = parse_url(settings.database_url.get_secret_value(), settings.database_ca_file)
        else:
            fields = secrets().json(settings.database_secret_arn or "", _ARN)
            found = replace(parse_url(_secret_url(fields), settings.database_ca_file), setting=_ARN)
        return _with_iam_token(found) if settings.database_iam_auth else found

    return target


def _secret_url(fields: dict[str, str]) -> str:
    if fields.get("url"):
        return fields["url"]
    for name in ("host", "dbname", "username"):
        if not fields.get(name):
            raise BadSettings(_ARN, f"the secret has neither url nor {name}")
    user, password, database = (quote(fields.get(name, ""), safe="") for name in ("username", "password", "dbname"))
    host, port = quote(fields["host"], safe="[]:"), quote(fields.get("port", "5432"), safe="")
    return f"postgresql://{user}:{password}@{host}:{port}/{database}"


def _with_iam_token(target: Target) -> Target:
    """RDS accepts a signed token, valid for 15 minutes and checked at connect only, in place of a password.

    It is sent as it is, so only a server that has shown its certificate gets it.
    """
    from almanac.adapters.aws import clients  # noqa: PLC0415 - a plain URL, as `almanac migrate` has it, needs no boto3

    if target.tls is None:
        raise BadSettings("ALMANAC_DATABASE_IAM_AUTH", "needs TLS: the URL must not say sslmode=disable")
    token = clients.client("rds").generate_db_auth_token(
        DBHostname=target.host, Port=target.port, DBUsername=target.user
    )
    return replace(target, password=token)
