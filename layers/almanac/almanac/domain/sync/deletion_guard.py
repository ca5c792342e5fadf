"""When a full pass may delete what it did not meet, and when its listing has to be read again first."""

FEW = 10
"""Fewer missing rows than this are an ordinary day, unless they are all there is."""


def is_suspicious(missing: int, stored: int) -> bool:
    """Return whether a full listing lacks so much that it must be read again before anything is deleted (trap 17).

    `missing` of the `stored` rows of its window: everything, or ten and more that are over half.
    """
    return missing > 0 and (missing == stored or (missing >= FEW and missing * 2 > stored))
