"""Explanations in English. A template per code; what is in braces is worked out by `_Fields`."""

from collections.abc import Callable, Iterable, Mapping
from zoneinfo import ZoneInfo

from almanac.domain.explanation import Code, Explanation
from almanac.domain.wall_clock import DAY_MINUTES
from almanac.presentation.phrases import amount, clock_time, day_name, length, names, time_span

_MOST_NAMED = 3
_TASK = "{stays}{which}%s{since}{absent}{due}"
_LENGTH = "{durations[0]} of {category} hours"
_DATE_HOURS = "its {amounts[0]} of {category} hours on that day"
"""Which day is said beside it, as its person's date: in the zone of who reads it may begin on another one."""

SENTENCES: Mapping[Code, str] = {
    # reasons of blocks, and of events that move
    "earliest": _TASK % f"the earliest {_LENGTH}" + "{passed}",
    "earliest_free": _TASK % f"the earliest free {_LENGTH}" + "; the time before is taken by {before}{passed}",
    "earlier_is_free": _TASK % _LENGTH + "; {times[0]} is free too, but gains too little{passed}",
    "earlier_is_free_not_worth_a_move": _TASK % _LENGTH
    + "; {times[0]} is free too, but gains too little for a move{passed}",
    "break_around": _TASK % f"{_LENGTH} with a break around it" + "; a start at {times[0]} would leave none{passed}",
    "within_daily_limit": _TASK % f"{_LENGTH} within the daily limit"
    + "; a start at {times[0]} would exceed it{passed}",
    "more_can_come": _TASK % _LENGTH + "; {names} can come then, but not at {times[0]}{passed}",
    "in_ideal_time": "{stays}in its ideal time{short}",
    "earlier_than_ideal": "{stays}{durations[0]} earlier than ideal ({ideal}), {why}{short}",
    "later_than_ideal": "{stays}{durations[0]} later than ideal ({ideal}), {why}{short}",
    "makes_room": "makes room for {names}; it was at {times[0]}",
    "moved_for_gain": "the rest of the plan gains more by it than the {numbers[0]:g} points the move costs; "
    "it was at {times[0]}",
    # beside reasons
    "stays": "stays where it was: ",
    "part_of_task": "part {numbers[0]} of {numbers[1]}, ",
    "after_part": " after part {numbers[0]}",
    "after_items": " after {names}",
    "after_earliest_start": " from its earliest start ({times[0]}) on",
    "without_people": " without {all_absent}",
    "before_deadline": ", before its deadline {times[0]}",
    "after_deadline": ", after its deadline {times[0]}",
    "time_before_taken": "{names_and_others}",
    "time_before_in_pieces": "pieces that are too short",
    "taken_away_before": "; it passes over {amounts[0]} that it was taken away from",
    "ideal_free_but_costly": "although {times[0]} is free, for the sake of breaks or of what already stands",
    "ideal_hours_closed": "when its hours are closed",
    "ideal_taken": "the nearest free place; that time is taken by {names}",
    "ideal_taken_away": "the nearest free place; it was taken away from that time",
    "ideal_too_short": "the nearest that is long enough",
    "shorter_than_preferred": "; {durations[0]} shorter than preferred{neighbours}",
    "follows_item": "{names}",
    "follows_start_of_hours": "the start of its hours",
    "precedes_item": "{names}",
    "precedes_end_of_hours": "the end of its hours",
    # causes
    "deadline_past": "its deadline, {times[0]}, had passed before it could begin{soon}",
    "hours_closed": "no {category} hours are open {until}{soon}",
    "hours_too_few": "{only} {category} hours are open {until}, it needs {amounts[1]}{beside}{away}{soon}",
    "stretches_too_short": "no open stretch {until} is {amounts[0]} long, the longest is {amounts[1]}{beside}{away}",
    "free_time_outweighed": "there is room from {times[0]} on, "
    "but breaks, daily limits or what already stands outweigh it",
    "hours_leave_no_gaps": "its {amounts[0]} of {category} hours {until} are too few "
    "for parts of at most {amounts[1]} with a gap between them{away}",
    "hours_taken": "its {amounts[0]} of {category} hours {until} are taken by {holders}; {longest_free}{away}",
    "waits_for_unplaced": "waits for {names}, which {have} no complete place",
    "waits_for_item": "it waits for {names}, which ends {times[0]}; {part}",
    "begins_after_it": "what waits for it, {names}, stays where it is and begins {times[0]}; {part}",
    "begins_before_its_end": "what waits for it, {names}, stays where it is and begins {times[0]}, before it ends",
    "ends_after_deadline": "its block stays where it is and ends {times[0]}, after its deadline {times[1]}",
    "lies_on": "its block stays where it is, {days[0]}, {spans[0]}, although {others_there}",
    "little_time_to_spare": "{only} free {category} time is left between its end and its deadline{away}",
    "date_hours_closed": "no {category} hours are open for it on that day{soon}",
    "date_hours_taken": f"{_DATE_HOURS} are taken by {{holders}}; no {{amounts[1]}} are free{{away}}",
    "date_stretches_too_short": f"{_DATE_HOURS} have no stretch of {{amounts[1]}}{{away}}",
    "free_time_far_from_ideal": "its ideal time on {days[0]}, {spans[0]}, {blame}; "
    "the nearest free place, {spans[1]}, costs more than to miss it",
    "no_common_hours": "the {category} hours of {names} have {in_common} in common {until}, "
    "it needs {amounts[1]}{away}{soon}",
    "people_taken": "while all of them are open ({amounts[0]} of {category} hours), "
    "the time of {holders} is taken{away}",
    # beside causes
    "until_deadline": "before its deadline ({times[0]})",
    "until_window_end": "until the window ends ({times[0]})",
    "until_then": "until then",
    "events_in_the_way": "; the calendar has {names_with_minutes} in the way",
    "taken_away": "; not counting {amounts[0]} that it was taken away from",
    "inside_notice": "; {amounts[0]} of {category} hours lie inside the notice, which ends {times[0]}",
    "holders": "{names_with_minutes}",
    "ideal_time_too_short": "is too short",
    "ideal_time_outside_hours": "lies outside its hours",
    "ideal_time_taken_away": "is where it was taken away from",
    "lacks": "{names} {gave_up}",
    # suggestions
    "more_hours": "{amounts[0]} more of {category} hours on {days[0]}, {spans[0]}",
    "later_deadline": "a deadline {about} later, {times[0]}",
    "smaller_parts": "parts of {amounts[0]} or more",
    "less_work": "{amounts[0]} less work ({amounts[1]} would fit)",
    "without_item": "{names_with_minutes} elsewhere or not at all",
    "shorter_minimum": "a minimum of {amounts[0]}",
    "wider_ideal_time": "an ideal time of {spans[0]}",
    "room_for_items": "make room for {names}",
    "hours_kept_free": "{amounts[0]} of {category} hours kept free before its deadline",
    "nothing_small": "nothing small: {amounts[0]} more of {category} hours, several other things elsewhere, "
    "or less work",
    "other_hours": "other {category} hours on that day, or a day that is less full",
    "default_used": "its default was used",
    "tick_off_or_more": "tick it off, or raise its total_minutes",
    "near_miss": "{days[0]}, {spans[0]}, if {all_lacking}",
    "item_moves": "{moving} {shift}, at {times[0]}{late_then}",
    "add_member": "add them with `almanac member add`, or leave them out",
    "unlock_or_move": "unlock it, so that a plan may move it, or move it by hand",
    "plan_everybody": "plan everybody: `almanac schedule` without `--user`",
    # faults
    "length_missing": "total_minutes is missing: without a length it cannot be planned",
    "length_out_of_range": "total_minutes must be 1 to {numbers[0]}, is {minutes[0]}",
    "priority_unknown": "priority '{quotes[0]}' is unknown, known are {known}",
    "dates_reversed": "start_date must lie before end_date",
    "piece_too_short": "{quotes[0]} must be at least 1, is {minutes[0]}",
    "pieces_reversed": "min_split_duration_minutes {minutes[0]} is above max_split_duration_minutes {minutes[1]}",
    "lengths_reversed": "min_duration_minutes, duration_minutes and max_duration_minutes must rise from 1, "
    "are {minutes[0]}, {minutes[1]} and {minutes[2]}",
    "hours_unknown": "calendar_hours '{category}' is unknown, known are {all_quotes}",
    "hours_unreadable": "the hours '{category}' cannot be read: {all_quotes}",
    "hours_never_open": "the hours '{category}' never open",
    "waits_for_faulty_task": "waits for {names}, which cannot be planned",
    "waits_for_unmanaged_task": "waits for {names}, which is open but not for Almanac to plan",
    "dependencies_in_circle": "its dependencies run in a circle, or wait for a task that cannot be planned",
    "order_in_circle": "its order before and after other habits runs in a circle",
    "order_leaves_no_room": "the day has no room for it beside the habits it comes before or after",
    "minutes_used_up": "it is open, but its {amounts[0]} are used up: what is done or has begun counts as work done",
    "hours_closed_on_its_dates": "its dates until the window ends all fall on days without open {category} hours",
    "preference_unusable": "{all_quotes}",
    "person_unknown": "nobody of that name is a member of the workspace: {all_quotes}",
    "too_few_people": "a meeting needs two who must come, it has {numbers[0]}",
}

_SLOTS: Mapping[str, tuple[Code, ...]] = {
    "stays": ("stays",),
    "which": ("part_of_task",),
    "since": ("after_part", "after_items", "after_earliest_start"),
    "absent": ("without_people",),
    "due": ("before_deadline", "after_deadline"),
    "before": ("time_before_taken", "time_before_in_pieces"),
    "why": ("ideal_free_but_costly", "ideal_hours_closed", "ideal_taken", "ideal_taken_away", "ideal_too_short"),
    "short": ("shorter_than_preferred",),
    "until": ("until_deadline", "until_window_end", "until_then"),
    "beside": ("events_in_the_way",),
    "away": ("taken_away",),
    "soon": ("inside_notice",),
    "passed": ("taken_away_before",),
    "holders": ("holders",),
}
"""Which parts a sentence has room for, and where; a part that is missing leaves nothing there."""


def words(explanations: Iterable[Explanation], titles: Mapping[str, str], zone: ZoneInfo) -> str:
    """Return alternatives in words: "one, or another"; "" for none.

    An id with a title becomes the title in quotes, another one stays; instants are told in `zone`.
    """
    return ", or ".join(_sentence(explanation, titles, zone) for explanation in explanations)


def _named(title: str) -> str:
    """Return a title in quotes; many an event has none."""
    return f"'{title}'" if title.strip() else "something without a title"


def _sentence(explanation: Explanation, titles: Mapping[str, str], zone: ZoneInfo) -> str:
    return SENTENCES[explanation.code].format_map(_Fields(explanation, titles, zone))


class _Fields(dict[str, object]):
    """What a template of an explanation may name; worked out when it is asked for."""

    def __init__(self, explanation: Explanation, titles: Mapping[str, str], zone: ZoneInfo) -> None:
        super().__init__()
        self._told, self._titles, self._zone = explanation, titles, zone

    def __missing__(self, name: str) -> object:
        if name in _SLOTS:
            return self._words_of(self._told.part(*_SLOTS[name]))
        return _FIELDS[name](self)

    def _words_of(self, part: Explanation | None) -> str:
        return "" if part is None else _sentence(part, self._titles, self._zone)

    def _names(self) -> list[str]:
        return [_named(self._titles[item]) if item in self._titles else item for item in self._told.items]

    def _times(self, told: Callable[[int, ZoneInfo], str]) -> list[str]:
        return [told(minute, self._zone) for minute in self._told.instants]

    def _spans(self) -> list[str]:
        """Return stretches of time; what begins on another day than the first one has its date."""
        instants = self._told.instants
        return [self._span(start, end, instants[0]) for start, end in zip(instants[::2], instants[1::2], strict=True)]

    def _span(self, start: int, end: int, beside: int) -> str:
        """Return a stretch of time, with its date unless it begins on the day of an instant that it is said beside."""
        told, day = time_span(start, end, self._zone), day_name(start, self._zone)
        return told if day == day_name(beside, self._zone) else f"{day}, {told}"

    def _ideal(self) -> str:
        """Return the ideal time of a habit, whose block begins so much earlier or ends so much later."""
        (start, end), (off,) = self._told.instants, self._told.minutes
        block = start - off if self._told.code == "earlier_than_ideal" else end + off - 1
        return self._span(start, end, block)

    def _names_and_others(self) -> str:
        found = self._names()
        return f"{', '.join(found[:_MOST_NAMED])} and others" if len(found) > _MOST_NAMED else names(found)

    def _names_with_minutes(self) -> str:
        pairs = zip(self._names(), self._told.minutes, strict=True)
        named = [f"{name} ({amount(minutes)})" for name, minutes in pairs]
        return f"{', '.join(named)} and {self._told.numbers[0]} more" if self._told.numbers else names(named)

    def _only(self) -> str:
        minutes = self._told.minutes[0]
        return f"only {amount(minutes)} of" if minutes else "no"

    def _in_common(self) -> str:
        minutes = self._told.minutes[0]
        return f"only {amount(minutes)}" if minutes else "no time"

    def _longest_free(self) -> str:
        minutes = self._told.minutes[1]
        return f"the longest free stretch is {amount(minutes)}" if minutes else "nothing is free"

    def _about(self) -> str:
        """Return the length, in whole hours from a day on."""
        minutes = self._told.minutes[0]
        return length(minutes if minutes < DAY_MINUTES else minutes - minutes % 60)

    def _blame(self) -> str:
        holders = self._told.part("holders")
        return f"is taken by {self._words_of(holders)}" if holders else self._words_of(self._told.parts[0])

    def _gave_up(self) -> str:
        """Return what somebody would have to give up: what they have then, and the time outside their hours."""
        holders = self._told.part("holders")
        busy = f"could be free of {self._words_of(holders)}" if holders else ""
        closed = f"came outside their hours ({amount(self._told.minutes[0])})" if self._told.minutes else ""
        return " and ".join(filter(None, [busy, closed]))

    def _all_lacking(self) -> str:
        found = [self._words_of(part) for part in self._told.parts if part.code == "lacks"]
        more = len(self._told.items) - len(found)
        return ", and if ".join([*found, f"{more} more could come"] if more else found)

    def _others_there(self) -> str:
        """Return what else is where a block stays: of each person, or where nobody is named of the one timeline."""
        found = (
            f"{names(_Fields(part, self._titles, self._zone)._names())} has {self._words_of(part.parts[0])} then"
            if part.code == "lacks"
            else f"{self._words_of(part)} {'is' if len(part.items) == 1 else 'are'} there too"
            for part in self._told.parts
        )
        return ", and ".join(found)

    def _all_absent(self) -> str:
        return names([_Fields(part, self._titles, self._zone)._absent() for part in self._told.parts])

    def _absent(self) -> str:
        """Return who does not come, and what they have then."""
        (who,), holders = self._names(), self._told.part("holders")
        if holders is not None:
            return f"{who} ({names(_Fields(holders, self._titles, self._zone)._names())})"
        return f"{who} (outside their hours)" if self._told.minutes else who

    def _moving(self) -> str:
        item, *people = self._names()
        return f"{item} ({amount(self._told.minutes[0])}){f' of {names(people)}' if people else ''}"

    def _late_then(self) -> str:
        late = self._told.minutes[2:]
        return f", late by {length(late[0])} then" if late else ""

    def _neighbours(self) -> str:
        before = self._words_of(self._told.part("follows_item", "follows_start_of_hours"))
        after = self._words_of(self._told.part("precedes_item", "precedes_end_of_hours"))
        if before and after:
            return f", between {before} and {after}"
        return f", right {'after' if before else 'before'} {before or after}" if before or after else ""


_FIELDS: Mapping[str, Callable[[_Fields], object]] = {
    "category": lambda f: f._told.category,
    "numbers": lambda f: f._told.numbers,
    "minutes": lambda f: f._told.minutes,
    "quotes": lambda f: f._told.quotes,
    "known": lambda f: ", ".join(f._told.quotes[1:]),
    "all_quotes": lambda f: ", ".join(f._told.quotes),
    "amounts": lambda f: [amount(minutes) for minutes in f._told.minutes],
    "durations": lambda f: [length(minutes) for minutes in f._told.minutes],
    "times": lambda f: f._times(clock_time),
    "days": lambda f: f._times(day_name),
    "spans": _Fields._spans,
    "ideal": _Fields._ideal,
    "names": lambda f: names(f._names()),
    "have": lambda f: "has" if len(f._told.items) == 1 else "have",
    "names_and_others": _Fields._names_and_others,
    "names_with_minutes": _Fields._names_with_minutes,
    "part": lambda f: f._words_of(f._told.parts[0]),
    "only": _Fields._only,
    "in_common": _Fields._in_common,
    "longest_free": _Fields._longest_free,
    "about": _Fields._about,
    "blame": _Fields._blame,
    "neighbours": _Fields._neighbours,
    "gave_up": _Fields._gave_up,
    "all_lacking": _Fields._all_lacking,
    "all_absent": _Fields._all_absent,
    "moving": _Fields._moving,
    "late_then": _Fields._late_then,
    "others_there": _Fields._others_there,
    "shift": lambda f: f"{length(abs(f._told.minutes[1]))} {'later' if f._told.minutes[1] > 0 else 'earlier'}",
}
