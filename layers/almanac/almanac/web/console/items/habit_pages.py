"""The habits of a workspace: when each is next, or why it is not, and which dates are left out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from almanac.domain.items.habits import LONGEST_HABIT, TIME_PREFERENCES, HabitChange, ListedHabit
from almanac.domain.items.wishes import PRIORITIES
from almanac.domain.people_names import people_names
from almanac.domain.wall_clock import WEEKDAYS
from almanac.errors import BadInput
from almanac.presentation.items.habits import NOTES_SHOWN, when_text
from almanac.services.items.requirements import ChangedMeanwhile
from almanac.web.console.items.fields import Refused, add_once, changed_meanwhile
from almanac.web.console.items.habit_form import ANY, Entered, in_words
from almanac.web.console.items.last_plan import last_plan
from almanac.web.console.pages import Page, Visit, identified
from almanac.web.request import Answer

_CHANGED = changed_meanwhile("habit")


@dataclass(frozen=True, slots=True)
class Row:
    """A habit as it is shown: its state as a class and in words, when it is wanted, and its form if that is open."""

    habit: ListedHabit
    state: tuple[str, str]
    when: str
    entered: Entered | None
    mark: str
    """What tells whether the habit is still as it is shown."""


def habits(visit: Visit) -> Answer:
    """Show the habits. Changes nothing."""
    return _shown(visit)


def add(visit: Visit) -> Answer:
    """Add a habit; the same form sent twice is one."""
    entered = Entered.sent(visit)

    def add_it(habit_id: UUID) -> UUID:
        return visit.call.use.habits.add(visit.ws_id, entered.change_of(Entered()), habit_id)

    try:
        add_once(visit, "habit", entered.mark, add_it)
    except BadInput as error:
        return _shown(visit, Refused(None, entered, in_words(error)))
    return visit.back(_place(visit), "The habit was added: the next plan finds its times.")


def change(visit: Visit) -> Answer:
    """Change a habit, if it still is as the form has shown it."""
    use, entered = visit.call.use.habits, Entered.sent(visit)
    was = use.one(visit.ws_id, _habit_id(visit))
    stored = Entered.of(was)
    if visit.field("seen") != stored.mark:
        return visit.back(_place(visit), _CHANGED)
    try:
        use.change(visit.ws_id, was.habit_id, entered.change_of(stored), was)
    except ChangedMeanwhile:
        return visit.back(_place(visit), _CHANGED)
    except BadInput as error:
        return _shown(visit, Refused(was.habit_id, entered, in_words(error)))
    visit.call.audit("habit_change", visit.ws_id, was.habit_id)
    return visit.back(_place(visit), "The habit was changed: the next plan leaves its blocks there or moves them.")


def skip(visit: Visit) -> Answer:
    """Leave out one date of a habit."""
    said = "is left out: the next plan takes its block away"
    return _dated(visit, visit.call.use.habits.skip, "habit_skip", said)


def unskip(visit: Visit) -> Answer:
    """Have a date after all that was left out."""
    said = "is left out no more: the next plan finds its time"
    return _dated(visit, visit.call.use.habits.unskip, "habit_unskip", said)


def pause(visit: Visit) -> Answer:
    """Have no more of a habit for now."""
    return _switched(visit, "The habit was paused: the next plan takes its blocks to come away.", active=False)


def resume(visit: Visit) -> Answer:
    """Have a habit again that was paused."""
    return _switched(visit, "The habit goes on: the next plan finds its times.", active=True)


def remove(visit: Visit) -> Answer:
    """Delete a habit, for whoever has said that this is meant."""
    if visit.field("sure") != "yes":
        return visit.back(_place(visit), "Nothing was removed: it was not confirmed.")
    habit_id = _habit_id(visit)
    visit.call.use.habits.remove(visit.ws_id, habit_id)
    visit.call.audit("habit_remove", visit.ws_id, habit_id)
    return visit.back(_place(visit), "The habit was removed: the next plan takes its blocks to come away.")


def _shown(visit: Visit, refused: Refused[Entered] | None = None) -> Answer:
    use, ws_id = visit.call.use, visit.ws_id
    name, zone = use.directory.zone(ws_id)
    found, members = use.habits.all(ws_id), use.people.members(ws_id)
    of_habits = {each.habit_id: each.wishes.name for each in found}
    drafts = {} if refused is None else {refused.item_id: refused.entered}
    return visit.render(
        "habits.html",
        status=200 if refused is None else 422,
        ws_id=ws_id,
        name=name,
        zone=zone,
        clock=visit.clock,
        notes_shown=NOTES_SHOWN,
        today=visit.now.astimezone(visit.clock).date(),
        rows=[_row(visit, each, when_text(each.wishes, of_habits), drafts) for each in found],
        new=drafts.get(None, Entered()),
        days=WEEKDAYS,
        parts_of_day=(ANY, *TIME_PREFERENCES),
        categories=use.people.categories(ws_id),
        priorities=PRIORITIES,
        longest=LONGEST_HABIT,
        members=members,
        refused=refused,
        once=uuid4(),
        names=people_names((each.user_id, each.name) for each in members),
        plan=last_plan(visit),
    )


def _row(visit: Visit, habit: ListedHabit, when: str, drafts: Mapping[UUID | None, Entered]) -> Row:
    stored = Entered.of(habit)
    entered = drafts.get(habit.habit_id, stored if str(habit.habit_id) == visit.query("change") else None)
    return Row(habit, _state(habit), when, entered, stored.mark)


def _dated(visit: Visit, do: Callable[[UUID, UUID, date], ListedHabit], action: str, said: str) -> Answer:
    habit_id = _habit_id(visit)
    try:
        day = date.fromisoformat(visit.field("date"))
    except ValueError:
        return visit.back(_place(visit), "Nothing was changed: that is no date.")
    try:
        do(visit.ws_id, habit_id, day)
    except BadInput as error:
        if error.field != "day":
            raise
        return visit.back(_place(visit), f"Nothing was changed: {day.isoformat()} {error.complaint}.")
    visit.call.audit(action, visit.ws_id, habit_id, date=day.isoformat())
    return visit.back(_place(visit), f"{day.isoformat()} {said}.")


def _switched(visit: Visit, said: str, *, active: bool) -> Answer:
    habit_id = _habit_id(visit)
    visit.call.use.habits.change(visit.ws_id, habit_id, HabitChange(active=active))
    visit.call.audit("habit_change", visit.ws_id, habit_id, changed=["active"])
    return visit.back(_place(visit), said)


def _state(habit: ListedHabit) -> tuple[str, str]:
    """Return its state as a class and in words."""
    if not habit.wishes.active:
        return "paused", "paused"
    if not habit.planned:
        return "off", "not for Almanac"
    if habit.blocks:
        return "on", "has its times"
    return ("failed", "no time") if habit.notes else ("queued", "looks for its times")


def _habit_id(visit: Visit) -> UUID:
    return identified(visit.parameters["habit_id"], "unknown_habit")


def _place(visit: Visit) -> str:
    return f"/console/workspaces/{visit.ws_id}/habits"


_ONE = "/console/workspaces/<ws>/habits/<habit_id>"
PAGES = (
    Page("GET", "/console/workspaces/<ws>/habits", "read", habits, ("change",)),
    Page("POST", "/console/workspaces/<ws>/habits", "operate", add),
    Page("POST", _ONE, "operate", change),
    Page("POST", f"{_ONE}/skip", "operate", skip),
    Page("POST", f"{_ONE}/unskip", "operate", unskip),
    Page("POST", f"{_ONE}/pause", "operate", pause),
    Page("POST", f"{_ONE}/resume", "operate", resume),
    Page("POST", f"{_ONE}/remove", "operate", remove),
)
