"""Whose time an instance plans: the people of format 2, or the one nameless person of format 1."""

from collections.abc import Collection, Mapping

from almanac.domain.planner.document.fields import Fields, InstanceError, wall_minutes
from almanac.domain.planner.model.instance import NOBODY, PersonSpec
from almanac.domain.planner.model.slot_mask import SLOT_MINUTES
from almanac.domain.wall_clock import Interval, Week

DAY_KEYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
PERSON_FIELDS = ("id", "timezone", "hours", "prefs")


class People:
    """The people of an instance by id, and who is meant where an item names some.

    `named` is false for an instance without people: then everything is the one person's, whoever is named; of format 1
    nobody may be.
    """

    def __init__(self, specs: Collection[PersonSpec], *, named: bool, may_be_named: bool) -> None:
        self.by_id: Mapping[str, PersonSpec] = {spec.id: spec for spec in specs}
        self.named = named
        self.may_be_named = may_be_named

    def owner(self, fields: Fields) -> PersonSpec:
        """Return the one person whose time a task or habit takes."""
        return self.by_id[fields.choice("person", self.by_id) if self.named else NOBODY]

    def field(self, name: str) -> tuple[str, ...]:
        """Return the name of a field that says whose something is, nothing where the format has none."""
        return (name,) if self.may_be_named else ()

    def several(self, fields: Fields, name: str) -> tuple[str, ...]:
        """Return people of a list, each known and named once."""
        names = fields.texts(name)
        for person in names:
            if person not in self.by_id:
                raise fields.error(name, f"holds '{person}', known are {', '.join(self.by_id)}")
        if len(set(names)) != len(names):
            raise fields.error(name, "holds somebody twice")
        return names

    def of_event(self, fields: Fields) -> tuple[str, ...] | None:
        """Return whose time an event takes, None for everybody's."""
        if not self.named or not fields.has("people"):
            return None
        names = self.several(fields, "people")
        if not names:
            raise fields.error("people", "is empty: leave it out where an event takes everybody's time")
        return names

    def categories(self, names: Collection[str] | None) -> list[str]:
        """Return the categories of hours that some people (None: all) have in common."""
        people = list(self.by_id.values()) if names is None else [self.by_id[name] for name in names]
        return [category for category in people[0].hours if all(category in person.hours for person in people)]


def read_people(frame: Fields) -> People:
    """Return the people, or where there are none the nameless person of the frame's own zone, hours and prefs."""
    two = frame.values.get("format", 1) == 2
    values = frame.items("people") if two else []
    if not values:
        return People([read_person(frame, NOBODY)], named=False, may_be_named=two)
    found: list[PersonSpec] = []
    for position, value in enumerate(values):
        fields = Fields(value, f"people[{position}]")
        fields.only(*PERSON_FIELDS)
        name = fields.text("id")
        if any(person.id == name for person in found):
            raise InstanceError(f"people '{name}'", "id comes twice")
        found.append(read_person(fields, name))
    return People(found, named=True, may_be_named=True)


def read_person(fields: Fields, name: str) -> PersonSpec:
    """Return one person, of `people` or of the frame."""
    prefs = fields.section("prefs")
    prefs.only("break_min", "min_notice_min", "daily_cap_min")
    hours = read_hours(fields.section("hours"))
    return PersonSpec(
        id=name,
        zone=fields.zone("timezone"),
        hours=hours,
        break_minutes=read_break(prefs),
        notice_minutes=prefs.minutes("min_notice_min", least=0, default=0),
        daily_caps=read_caps(prefs.section("daily_cap_min"), hours),
    )


def read_break(prefs: Fields) -> int:
    """Return the wanted break: none or one slot."""
    minutes = prefs.minutes("break_min", least=0, default=0)
    if minutes not in (0, SLOT_MINUTES):
        raise prefs.error("break_min", f"must be 0 or {SLOT_MINUTES}, is {minutes}")
    return minutes


def read_caps(caps: Fields, hours: dict[str, Week]) -> dict[str, int]:
    """Return minutes of task work a day, per category."""
    for category in caps.values:
        if category not in hours:
            raise caps.error(category, "is no category of hours")
    return {category: caps.minutes(category, least=0) for category in caps.values}


def read_hours(categories: Fields) -> dict[str, Week]:
    """Return the opening hours: {category: {weekday: [[from, to], …]}}; a missing weekday is closed."""
    hours: dict[str, Week] = {}
    for category in categories.values:
        week = categories.section(category)
        for name in week.values:
            if name not in DAY_KEYS:
                raise week.error(f"'{name}'", f"is no weekday, known are {', '.join(DAY_KEYS)}")
        hours[category] = tuple(
            tuple(read_span(span, f"{week.where} {day}") for span in week.items(day)) for day in DAY_KEYS
        )
    return hours


def read_span(value: object, where: str) -> Interval:
    """Return [from, to] as wall minutes; `to` before `from` means the next day."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise InstanceError(where, "a span must be [from, to]")
    start, end = wall_minutes(value[0], where, "from"), wall_minutes(value[1], where, "to")
    if start == end:
        raise InstanceError(where, f"the span {value[0]}-{value[1]} is empty")
    return start, end
