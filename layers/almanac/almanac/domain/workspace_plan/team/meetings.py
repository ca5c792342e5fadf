"""Meetings as the planner takes them: who must come, what is wrong with some, and which blocks of theirs stay."""

from collections.abc import Container, Iterable, Mapping, Sequence
from uuid import UUID

from almanac.domain.explanation import Explanation
from almanac.domain.items.meetings import LEAST_PEOPLE
from almanac.domain.planner.document.entries import LONGEST_ITEM
from almanac.domain.planner.model.instance import LockedEvent, MeetingSpec
from almanac.domain.planner.model.weights import PRIORITIES
from almanac.domain.wall_clock import Interval, Week, minutes_of
from almanac.domain.workspace_plan.existing_blocks import BlockSets, as_taken, is_users, stays
from almanac.domain.workspace_plan.planning_window import PlanningWindow
from almanac.domain.workspace_plan.snapshot import Block, ceil_minutes
from almanac.domain.workspace_plan.team.hours_faults import unknown_hours
from almanac.domain.workspace_plan.team.rows import Meeting


def meeting_faults(meetings: Iterable[Meeting], hours: Mapping[str, Mapping[str, Week]]) -> dict[UUID, Explanation]:
    """Return the meetings that no plan can hold, with the fault of each; `hours` are those of each member."""
    return {each.id: fault for each in meetings if (fault := own_fault(each, hours)) is not None}


def own_fault(meeting: Meeting, hours: Mapping[str, Mapping[str, Week]]) -> Explanation | None:
    """Return what is wrong with a meeting itself."""
    strangers = tuple(user for user in meeting.required if user not in hours)
    if strangers:
        return Explanation("person_unknown", quotes=strangers)
    if len(meeting.required) < LEAST_PEOPLE:
        return Explanation("too_few_people", numbers=(len(meeting.required),))
    if meeting.priority not in PRIORITIES:
        return Explanation("priority_unknown", quotes=(meeting.priority, *PRIORITIES))
    if not 1 <= meeting.minutes <= LONGEST_ITEM:
        return Explanation("length_out_of_range", minutes=(meeting.minutes,), numbers=(LONGEST_ITEM,))
    if meeting.earliest is not None and meeting.deadline is not None and meeting.earliest >= meeting.deadline:
        return Explanation("dates_reversed")
    return unknown_hours(meeting.category, [hours[user] for user in meeting.required])


def sort_meetings(
    blocks: Sequence[Block],
    meetings: Mapping[UUID, Meeting],
    faulty: Container[UUID],
    busy: Mapping[str, Sequence[Interval]],
    windows: Mapping[str, PlanningWindow],
) -> BlockSets:
    """Return the blocks of meetings by what a plan may do with them: as with tasks, for all who must come at once.

    `busy` is what takes each person's time and is no meeting; what owners hold of the blocks themselves counts too.
    """
    taken = {user: list(spans) for user, spans in busy.items()}
    for block in blocks:
        for user in people_of(block, meetings.get(block.owner) if block.owner else None):
            if user in windows and not block.over and is_users(block, windows[user]):
                taken[user].append((block.first_minute, block.last_minute))
    fixed, movable, unwanted = [], [], []
    for block in sorted(blocks, key=lambda block: (block.start, block.event_id)):
        meeting = meetings.get(block.owner) if block.owner else None
        people = [user for user in people_of(block, meeting) if user in windows]
        window = max((windows[user] for user in people), key=lambda each: each.first, default=None)
        if window is None or (meeting is None and not is_users(block, window)):
            unwanted.append(block)
            continue
        spans = [span for user in people for span in taken[user]]
        if meeting is None or meeting.id in faulty or stays(block, spans, window):
            fixed.append(block)
        else:
            movable.append(block)
    return BlockSets(tuple(fixed), tuple(movable), tuple(unwanted))


def people_of(block: Block, meeting: Meeting | None) -> tuple[str, ...]:
    """Return who is at a meeting: as its block says, else all who must come."""
    return block.attending or (meeting.required if meeting else ())


def taken_by(block: Block, meetings: Mapping[UUID, Meeting], users: Iterable[str]) -> LockedEvent:
    """Return a meeting that stays as time that is taken of those of `users` who are there."""
    there = people_of(block, meetings.get(block.owner) if block.owner else None)
    event = as_taken(block)
    people = tuple(user for user in users if user in there)
    return LockedEvent(event.id, event.start, event.end, 0, 0, people)


def meeting_spec(
    meeting: Meeting, afters: Iterable[UUID], start: tuple[int | None, tuple[str, ...]], left: Mapping[UUID, int]
) -> MeetingSpec:
    """Return what the planner is to place; `start` is when it may begin, and who of what it waits for ends then.

    `left` are the minutes that the planner is to place of everything that may be waited for.
    """
    earliest, leaders = start
    return MeetingSpec(
        id=str(meeting.id),
        category=meeting.category,
        priority=meeting.priority,
        minutes=meeting.minutes,
        earliest=earliest,
        deadline=None if meeting.deadline is None else minutes_of(meeting.deadline),
        hard_deadline=meeting.hard_deadline and meeting.deadline is not None,
        people=meeting.required,
        optional=meeting.optional,
        depends_on=tuple(sorted(str(after) for after in afters if left[after] > 0)),
        refused=tuple((minutes_of(begin), ceil_minutes(end)) for begin, end in meeting.refused),
        leaders=leaders,
    )
