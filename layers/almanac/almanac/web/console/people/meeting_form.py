"""The form of a meeting: what a person has entered, and what that means."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, tzinfo
from hashlib import sha256

from almanac.domain.operations.people import (
    LONGEST_MEETING,
    PRIORITIES,
    Bound,
    ListedMeeting,
    MeetingChange,
    NewMeeting,
)
from almanac.errors import BadInput
from almanac.validation import OUT_OF_REACH, YEARS
from almanac.web.console.pages import Visit

_LABELS = {
    "title": "Title",
    "minutes": "Minutes",
    "priority": "Priority",
    "hours": "Hours",
    "earliest": "Not before",
    "deadline": "Deadline",
    "required": "Must come",
    "optional": "Asked along",
}
"""What the form calls the fields."""
_BOUNDS: tuple[Bound, ...] = ("earliest", "deadline")
_LONGEST, _MOST = 255, 200


@dataclass(frozen=True, slots=True)
class Entered:
    """The form as it is filled in; times are on a wall of the workspace, to the minute, or nothing."""

    title: str = ""
    minutes: str = "30"
    priority: str = "normal"
    hours: str = "meeting"
    earliest: str = ""
    deadline: str = ""
    hard: bool = False
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    @classmethod
    def of(cls, meeting: ListedMeeting, zone: tzinfo) -> "Entered":
        """Return what the form holds of a meeting that there is."""
        return cls(
            title=meeting.title,
            minutes=str(meeting.minutes),
            priority=meeting.priority,
            hours=meeting.hours,
            earliest=_on_the_wall(meeting.earliest, zone),
            deadline=_on_the_wall(meeting.deadline, zone),
            hard=meeting.hard_deadline,
            required=meeting.required,
            optional=meeting.optional,
        )

    @classmethod
    def sent(cls, visit: Visit) -> "Entered":
        """Return what somebody has sent."""
        return cls(
            title=visit.field("title"),
            minutes=visit.field("minutes"),
            priority=visit.field("priority"),
            hours=visit.field("hours").lower(),
            earliest=visit.field("earliest"),
            deadline=visit.field("deadline"),
            hard=visit.field("hard") == "yes",
            required=tuple(visit.request.form.get("required", [])[:_MOST]),
            optional=tuple(visit.request.form.get("optional", [])[:_MOST]),
        )

    @property
    def mark(self) -> str:
        """What tells whether a meeting is still as the form has shown it."""
        return sha256(repr(astuple(self)).encode()).hexdigest()[:32]

    def wanted(self, zone: tzinfo, was: ListedMeeting | None = None) -> NewMeeting:
        """Return the meeting that is meant; an instant that is entered as it `was` keeps its seconds.

        Raises BadInput of a field.
        """
        for field, text in (("title", self.title), ("hours", self.hours)):
            if not 1 <= len(text) <= _LONGEST:
                raise BadInput(field, f"must have 1 to {_LONGEST} characters")
        if self.priority not in PRIORITIES:
            raise BadInput("priority", f"must be one of {', '.join(PRIORITIES)}")
        if not (self.minutes.isdecimal() and len(self.minutes) <= 9 and 1 <= int(self.minutes) <= LONGEST_MEETING):
            raise BadInput("minutes", f"must be a whole number from 1 to {LONGEST_MEETING:,}")
        earliest, deadline = (self._instant(name, zone, was) for name in _BOUNDS)
        return NewMeeting(
            title=self.title,
            required=self.required,
            optional=self.optional,
            minutes=int(self.minutes),
            priority=self.priority,
            hours=self.hours,
            earliest=earliest,
            deadline=deadline,
            hard_deadline=self.hard,
        )

    def _instant(self, name: Bound, zone: tzinfo, was: ListedMeeting | None) -> datetime | None:
        text = str(getattr(self, name))
        if was is not None and text == getattr(Entered.of(was, zone), name):
            kept: datetime | None = getattr(was, name)
            return kept
        return _instant(name, text, zone) if text else None


def as_change(meeting: NewMeeting) -> MeetingChange:
    """Return the change that makes a meeting this one, whatever it was."""
    return MeetingChange(
        title=meeting.title,
        required=meeting.required,
        optional=meeting.optional,
        minutes=meeting.minutes,
        priority=meeting.priority,
        hours=meeting.hours,
        earliest=meeting.earliest,
        deadline=meeting.deadline,
        hard_deadline=meeting.hard_deadline,
        without=frozenset(each for each in _BOUNDS if getattr(meeting, each) is None),
    )


def in_words(error: BadInput) -> str:
    """Return what is wrong, under the name that the form has for the field."""
    return f"{_LABELS.get(error.field, error.field)}: {error.complaint}."


def choices(members: Iterable[str], entered: Entered) -> list[str]:
    """Return whom a form offers: the members, and who is asked without being one any more."""
    return list(dict.fromkeys((*members, *entered.required, *entered.optional)))


def _on_the_wall(moment: datetime | None, zone: tzinfo) -> str:
    return "" if moment is None else f"{moment.astimezone(zone):%Y-%m-%dT%H:%M}"


def _instant(field: str, text: str, zone: tzinfo) -> datetime:
    try:
        wall = datetime.strptime(text, "%Y-%m-%dT%H:%M").replace(tzinfo=zone)
    except ValueError:
        raise BadInput(field, "must be a date and a time, such as 2026-03-06T17:00") from None
    if not YEARS[0] <= wall.year <= YEARS[1]:
        raise BadInput(field, OUT_OF_REACH)
    return wall.astimezone(UTC)
