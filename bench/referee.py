"""Hard rules that a plan breaks, judged by the tests' referee, which shares no code with any planner."""

from typing import Any

from almanac.domain.planner.model.plan import Plan
from bench.instances import Document, iso
from tests.domain.planner.referee import violations


def broken_rules(document: Document, found: Plan) -> list[str]:
    """Return every broken rule; of a team, in the time of each person and in the order across people."""
    if document["format"] == 1:
        return violations(*in_one_persons_time(document, document, found, ""))
    said = [
        rule
        for person in document["people"]
        for rule in violations(*in_one_persons_time(document, person, found, person["id"]))
    ]
    return said + wrong_order(document, found)


def in_one_persons_time(document: Document, person: Document, found: Plan, name: str) -> tuple[Document, Document]:
    """Return what a plan asks of one person, as an instance and a schedule of format 1; a meeting is a task there.

    Whoever need not come to a meeting and does is held to it like the others.
    """
    comes = {block.item for block in found.blocks if name in block.optional}
    works = [task for task in document["tasks"] if task.get("person", "") == name]
    works += [each for each in document.get("meetings", ()) if name in each["people"] or each["id"] in comes]
    mine = {work["id"] for work in works}
    habits = [habit for habit in document["habits"] if habit.get("person", "") == name]
    busy = [whole_event(each) for each in document["busy"] if not name or name in each.get("people", (name,))]
    events_of = {each["id"] for each in busy}
    instance = {
        **{field: document[field] for field in ("now", "window_end")},
        **{field: person[field] for field in ("timezone", "hours", "prefs")},
        "busy": busy,
        "tasks": [whole_task(work, mine) for work in works],
        "habits": [{"hard_from": None, "hard_to": None} | habit for habit in habits],
    }
    asked = mine | {habit["id"] for habit in habits}
    events = [entry(block) for block in found.blocks if block.item in asked]
    moved = [entry(block) for block in found.moved if block.item in events_of]
    return instance, {"events": events, "moved": moved}


def wrong_order(document: Document, found: Plan) -> list[str]:
    """Return what begins before the end of something that it waits for, or without that having a place."""
    starts: dict[str, int] = {}
    ends: dict[str, int] = {}
    for block in found.blocks:
        starts[block.item] = min(block.start, starts.get(block.item, block.start))
        ends[block.item] = max(block.end, ends.get(block.item, block.end))
    return [
        f"H9 {work['id']} before {before}"
        for work in (*document["tasks"], *document.get("meetings", ()))
        for before in work.get("depends_on", ())
        if work["id"] in starts and starts[work["id"]] < ends.get(before, starts[work["id"]] + 1)
    ]


def whole_event(event: Document) -> Document:
    """Return an event with every field."""
    return {"locked": True, "free": False, **event}


def whole_task(work: Document, mine: set[str]) -> Document:
    """Return a task or meeting with every field, waiting for what is the same person's only."""
    empty: Document = {"earliest": None, "deadline": None, "deadline_type": "soft", "splittable": False}
    return empty | work | {"depends_on": [name for name in work.get("depends_on", ()) if name in mine]}


def entry(block: Any) -> Document:
    """Return a block of a plan as a schedule has it."""
    return {"item": block.item, "start": iso(block.start), "end": iso(block.end)}
