"""What requests may hold. A field that nobody knows is refused."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError, PydanticKnownError

from almanac.domain.operations.job_names import JobName
from almanac.jobs import Label, Mode
from almanac.validation import OUT_OF_REACH, YEARS

_Moment = TypeVar("_Moment", date, datetime)
_YEAR = re.compile(r"\d{4}-", re.ASCII)
_OTHERS: Mapping[object, tuple[tuple[type, ...], Literal["int_type", "bool_type"]]] = {
    int: ((bool, str), "int_type"),
    bool: ((int, float, str), "bool_type"),
}
"""Of what pydantic makes a number or a truth value although JSON tells them apart, and its name for that fault."""


def _dated(fault: Literal["date_type", "datetime_type"]) -> BeforeValidator:
    """What begins with a year: pydantic would count a number, as text too, in seconds or milliseconds since 1970."""

    def dated(value: Any) -> Any:
        if isinstance(value, int | float) or (isinstance(value, str) and not _YEAR.match(value)):
            raise PydanticKnownError(fault)
        return value

    return BeforeValidator(dated)


def _within_reach(moment: _Moment) -> _Moment:
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
Instant = Annotated[AwareDatetime, _dated("datetime_type"), AfterValidator(_within_reach)]
"""An instant that somebody gives."""
Day = Annotated[date, _dated("date_type"), AfterValidator(_within_reach)]
"""A date that somebody gives."""


class Model(BaseModel):
    """What is sent or answered. Its validator is made when it is first needed: a process meets few of them, and to make
    all would be half of a cold start."""

    model_config = ConfigDict(defer_build=True)


class Body(Model):
    """A body: a field that nobody knows is refused, so that a slip of the pen is not silently ignored.

    Nor is anything taken for what it is not: `true` is no number, and "45" neither, as the document says.
    """

    model_config = ConfigDict(extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _without_nul(cls, value: Any) -> Any:
        """No text of the database can hold one."""
        if any(isinstance(each, str) and "\0" in each for each in (value if isinstance(value, list) else [value])):
            raise PydanticCustomError("nul_character", "must not hold a NUL character")
        return value

    @field_validator("*", mode="before")
    @classmethod
    def _of_its_kind(cls, value: Any, info: ValidationInfo) -> Any:
        """A number is a number in JSON, and a truth value is one."""
        kinds = _kinds(cls, info.field_name or "")
        for each in value.values() if isinstance(value, dict) else [value]:
            for others, fault in (_OTHERS[kind] for kind in kinds & _OTHERS.keys()):
                if isinstance(each, others) and type(each) not in kinds:
                    raise PydanticKnownError(fault)
        return value


@cache
def _kinds(model: type[Body], name: str) -> frozenset[object]:
    return frozenset(_leaves(model.model_fields[name].annotation))


def _leaves(hint: object) -> Iterator[object]:
    """Yield what a type is made of in the end: of choices their types, of objects and lists what they hold."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        yield from map(type, inner)
    elif inner:
        for each in inner[:1] if origin is Annotated else inner[1:] if origin is dict else inner:
            yield from _leaves(each)
    else:
        yield hint


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
