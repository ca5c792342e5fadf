"""The form of a meeting: what a person has entered, and what that means."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import tzinfo

from almanac.domain.items.meetings import ListedMeeting, MeetingChange, NewMeeting
from almanac.domain.items.wishes import BOUNDS, LONGEST
from almanac.errors import BadInput
from almanac.web.console.items import fields
from almanac.web.console.items.fields import LABELS, chosen, on_the_wall
from almanac.web.console.pages import Visit

_LABELS = {**LABELS, "required": "Must come", "optional": "Asked along"}
"""What the form calls the fields."""


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
            title=fields.in_one_line(meeting.title),
            minutes=str(meeting.minutes),
            priority=meeting.priority,
            hours=meeting.hours,
            earliest=on_the_wall(meeting.earliest, zone),
            deadline=on_the_wall(meeting.deadline, zone),
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
            hours=visit.field("hours"),
            earliest=visit.field("earliest"),
            deadline=visit.field("deadline"),
            hard=visit.field("hard") == "yes",
            required=chosen(visit, "required"),
            optional=chosen(visit, "optional"),
        )

    @property
    def mark(self) -> str:
        """What tells whether a meeting is still as the form has shown it."""
        return fields.mark_of(self)

    def wanted(self, zone: tzinfo, was: ListedMeeting | None = None) -> NewMeeting:
        """Return the meeting that is meant; what is entered as it `was` stays exactly so.

        Raises BadInput of a field.
        """
        fields.require_label("hours", self.hours)
        fields.require_priority(self.priority)
        return NewMeeting(
            title=fields.label("title", self.title, was.title if was is not None else None),
            required=self.required,
            optional=self.optional,
            minutes=fields.whole_number("minutes", self.minutes, LONGEST),
            priority=self.priority,
            hours=self.hours if was is not None and self.hours == was.hours else self.hours.lower(),
            earliest=fields.instant("earliest", self.earliest, zone, was),
            deadline=fields.instant("deadline", self.deadline, zone, was),
            hard_deadline=self.hard,
        )


def as_change(wanted: NewMeeting, was: ListedMeeting) -> MeetingChange:
    """Return what is other than it was."""
    other = fields.differing(wanted, MeetingChange().applied_to(was))
    return MeetingChange(**other, without=fields.taken_away(other, BOUNDS))


def in_words(error: BadInput) -> str:
    """Return what is wrong, under the name that the form has for the field."""
    return fields.in_words(error, _LABELS)


def choices(members: Iterable[str], entered: Entered) -> list[str]:
    """Return whom a form offers: the members, and who is asked without being one any more."""
    return list(dict.fromkeys((*members, *entered.required, *entered.optional)))
