"""The form of a task: what a person has entered, and what that means."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from uuid import UUID

from almanac.domain.items.tasks import TASK_BOUNDS, USUAL_HOURS, ListedTask, NewTask, Share, TaskChange
from almanac.domain.items.wishes import LONGEST
from almanac.errors import BadInput
from almanac.web.console.items import fields as read
from almanac.web.console.items.fields import LABELS, chosen, number_text, on_the_wall
from almanac.web.console.pages import Visit

_LABELS = {
    **LABELS,
    "done_minutes": "Done elsewhere",
    "assignees": "Who works on it",
    "min_piece": "Shortest piece",
    "max_piece": "Longest piece",
    "after": "Waits for",
    "after_meetings": "Waits for",
}
"""What the form calls the fields."""
_TASK, _MEETING = "task:", "meeting:"
"""What the ids of tasks and meetings begin with that a task waits for."""


@dataclass(frozen=True, slots=True)
class Entered:
    """The form as it is filled in; times are on a wall of the workspace, to the minute, or nothing.

    `assignees` are people with minutes of their own, or nothing; `after` ids with what they are of.
    """

    title: str = ""
    minutes: str = "60"
    done_minutes: str = "0"
    priority: str = "normal"
    hours: str = USUAL_HOURS
    split: bool = False
    min_piece: str = ""
    max_piece: str = ""
    earliest: str = ""
    deadline: str = ""
    hard: bool = False
    assignees: tuple[tuple[str, str], ...] = ()
    after: tuple[str, ...] = ()

    @classmethod
    def of(cls, task: ListedTask, zone: tzinfo) -> "Entered":
        """Return what the form holds of a task that there is."""
        return cls(
            title=read.in_one_line(task.title),
            minutes=number_text(task.minutes),
            done_minutes=str(task.done_minutes),
            priority=task.priority,
            hours=task.hours,
            split=task.split,
            min_piece=number_text(task.min_piece),
            max_piece=number_text(task.max_piece),
            earliest=on_the_wall(task.earliest, zone),
            deadline=on_the_wall(task.deadline, zone),
            hard=task.hard_deadline,
            assignees=tuple((each.user_id, number_text(each.minutes)) for each in task.assignees),
            after=(*(f"{_TASK}{each.id}" for each in task.after), *(f"{_MEETING}{e.id}" for e in task.after_meetings)),
        )

    @classmethod
    def sent(cls, visit: Visit) -> "Entered":
        """Return what somebody has sent."""
        return cls(
            title=visit.field("title"),
            minutes=visit.field("minutes"),
            done_minutes=visit.field("done_minutes", "0"),
            priority=visit.field("priority"),
            hours=visit.field("hours"),
            split=visit.field("split") == "yes",
            min_piece=visit.field("min_piece"),
            max_piece=visit.field("max_piece"),
            earliest=visit.field("earliest"),
            deadline=visit.field("deadline"),
            hard=visit.field("hard") == "yes",
            assignees=tuple((user, visit.field(f"minutes:{user}")) for user in chosen(visit, "assignees")),
            after=chosen(visit, "after"),
        )

    @property
    def mark(self) -> str:
        """What tells whether a task is still as the form has shown it."""
        return read.mark_of(self)

    @property
    def minutes_of(self) -> dict[str, str]:
        """Who works on it, and for which minutes of their own."""
        return dict(self.assignees)

    def wanted(self, zone: tzinfo, was: ListedTask | None = None) -> NewTask:
        """Return the task that is meant; what is entered as it `was` stays exactly so. Raises BadInput of a field."""
        read.require_label("hours", self.hours)
        read.require_priority(self.priority)
        unknown_length = was is not None and was.minutes is None and not self.minutes
        return NewTask(
            title=read.label("title", self.title, was.title if was is not None else None),
            minutes=None if unknown_length else read.whole_number("minutes", self.minutes, LONGEST),
            done_minutes=read.whole_number("done_minutes", self.done_minutes, LONGEST, least=0),
            assignees=tuple(
                Share(user, read.number_if_any("assignees", minutes, LONGEST)) for user, minutes in self.assignees
            ),
            priority=self.priority,
            hours=self.hours if was is not None and self.hours == was.hours else self.hours.lower(),
            split=self.split,
            min_piece=read.number_if_any("min_piece", self.min_piece, LONGEST),
            max_piece=read.number_if_any("max_piece", self.max_piece, LONGEST),
            earliest=read.instant("earliest", self.earliest, zone, was),
            deadline=read.instant("deadline", self.deadline, zone, was),
            hard_deadline=self.hard,
            after=_ids(self.after, _TASK),
            after_meetings=_ids(self.after, _MEETING),
            done=was is not None and was.done_at is not None,
        )


def as_change(wanted: NewTask, was: ListedTask) -> TaskChange:
    """Return what is other than it was."""
    other = read.differing(wanted, TaskChange().applied_to(was))
    return TaskChange(**other, without=read.taken_away(other, TASK_BOUNDS))


def in_words(error: BadInput) -> str:
    """Return what is wrong, under the name that the form has for the field."""
    return read.in_words(error, _LABELS)


def people_offered(members: Iterable[str], entered: Entered) -> Sequence[str]:
    """Return whom a form offers: the members, and who works on it without being one any more."""
    return list(dict.fromkeys((*members, *(user for user, _ in entered.assignees))))


def _ids(after: Iterable[str], kind: str) -> tuple[UUID, ...]:
    try:
        return tuple(UUID(each.removeprefix(kind)) for each in after if each.startswith(kind))
    except ValueError:
        raise BadInput("after", "must be what the form offers") from None
