"""Bring the schema up to date: for a deployment, which waits for the answer, or for a person who asks by hand."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from almanac.errors import AlmanacError, BadJob, safe_error_fields
from almanac.services.clock import Deadline
from almanac.services.deployment.ports import DeploymentAnswers, Migrations, Upgrade
from almanac.validation import first_fault

PHYSICAL_ID = "almanac-migrations"
"""Always the same: CloudFormation would delete what an answer with another id seems to have replaced."""
UPGRADE_RESERVE_SECONDS = 30
"""What an upgrade leaves of the invocation, so that its end can still be told, in three tries if need be."""
_REASON_CHARACTERS = 500  # the whole answer may have 4,096 bytes

logger = logging.getLogger(__name__)


class ResourceRequest(BaseModel):
    """What CloudFormation sends to the function of a custom resource.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html
    """

    model_config = ConfigDict(frozen=True)

    kind: str = Field(alias="RequestType")
    address: str = Field(alias="ResponseURL", repr=False)
    stack_id: str = Field(alias="StackId")
    request_id: str = Field(alias="RequestId")
    logical_id: str = Field(alias="LogicalResourceId")


class ByHand(BaseModel):
    """A direct invocation: `{}` or `{"job": "migrate"}`, nothing else."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    job: Literal["migrate"] = "migrate"


@dataclass(frozen=True, slots=True)
class UpgradeDatabase:
    """The use case of migrate. Safe to repeat and from several places at once: a database is never half upgraded."""

    migrations: Migrations
    answers: DeploymentAnswers

    def __call__(self, event: object, deadline: Deadline) -> dict[str, Any]:
        """Upgrade, and tell whoever asked. Returns what a person asked for, or what CloudFormation was told.

        By hand every failure is raised. A deployment is told of it instead, in one line that names what failed, and
        rolls back. Raises BadJob for an event that is neither, TransientError when CloudFormation could not be told:
        Lambda then invokes again.
        """
        request = parse_request(event)
        if request is None:
            return _as_dict(self._upgrade(deadline))
        answer = self._settle(request, deadline) | {
            "PhysicalResourceId": PHYSICAL_ID,
            "StackId": request.stack_id,
            "RequestId": request.request_id,
            "LogicalResourceId": request.logical_id,
        }
        self.answers.send(request.address, answer)
        return answer

    def _settle(self, request: ResourceRequest, deadline: Deadline) -> dict[str, Any]:
        if request.kind == "Delete":
            return {"Status": "SUCCESS", "Reason": "The database stays as it is."}
        if request.kind not in ("Create", "Update"):
            return _failed("RequestType: is none of Create, Update, Delete")
        try:
            upgrade = self._upgrade(deadline)
        except AlmanacError as error:
            return _failed(str(error))
        except Exception as error:  # noqa: BLE001 - a bug; told by its type, for its text may quote a value
            said = safe_error_fields(error)
            logger.error("the upgrade met a bug", extra=said)  # noqa: TRY400
            return _failed(said["error"])
        return {"Status": "SUCCESS", "Data": {"Version": upgrade.version}}

    def _upgrade(self, deadline: Deadline) -> Upgrade:
        upgrade = self.migrations.upgrade(lambda: deadline() - UPGRADE_RESERVE_SECONDS)
        if upgrade.unknown:
            logger.warning("the database is newer than this code", extra={"unknown": list(upgrade.unknown)})
        return upgrade


@dataclass(frozen=True, slots=True)
class MigrateDatabase:
    """The use case of `almanac migrate`: as UpgradeDatabase, for a person who waits for as long as it takes."""

    migrations: Migrations

    def __call__(self) -> Sequence[str]:
        """Upgrade, and return the names of the migrations that were applied now.

        Raises BadSettings, SecretsUnavailable, DatabaseUnavailable, StorageFailed.
        """
        return self.migrations.upgrade(None).applied


def parse_request(event: object) -> ResourceRequest | None:
    """Read what invoked the function; None when it was a person. Raises BadJob naming the field."""
    try:
        if isinstance(event, Mapping) and "ResponseURL" in event:
            return ResourceRequest.model_validate(event)
        ByHand.model_validate({} if event is None else event)
    except ValidationError as error:
        raise BadJob(*first_fault(error, "event")) from None
    return None


def _failed(reason: str) -> dict[str, Any]:
    logger.error("the database could not be upgraded", extra={"reason": reason})
    return {"Status": "FAILED", "Reason": reason[:_REASON_CHARACTERS]}


def _as_dict(upgrade: Upgrade) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(upgrade).items()}
