"""The pricing looks at few of an item's options, and finds what all of them would have given."""

from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from almanac.domain.planner.search.lagrangian import BlockSubproblem, Option

WINDOW = 60
options = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 10), st.integers(0, 40)), min_size=1, max_size=80)
prices = st.lists(st.sampled_from([0.0, 0.0, 0.5, 1.0, 7.25, 30.0]), min_size=2 * WINDOW, max_size=2 * WINDOW)


@given(options, prices, st.floats(0, 60), st.sampled_from([(0,), (0, WINDOW)]))
def test_an_items_cheapest_place_is_the_cheapest_of_all(
    options: list[Option], prices: list[float], without: float, bases: tuple[int, ...]
) -> None:
    sums = [0.0, *accumulate(prices)]

    def cost(option: Option) -> float:
        first, length, alone = option
        return alone + sum(sums[base + first + length] - sums[base + first] for base in bases)

    found, spans = BlockSubproblem(options, without, bases).solve(sums)
    best = min(options, key=cost)
    if cost(best) < without:
        assert (found, spans) == (cost(best), [(base + best[0], best[1]) for base in bases])
    else:
        assert (found, spans) == (without, [])
