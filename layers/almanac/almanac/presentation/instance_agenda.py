"""What `almanac plan` has planned, as the views draw it. Ids are all the titles that an instance has."""

from collections.abc import Iterable, Iterator, Mapping
from zoneinfo import ZoneInfo

from almanac.domain.planner.model.instance import NOBODY, Instance, PersonSpec
from almanac.domain.planner.model.plan import Finding, Plan, PlannedBlock
from almanac.domain.wall_clock import Interval, merged, weekly_hours
from almanac.presentation.agenda import Agenda, Change, Entry, EntryKind, Person, Remark
from almanac.presentation.phrases import length
from almanac.presentation.wording import words


def agenda_of(instance: Instance, found: Plan) -> Agenda:
    """Return the plan with what was taken before it."""
    return Agenda(
        name=instance.id,
        zone=instance.zone,
        now=instance.now,
        end=instance.end,
        entries=(*_busy(instance, found), *_blocks(instance, found)),
        opened=opened(instance, instance.people),
        people=people_of(instance, {}),
        remarks=_remarks(instance, found),
        counts={name.replace("_", " "): getattr(found.summary, name) for name in type(found.summary).__slots__},
        search_cut_percent=found.search_cut_percent,
    )


def opened(instance: Instance, people: Iterable[PersonSpec]) -> tuple[Interval, ...]:
    """Return the opening hours of some people in the categories in use, in all where nothing is to be placed.

    What lies beyond the window is none: nothing was to be placed there.
    """
    used = {work.category for work in instance.works} | {habit.category for habit in instance.habits}
    weeks = (
        (person.hours[category], person.zone)
        for person in people
        for category in sorted(used or person.hours)
        if category in person.hours
    )
    spans = (s for week, zone in weeks for s in weekly_hours(week, instance.now, instance.end, zone))
    return tuple(merged((start, min(end, instance.end)) for start, end in spans))


def people_of(instance: Instance, names: Mapping[str, str]) -> tuple[Person, ...]:
    """Return the people of an instance as the views draw them, the nameless one left out; `names` are their names."""
    return tuple(
        Person(each.id, names.get(each.id, each.id), each.zone, opened(instance, (each,)))
        for each in instance.people
        if each.id != NOBODY
    )


def _busy(instance: Instance, found: Plan) -> Iterator[Entry]:
    """Yield locked events, and movable ones where the plan leaves them."""
    for event in instance.locked:
        yield Entry("busy", event.id, event.start, event.end, people=event.people or ())
    moved = {block.item: block for block in found.moved}
    for movable in instance.movable:
        block = moved.get(movable.id)
        if block is None:
            yield Entry("busy", movable.id, movable.start, movable.end, people=movable.people or ())
        else:
            why = words([block.reason], {}, instance.zone)
            yield Entry("busy", movable.id, block.start, block.end, why, "moved", movable.people or ())


def _blocks(instance: Instance, found: Plan) -> Iterator[Entry]:
    """Yield the placements; against the last plan, where there is one."""
    kinds: dict[str, EntryKind] = {habit.id: "habit" for habit in instance.habits}
    kinds |= {meeting.id: "meeting" for meeting in instance.meetings}
    for block in found.blocks:
        kind = kinds.get(block.item, "task")
        reason = words([block.reason], {}, instance.zone)
        yield Entry(kind, block.item, block.start, block.end, reason, _change(instance, block), block.people)


def _change(instance: Instance, block: PlannedBlock) -> Change:
    before = [(last.start, last.end) for last in instance.previous if last.item == block.item]
    if not instance.previous or (block.start, block.end) in before:
        return ""
    return "moved" if before else "new"


def _remarks(instance: Instance, found: Plan) -> tuple[Remark, ...]:
    return tuple(_remark(finding, instance.zone) for finding in found.findings)


def _remark(finding: Finding, zone: ZoneInfo) -> Remark:
    states = {
        "late": f"late by {length(finding.late_minutes)}",
        "partial": f"partial, {length(finding.missing_minutes)} without a place",
        "unplaced": "without a place",
        "missed": f"missed on {finding.date}",
        "at_risk": "on time, at risk",
    }
    cause, suggestions = (words(said, {}, zone) for said in ([finding.cause], finding.suggestions))
    return Remark(finding.item, states[finding.state], cause, suggestions, finding.state != "at_risk", finding.people)
