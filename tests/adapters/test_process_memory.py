import sys

import pytest

from almanac.adapters.process_memory import forget_peak, peak_mb, resident_mb

_MUCH = 120


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux forgets a peak")
def test_the_peak_is_of_what_was_held_since_somebody_began_to_look() -> None:
    forget_peak()
    before = resident_mb()

    held = b"x" * (_MUCH * 2**20)
    assert resident_mb() >= before + _MUCH - 10
    del held

    assert peak_mb() >= before + _MUCH - 10, "what is gone was there"
    forget_peak()
    assert peak_mb() < before + _MUCH / 2, "and is another run's"
