"""What requests may hold. A field that nobody knows is refused."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from almanac.domain.operations.job_names import JobName
from almanac.jobs import Label, Mode
from almanac.validation import OUT_OF_REACH, YEARS


def _within_reach(moment: datetime) -> datetime:
    first, last = YEARS
    if not first <= moment.year <= last:
        raise PydanticCustomError("out_of_reach", OUT_OF_REACH)
    return moment


def _readable(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("blank", "must not be blank")
    return text


Title = Annotated[Label, AfterValidator(_readable)]
"""What something is called by people, who could not tell it from nothing if it were blank."""
Instant = Annotated[AwareDatetime, AfterValidator(_within_reach)]
"""An instant that somebody gives."""


class Model(BaseModel):
    """What is sent or answered. Its validator is made when it is first needed: a process meets few of them, and to make
    all would be half of a cold start."""

    model_config = ConfigDict(defer_build=True)


class Body(Model):
    """A body: a field that nobody knows is refused, so that a slip of the pen is not silently ignored."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _without_nul(cls, value: Any) -> Any:
        """No text of the database can hold one."""
        if any(isinstance(each, str) and "\0" in each for each in (value if isinstance(value, list) else [value])):
            raise PydanticCustomError("nul_character", "must not hold a NUL character")
        return value


class SyncBody(Body):
    """How a sync is wanted; everything may be left out."""

    mode: Mode = "auto"
    calendar_id: Annotated[str, Field(min_length=1, max_length=1024, pattern=r"^[^\x00]*$")] | None = None
    force: bool = False
    user_id: Label | None = None


class PlanBody(Body):
    """How a plan is wanted. `apply` safe: nothing is written while anything would be late or without a place."""

    window_days: Annotated[int, Field(ge=7, le=90)] = 30
    force_reschedule: bool = False
    apply: Literal["safe", "full"] = "full"
    user_id: Label | None = None


class PreviewBody(Body):
    """Which plan is wanted to be seen."""

    window_days: Annotated[int, Field(ge=7, le=90)] = 30
    force_reschedule: bool = False
    apply: Literal["safe", "full"] = "full"


class ApplyBody(PreviewBody):
    """The plan that was seen: `fingerprint` of its preview, with the same wishes."""

    fingerprint: Annotated[str, Field(min_length=1, max_length=64)]


Reason = Literal[
    "reconnect_required", "timezone_missing", "running", "backing_off", "waiting", "error", "never", "overdue"
]
"""Why a workspace is late."""


class BulkPlanBody(Body):
    """Workspaces to be planned: a list of them, or those that are late for a reason (`any`: for whichever)."""

    workspaces: Annotated[list[UUID], Field(min_length=1, max_length=1000)] | None = None
    late: Reason | Literal["any"] | None = None


class BulkBody(BulkPlanBody):
    """Workspaces to be synced, likewise."""

    mode: Mode = "auto"


class SwitchesBody(Body):
    """Switches of a calendar; one that is left out stays as it is."""

    enabled: bool | None = None
    inbound: bool | None = None
    outbound: bool | None = None
    deletes: bool | None = None


class RedriveBody(Body):
    """Which dead letters: of a workspace, of a job, by their ids. `limit` at most."""

    ws_id: UUID | None = None
    job: JobName | None = None
    message_ids: Annotated[list[Label], Field(min_length=1, max_length=200)] | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 1000


class DiscardBody(Body):
    """One dead letter."""

    job: JobName
    message_id: Label


class UndoBody(Body):
    """The undoing that was seen: `fingerprint` of its preview. Without one it is only shown."""

    fingerprint: Annotated[str, Field(min_length=1, max_length=64)] | None = None
