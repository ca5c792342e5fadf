"""What `almanac plan` has planned, as the views draw it. Ids are all the titles that an instance has."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from almanac.domain.planner.model.instance import Instance
from almanac.domain.planner.model.plan import Finding, Plan, PlannedBlock
from almanac.domain.wall_clock import Interval, merged, weekly_hours
from almanac.presentation.agenda import Agenda, Change, Entry, EntryKind, Remark
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
        opened=opened(instance),
        remarks=tuple(_remark(finding, instance.zone) for finding in found.findings),
        counts={name.replace("_", " "): getattr(found.summary, name) for name in type(found.summary).__slots__},
    )


def opened(instance: Instance) -> tuple[Interval, ...]:
    """Return the opening hours of the categories in use, of all where nothing is to be placed."""
    used = {task.category for task in instance.tasks} | {habit.category for habit in instance.habits}
    used |= {meeting.category for meeting in instance.meetings}
    weeks = (
        (person.hours[category], person.zone)
        for person in instance.people
        for category in sorted(used or person.hours)
        if category in person.hours
    )
    return tuple(merged(s for week, zone in weeks for s in weekly_hours(week, instance.now, instance.end, zone)))


def _busy(instance: Instance, found: Plan) -> Iterator[Entry]:
    """Yield locked events, and movable ones where the plan leaves them."""
    for event in instance.locked:
        yield Entry("busy", event.id, event.start, event.end)
    moved = {block.item: block for block in found.moved}
    for movable in instance.movable:
        block = moved.get(movable.id)
        if block is None:
            yield Entry("busy", movable.id, movable.start, movable.end)
        else:
            yield Entry("busy", movable.id, block.start, block.end, words([block.reason], {}, instance.zone), "moved")


def _blocks(instance: Instance, found: Plan) -> Iterator[Entry]:
    """Yield the placements; against the last plan, where there is one."""
    habits = {habit.id for habit in instance.habits}
    for block in found.blocks:
        kind: EntryKind = "habit" if block.item in habits else "task"
        reason = words([block.reason], {}, instance.zone)
        yield Entry(kind, block.item, block.start, block.end, reason, _change(instance, block))


def _change(instance: Instance, block: PlannedBlock) -> Change:
    before = [(last.start, last.end) for last in instance.previous if last.item == block.item]
    if not instance.previous or (block.start, block.end) in before:
        return ""
    return "moved" if before else "new"


def _remark(finding: Finding, zone: ZoneInfo) -> Remark:
    states = {
        "late": f"late by {length(finding.late_minutes)}",
        "partial": f"partial, {length(finding.missing_minutes)} without a place",
        "unplaced": "without a place",
        "missed": f"missed on {finding.date}",
        "at_risk": "on time, at risk",
    }
    cause, suggestions = words([finding.cause], {}, zone), words(finding.suggestions, {}, zone)
    return Remark(finding.item, states[finding.state], cause, suggestions, finding.state != "at_risk")
