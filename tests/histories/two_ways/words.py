"""The words that two-way histories are told in: the product, people in Google, trouble, runs."""

from collections.abc import Mapping

from tests.histories.steps import Step, drawn

LONGEST = 24
"""Steps of a history."""

KINDS: Mapping[str, int] = {
    # the product, and plans
    "block": 10,
    "event": 8,
    "move": 10,
    "rename": 8,
    "drop": 5,
    "bring back": 3,
    "clear": 1,
    "consent": 2,
    "edit": 10,
    "cancel": 3,
    "edits": 5,
    "target": 4,
    # people in Google
    "drag": 9,
    "retitle": 9,
    "remove": 6,
    "wipe": 1,
    "copy": 2,
    "take over": 2,
    "free": 2,
    "meet": 8,
    "amend": 9,
    "call off": 3,
    "repeat": 3,
    # what goes wrong
    "trouble": 16,
    "land": 8,
    "statement": 8,
    "expire sync tokens": 2,
    "lag": 2,
    "revoke": 1,
    "connect": 2,
    "role": 1,
    # runs
    "sync": 18,
    "write": 12,
    "time passes": 8,
    "kill": 5,
    "overtake": 4,
    "meanwhile": 4,
}
"""How often each kind of step is drawn."""

OF_TWO_CALENDARS: Mapping[str, int] = {"other target": 12, "carry": 4, "in between": 6}
"""Steps of a history in which Ada has two calendars, and her blocks go to one or the other."""
OF_TWO_PEOPLE: Mapping[str, int] = {"hand over": 6, "member": 2, "disconnect": 2, "under way": 4}
"""Steps of one in which Bob takes part, with an account and a calendar of his own, and a role on Ada's second one."""
OF_PLANS: Mapping[str, int] = {"habit": 5, "meeting": 5, "attend": 2}
"""What is planned beside tasks, for however many people."""
ALL_KINDS: Mapping[str, int] = {**KINDS, **OF_TWO_CALENDARS, **OF_TWO_PEOPLE, **OF_PLANS}

TROUBLE = {
    *("trouble", "land", "statement", "expire sync tokens", "lag", "revoke", "connect", "role", "kill", "overtake"),
    *("wipe", "clear", "consent", "meanwhile"),
}
"""What goes wrong, who repairs it, and what waits for somebody: a history without any is told in two orders (I12)."""
_CALM = {kind: often for kind, often in KINDS.items() if kind not in TROUBLE}
_CALM_ONE_OF = 10
_EDITS = {"meet", "amend", "call off", "repeat", "edit", "cancel", "edits", "meanwhile"}
_OURS = {"block", "event", "move", "rename", "drop", "bring back", "drag", "retitle", "remove", "copy", "take over"}
_OF_EDITS = {
    kind: often * 3 if kind in _EDITS else often
    for kind, often in KINDS.items()
    if kind not in _OURS | {"clear", "wipe"}
}
_OF_EDITS_ONE_OF = 3
_TWO_FROM = 50_000_000
"""Seeds from here on tell of two calendars, two of three; what those below tell was written down before."""
_TOLD_BY_TWO = {**KINDS, **OF_TWO_CALENDARS}
_MOVED = {"rename", "move", "drag", "retitle", "remove", "other target", "in between", "sync"}
_OF_TARGETS = {
    kind: often * 3 if kind in _MOVED else often
    for kind, often in _TOLD_BY_TWO.items()
    if kind not in _EDITS | {"clear", "wipe"}
}
"""Both sides change a few blocks again and again, and those go to and fro."""
_PEOPLE_FROM = 100_000_000
"""Seeds from here on tell of habits and meetings too, two of three of two people, the third of two calendars."""
_OF_PEOPLE = (OF_TWO_PEOPLE.keys() | OF_PLANS.keys() | _MOVED | {"revoke", "connect", "role"}) - {"sync"}
_OF_HANDS = {
    kind: often * 3 if kind in _OF_PEOPLE else often
    for kind, often in ALL_KINDS.items()
    if kind not in _EDITS | {"clear", "wipe"}
}
_HANDED = (Step("hand over", 0, 1),)
"""One of the blocks is Bob's."""
_MET = (Step("meet", 0, 0), Step("meet", 0, 1), Step("sync", 0, 0))
"""An event and a series of a person's are here, as rows."""


def draw(seed: int) -> tuple[Step, ...]:
    """The history of a seed; one of ten has no trouble in it, one of three is about Google's own events
    before all."""
    if seed >= _PEOPLE_FROM:
        if seed % 3 == 0:
            return drawn({**_TOLD_BY_TWO, **OF_PLANS}, LONGEST, seed)
        return _HANDED + drawn(ALL_KINDS if seed % 3 == 1 else _OF_HANDS, LONGEST, seed)
    if seed >= _TWO_FROM and seed % _OF_EDITS_ONE_OF != 1:
        return drawn(_OF_TARGETS if seed % 2 else _TOLD_BY_TWO, LONGEST, seed)
    if seed % _OF_EDITS_ONE_OF == 1:
        return _MET + drawn(_OF_EDITS, LONGEST, seed)
    return drawn(KINDS if seed % _CALM_ONE_OF else _CALM, LONGEST, seed)
