"""Environment → frozen models, one per concern. Nothing is read at import; every error names its variable.

An empty value counts as absent, so that a template can declare a variable without giving it.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from ipaddress import ip_address
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from almanac.errors import BadSettings
from almanac.validation import first_fault

Environment = Mapping[str, str]
_PREFIX = "ALMANAC_"


def _http_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("is not an http(s) URL")
    local = parts.hostname in ("localhost", "127.0.0.1", "::1", "host.docker.internal", "172.17.0.1")
    if parts.scheme == "http" and not local:
        raise ValueError("must be https: tokens travel over it")
    return value.rstrip("/")


def _queue_url(value: str) -> str:
    if urlsplit(value).scheme not in ("http", "https") or not value.endswith(".fifo"):
        raise ValueError("is not the URL of a FIFO queue (https://…/….fifo)")
    return value


def _plain_queue_url(value: str) -> str:
    if urlsplit(value).scheme not in ("http", "https") or value.endswith(".fifo"):
        raise ValueError("is not the URL of a standard queue (https://…)")
    return value


def _postgres_url(value: SecretStr) -> SecretStr:
    if not re.match(r"postgres(ql)?://", value.get_secret_value()):
        raise ValueError("is not a URL like postgresql://user:password@host:5432/name")
    return value


def _origin(value: str) -> str:
    """An https origin that the internet can reach, or http on this machine: what a provider is told to ring at."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("is not an https origin like https://almanac.example.org")
    if parts.path not in ("", "/") or parts.query or parts.fragment or parts.username:
        raise ValueError("must be an origin only, without path, query or user")
    local = parts.hostname in ("localhost", "127.0.0.1")
    if parts.scheme == "http" and not local:
        raise ValueError("must be https: providers ring at nothing else")
    if parts.scheme == "https" and (local or _is_private(parts.hostname)):
        raise ValueError("is an address that the internet cannot reach")
    return value.rstrip("/")


def _is_private(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host.endswith((".local", ".internal", ".localhost"))


HttpUrl = Annotated[str, AfterValidator(_http_url)]
QueueUrl = Annotated[str, AfterValidator(_queue_url)]
Origin = Annotated[str, AfterValidator(_origin)]
PlainQueueUrl = Annotated[str, AfterValidator(_plain_queue_url)]
InstallationName = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_./-]+$")]
"""What an installation is called in its channels, and in the marks of events that it writes."""
MailAddress = Annotated[str, Field(max_length=320, pattern=r"^[^@\s<>\",;:]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+$")]
PostgresUrl = Annotated[SecretStr, AfterValidator(_postgres_url)]


class _Settings(BaseModel):
    """Field `a_b` is read from `ALMANAC_A_B`."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


_Loaded = TypeVar("_Loaded", bound=_Settings)


class DatabaseSettings(_Settings):
    """Where Postgres is: a URL, or a secret that holds one (or its parts), or a URL without password and IAM."""

    database_url: PostgresUrl | None = None
    database_secret_arn: str | None = None
    database_iam_auth: bool = False
    database_ca_file: str | None = None
    database_timeout_seconds: Annotated[float, Field(gt=0, le=300)] = 30

    @model_validator(mode="after")
    def _one_source(self) -> "DatabaseSettings":
        if self.database_url is None and self.database_secret_arn is None:
            raise ValueError("ALMANAC_DATABASE_URL: missing; set it to postgresql://user:password@host:5432/name")
        return self


class MigrateSettings(DatabaseSettings):
    """How the other functions sign in, whose role migrate makes: a URL or a secret, as for the owner; or not at all."""

    database_app_url: PostgresUrl | None = None
    database_app_secret_arn: str | None = None


class QueueSettings(_Settings):
    """The FIFO queues. A function needs those that it sends to."""

    sync_queue_url: QueueUrl | None = None
    schedule_queue_url: QueueUrl | None = None
    sync_large_queue_url: QueueUrl | None = None  # of the same functions with more memory, where there are any
    schedule_large_queue_url: QueueUrl | None = None
    export_queue_url: QueueUrl | None = None


class GoogleSettings(_Settings):
    """The OAuth client and the two roots; tests and `make dev` point the roots at the simulator."""

    google_client_id: str | None = None
    google_client_secret: SecretStr | None = None
    google_secret_arn: str | None = None
    google_api_url: HttpUrl = "https://www.googleapis.com"
    google_token_url: HttpUrl = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address, not a secret
    google_revoke_url: HttpUrl | None = None  # beside the token URL unless it is given
    google_timeout_seconds: Annotated[float, Field(gt=0, le=120)] = 20
    google_requests_per_minute: Annotated[int, Field(ge=30, le=600)] | None = None  # of one process; 600 are a user's

    @model_validator(mode="after")
    def _one_source(self) -> "GoogleSettings":
        if self.google_secret_arn is None and (self.google_client_id is None or self.google_client_secret is None):
            needed = "set it and ALMANAC_GOOGLE_CLIENT_SECRET, or ALMANAC_GOOGLE_SECRET_ARN"
            raise ValueError(f"ALMANAC_GOOGLE_CLIENT_ID: missing; {needed}")
        return self


class KeySettings(_Settings):
    """Fernet keys that encrypt tokens at rest, comma-separated, newest first."""

    token_keys: SecretStr | None = None
    token_keys_secret_arn: str | None = None

    @model_validator(mode="after")
    def _one_source(self) -> "KeySettings":
        if self.token_keys is None and self.token_keys_secret_arn is None:
            raise ValueError("ALMANAC_TOKEN_KEYS: missing; set it to a Fernet key (`almanac new-key` prints one)")
        return self


class SyncSettings(_Settings):
    """What one sync run keeps and how patient it is. Days and seconds."""

    sync_past_days: Annotated[int, Field(ge=1, le=3650)] = 90
    sync_future_days: Annotated[int, Field(ge=1, le=3650)] = 180
    sync_cooldown_seconds: Annotated[int, Field(ge=0, le=3600)] = 30
    sync_lease_seconds: Annotated[int, Field(ge=5, le=900)] = 120
    sync_reserve_seconds: Annotated[float, Field(ge=0.1, le=300)] = 25  # a page must fit in what is left of the time
    sync_page_size: Annotated[int, Field(ge=1, le=2500)] = 2500

    @property
    def past(self) -> timedelta:
        """How far back the window reaches."""
        return timedelta(days=self.sync_past_days)

    @property
    def future(self) -> timedelta:
        """How far ahead the window reaches."""
        return timedelta(days=self.sync_future_days)


class BehindSettings(_Settings):
    """How long a workspace may not be synced until it counts as behind: two periods of the sync rule."""

    sync_behind_seconds: Annotated[int, Field(ge=60, le=86_400)] = 1800

    @property
    def sync_behind_after(self) -> timedelta:
        """The same as a span."""
        return timedelta(seconds=self.sync_behind_seconds)


class BudgetSettings(_Settings):
    """What may be created and deleted at providers in a day (UTC)."""

    outbound_daily_budget: Annotated[int, Field(ge=1, le=100_000)] = 500  # of one account


class OutboundSettings(BudgetSettings):
    """What is written to providers at most, and what this installation is called in the marks of its events."""

    installation: InstallationName | None = None
    outbound_writes_per_second: Annotated[float, Field(gt=0, le=10)] = 2  # of one account
    outbound_mass_count: Annotated[int, Field(ge=1, le=100_000)] = 20  # deletions at once that need no consent
    outbound_mass_share: Annotated[float, Field(ge=0, le=1)] = 0.5  # or this part of what is there, if that is more


class PlanSettings(SyncSettings):
    """What planning adds to the settings of a run: seconds one plan may take. Both share the workspace's lease."""

    plan_budget_seconds: Annotated[float, Field(gt=0, le=60)] = 2

    @model_validator(mode="after")
    def _within_the_lease(self) -> "PlanSettings":
        # Nothing prolongs the lease while a plan is made; the other half is for reading and writing.
        if self.plan_budget_seconds > self.sync_lease_seconds / 2:
            raise ValueError("ALMANAC_PLAN_BUDGET_SECONDS: must be at most half of ALMANAC_SYNC_LEASE_SECONDS")
        return self


class PublicSettings(_Settings):
    """Where the world reaches the HTTP API; without it there are no links into the console and no consent."""

    public_url: Origin | None = None


class SessionSettings(PublicSettings):
    """Keys that sign the console's sessions, comma-separated, newest first; without any the console is off."""

    session_keys: SecretStr | None = None
    session_keys_secret_arn: str | None = None


class ApiSettings(_Settings):
    """How callers are known, and where people sign in to the console."""

    api_auth: Literal["jwt", "iam", "key"] = "key"
    api_issuer: HttpUrl | None = None
    api_audience: str | None = None
    api_workspaces_claim: str = "workspaces"
    console_client_id: str | None = None
    console_role_claim: str = "almanac_role"


class CadenceSettings(_Settings):
    """When rules tick, for people to read: `name=expression`, semicolon-separated; empty where none ticks."""

    cadences: str | None = None

    @property
    def by_rule(self) -> dict[str, str]:
        """The expression of each rule."""
        pairs = (each.partition("=") for each in (self.cadences or "").split(";"))
        return {name.strip(): expression.strip() for name, _, expression in pairs if expression.strip()}


class ConnectSettings(_Settings):
    """Where consents are asked for, and where people are sent back to: exact addresses, comma-separated."""

    connect_return_urls: str | None = None
    google_auth_url: HttpUrl = "https://accounts.google.com/o/oauth2/v2/auth"

    @property
    def return_urls(self) -> frozenset[str]:
        """The addresses that somebody may be sent back to."""
        return frozenset(url.strip() for url in (self.connect_return_urls or "").split(",") if url.strip())


class UpkeepSettings(_Settings):
    """Days: how long run rows are kept, what belongs to a disconnected calendar, and a provider's past events."""

    upkeep_retention_days: Annotated[int, Field(ge=1, le=3650)] = 90
    upkeep_grace_days: Annotated[int, Field(ge=1, le=3650)] = 30
    upkeep_past_days: Annotated[int, Field(ge=1, le=3650)] = 365

    @property
    def retention(self) -> timedelta:
        """How long run rows are kept."""
        return timedelta(days=self.upkeep_retention_days)

    @property
    def grace(self) -> timedelta:
        """How long what was left behind is kept."""
        return timedelta(days=self.upkeep_grace_days)

    @property
    def past(self) -> timedelta:
        """How long events of a provider are kept after their end."""
        return timedelta(days=self.upkeep_past_days)


class PushSettings(PublicSettings):
    """Where providers may ring, and the keys their rings are verified with, newest first. Without both, push is off."""

    push_keys: SecretStr | None = None
    push_keys_secret_arn: str | None = None
    installation: InstallationName | None = None

    @property
    def has_keys(self) -> bool:
        """Whether there are keys to sign with."""
        return self.push_keys is not None or self.push_keys_secret_arn is not None


class ExportSettings(_Settings):
    """Where exported files go that nobody names a place for: a folder of this machine, or a bucket of S3."""

    export_folder: str | None = None
    export_bucket: str | None = None

    @model_validator(mode="after")
    def _one_place(self) -> "ExportSettings":
        if self.export_folder is not None and self.export_bucket is not None:
            raise ValueError("ALMANAC_EXPORT_FOLDER: stands beside ALMANAC_EXPORT_BUCKET; set one of them")
        return self


class MailSettings(_Settings):
    """Who digests are sent by, through Amazon SES; nobody: they are announced as events."""

    mail_from: MailAddress | None = None


class EventBusSettings(_Settings):
    """The EventBridge bus that hears of every change: the name of a classic one, or the ARN of a custom one."""

    event_bus: str | None = None


class LaneSettings(_Settings):
    """The queue that wakes whoever delivers webhooks."""

    deliver_queue_url: PlainQueueUrl | None = None


class NudgeSettings(_Settings):
    """The queue that wakes the relay; without one it looks each minute."""

    nudge_queue_url: PlainQueueUrl | None = None


class WebhookKeySettings(_Settings):
    """Fernet keys that encrypt webhooks' secrets at rest."""

    webhook_keys: SecretStr | None = None
    webhook_keys_secret_arn: str | None = None

    @model_validator(mode="after")
    def _one_source(self) -> "WebhookKeySettings":
        if self.webhook_keys is None and self.webhook_keys_secret_arn is None:
            raise ValueError("ALMANAC_WEBHOOK_KEYS: missing; set it to a Fernet key (`almanac new-key` prints one)")
        return self


class WebhookSettings(WebhookKeySettings):
    """Those keys, and whether local addresses are allowed, for development."""

    webhook_allow_local: bool = False


def load(model: type[_Loaded], environment: Environment) -> _Loaded:
    """Read one group of settings. Raises BadSettings naming the first variable that is missing or unusable."""
    given = {
        name: environment[_PREFIX + name.upper()]
        for name in model.model_fields
        if environment.get(_PREFIX + name.upper())
    }
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise _bad_settings(*first_fault(error)) from None


def misspelt(environment: Environment) -> Mapping[str, str]:
    """Return variables that nothing reads and that look like one that something does: name → that one."""
    from difflib import get_close_matches  # noqa: PLC0415 - for people at a terminal, not for every cold start

    known = {_PREFIX + name.upper() for group in _groups(_Settings) for name in group.model_fields}
    unknown = (name for name in sorted(environment) if name.startswith(_PREFIX) and name not in known)
    near = {name: get_close_matches(name, sorted(known), n=1, cutoff=0.85) for name in unknown}
    return {name: found[0] for name, found in near.items() if found}


def _groups(model: type[_Settings]) -> Iterator[type[_Settings]]:
    for group in model.__subclasses__():
        yield group
        yield from _groups(group)


def _bad_settings(field: str, fault: str) -> BadSettings:
    message = fault.removeprefix("Value error, ")
    if field:
        return BadSettings(_PREFIX + field.upper(), message)
    variable, _, rest = message.partition(": ")
    return BadSettings(variable, rest)
