"""People whose plans have nothing to do with each other: each such group is an instance of its own.

Without meetings, events that move for several, and work that waits for somebody else's, the best plan is the best plan
of each person alone. Planned apart, a change for one person moves nobody else's blocks.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from almanac.domain.planner.model.instance import Instance


def groups_of(instance: Instance) -> list[Instance]:
    """Return an instance a group of people that nothing connects, in the order of their first people."""
    if len(instance.people) == 1:
        return [instance]
    group = {person.id: {person.id} for person in instance.people}
    for names in ties(instance):
        first, *others = names
        for other in others:
            if group[other] is not group[first]:
                group[first] |= group[other]
                for name in group[other]:
                    group[name] = group[first]
    found = {id(names): names for names in group.values()}
    return [instance] if len(found) == 1 else [part(instance, names) for names in found.values()]


def ties(instance: Instance) -> Iterator[Iterable[str]]:
    """Yield the people of each thing that several have in common."""
    of: dict[str, tuple[str, ...]] = {task.id: (task.person,) for task in instance.tasks}
    of |= {meeting.id: (*meeting.people, *meeting.optional) for meeting in instance.meetings}
    for meeting in instance.meetings:
        yield of[meeting.id]
    for waiting in instance.works:
        for name in waiting.depends_on:
            yield (*of[waiting.id], *of[name])
    for event in instance.movable:
        yield [person.id for person in instance.people] if event.people is None else event.people


def part(instance: Instance, names: set[str]) -> Instance:
    """Return what an instance holds of some people."""
    tasks = tuple(task for task in instance.tasks if task.person in names)
    habits = tuple(habit for habit in instance.habits if habit.person in names)
    meetings = tuple(meeting for meeting in instance.meetings if meeting.people[0] in names)
    items = {t.id for t in tasks} | {h.id for h in habits} | {m.id for m in meetings}
    return replace(
        instance,
        people=tuple(person for person in instance.people if person.id in names),
        tasks=tasks,
        habits=habits,
        meetings=meetings,
        locked=tuple(e for e in instance.locked if e.people is None or not names.isdisjoint(e.people)),
        movable=tuple(e for e in instance.movable if e.people is None or not names.isdisjoint(e.people)),
        previous=tuple(block for block in instance.previous if block.item in items),
    )
