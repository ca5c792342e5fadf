"""The custom resource of a deployment: CloudFormation's request read, the upgrade done, the answer delivered."""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from almanac.errors import AlmanacError, BadJob, safe_error_fields
from almanac.services.clock import Deadline
from almanac.services.deployment.ports import Upgrade
from almanac.validation import first_fault

PHYSICAL_ID = "almanac-migrations"
"""Always the same: CloudFormation would delete what an answer with another id seems to have replaced."""
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
    properties: Mapping[str, Any] = Field(alias="ResourceProperties", default_factory=dict, repr=False)

    @property
    def digest(self) -> str:
        """Twelve hex digits that change with what the deployment brings: its code and its settings."""
        said = {name: value for name, value in self.properties.items() if not name.startswith("Service")}
        return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:12]


class ByHand(BaseModel):
    """A direct invocation: `{}` or `{"job": "migrate"}`, nothing else."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    job: Literal["migrate"] = "migrate"


class Upgrading(Protocol):
    """The use case behind the resource."""

    def __call__(self, deadline: Deadline, *, patient: bool) -> Upgrade:
        """Upgrade within the deadline; `patient` waits for a database that is not there yet."""
        ...


@dataclass(frozen=True, slots=True)
class MigrationsResource:
    """What invokes migrate: a deployment, which is told at its pre-signed address, or a person, who gets the answer."""

    upgrade: Upgrading
    send: Callable[[str, Mapping[str, Any]], None]

    def __call__(self, event: object, deadline: Deadline) -> dict[str, Any]:
        """Upgrade, and tell whoever asked. Returns what a person asked for, or what CloudFormation was told.

        By hand every failure is raised. A deployment is told of it instead, in one line that names what failed, and
        rolls back. Raises BadJob for an event that is neither, TransientError when CloudFormation could not be told:
        Lambda then invokes again.
        """
        request = parse_request(event)
        if request is None:
            return _as_dict(self.upgrade(deadline, patient=False))
        answer = self._settle(request, deadline) | {
            "PhysicalResourceId": PHYSICAL_ID,
            "StackId": request.stack_id,
            "RequestId": request.request_id,
            "LogicalResourceId": request.logical_id,
        }
        self.send(request.address, answer)
        return answer

    def _settle(self, request: ResourceRequest, deadline: Deadline) -> dict[str, Any]:
        if request.kind == "Delete":
            return {"Status": "SUCCESS", "Reason": "The database stays as it is."}
        if request.kind not in ("Create", "Update"):
            return _failed("RequestType: is none of Create, Update, Delete")
        try:
            upgrade = self.upgrade(deadline, patient=True)
        except AlmanacError as error:
            return _failed(str(error))
        except Exception as error:  # noqa: BLE001 - a bug; told by its type, for its text may quote a value
            said = safe_error_fields(error)
            logger.error("the upgrade met a bug", extra=said)  # noqa: TRY400
            return _failed(said["error"])
        return {"Status": "SUCCESS", "Data": {"Version": upgrade.version, "Digest": request.digest}}


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
