"""Slots, and masks of them: one Python integer in which bit s stands for slot s, counted from the first usable one.

Free slots, busy time and category hours are such integers, so that "where do n free slots in a row begin" is a handful
of shifts and ANDs on machine words instead of a walk over intervals.
"""

from collections.abc import Iterator

SLOT_MINUTES = 15
"""Length of a slot: every start and end a plan writes is a multiple of it since the Unix epoch."""

Span = tuple[int, int]
"""(first slot, number of slots) of one block."""

Placement = tuple[Span, ...]
"""The place of an item: its blocks in time order, none for an item without a place."""


def floor_to_slot(minute: int) -> int:
    """Return the last multiple of a slot at or before a minute."""
    return minute // SLOT_MINUTES * SLOT_MINUTES


def ceil_to_slot(minute: int) -> int:
    """Return the first multiple of a slot at or after a minute."""
    return -(-minute // SLOT_MINUTES) * SLOT_MINUTES


def slots_for(minutes: int) -> int:
    """Return the number of slots that so many minutes take, the last one perhaps in part."""
    return -(-minutes // SLOT_MINUTES)


def fewest_chunks(slots: int, longest: int) -> int:
    """Return the number of chunks of at most `longest` slots that so many slots need."""
    return -(-slots // longest)


def between(first: int, stop: int) -> int:
    """Return bits first … stop-1; none when stop <= first."""
    return ((1 << (stop - first)) - 1) << first if stop > first else 0


def covered(spans: tuple[Span, ...]) -> int:
    """Return the slots that blocks cover."""
    bits = 0
    for first, length in spans:
        bits |= ((1 << length) - 1) << first
    return bits


def lowest(bits: int) -> int:
    """Return the first set slot, -1 when there is none."""
    return (bits & -bits).bit_length() - 1


def starts_of_runs(bits: int, length: int) -> int:
    """Return the slots at which `length` set slots in a row begin: doubling shifts, so log2(length) steps."""
    have = 1
    while 2 * have <= length:
        bits &= bits >> have
        have *= 2
    return bits & bits >> (length - have)


def in_runs_of(bits: int, length: int) -> int:
    """Return the set slots that belong to a run of at least `length`."""
    bits = starts_of_runs(bits, length)
    have = 1
    while have < length and bits:
        step = min(have, length - have)
        bits |= bits << step
        have += step
    return bits


def run_length(bits: int, first: int) -> int:
    """Return how many slots in a row are set from `first` on."""
    rest = ~(bits >> first)
    return (rest & -rest).bit_length() - 1


def longest_run(bits: int) -> int:
    """Return the number of slots of the longest run of set slots."""
    length = 0
    while bits:
        bits &= bits >> 1
        length += 1
    return length


def runs(bits: int) -> Iterator[Span]:
    """Yield the maximal runs of set slots in time order, as (first slot, number of slots)."""
    first = 0
    while bits:
        skip = lowest(bits)
        bits >>= skip
        first += skip
        length = run_length(bits, 0)
        yield first, length
        bits >>= length
        first += length


def each_slot(bits: int) -> Iterator[int]:
    """Yield the set slots in time order."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low
