import pytest
from hypothesis import given
from hypothesis import strategies as st

from almanac.domain.sync.deletion_guard import is_suspicious


@pytest.mark.parametrize(
    ("missing", "stored", "doubt"),
    [
        pytest.param(0, 0, False, id="an empty calendar stays empty"),
        pytest.param(0, 500, False, id="nothing is missing"),
        pytest.param(1, 1, True, id="trap 17: the only event"),
        pytest.param(9, 9, True, id="trap 17: all of a few"),
        pytest.param(9, 10, False, id="nearly all of a few is an ordinary day"),
        pytest.param(10, 19, True, id="ten, and over half"),
        pytest.param(10, 20, False, id="ten, but only half"),
        pytest.param(11, 20, True, id="just over half"),
        pytest.param(400, 1000, False, id="many, but below half"),
        pytest.param(1000, 1000, True, id="trap 17: a suddenly empty calendar"),
    ],
)
def test_trap_17_when_a_listing_is_read_again(missing: int, stored: int, doubt: bool) -> None:
    assert is_suspicious(missing, stored) is doubt


@given(st.integers(0, 5000), st.integers(0, 5000))
def test_the_more_is_missing_the_less_is_believed(one: int, other: int) -> None:
    stored = 5000
    less, more = sorted((one, other))

    assert is_suspicious(less, stored) <= is_suspicious(more, stored)


@given(st.integers(1, 10_000), st.data())
def test_a_prune_without_a_second_look_leaves_something(stored: int, data: st.DataObject) -> None:
    missing = data.draw(st.integers(0, stored))
    if not is_suspicious(missing, stored):
        assert missing < stored
        assert missing < 10 or stored - missing >= missing
