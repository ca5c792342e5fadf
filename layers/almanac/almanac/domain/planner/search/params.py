"""The figures of the search, and where each was taken from.

As a whole they are what the gaps to the best known plans in docs/planning.md were measured with, by bench/planner.py on
its families. The shares of destroy operators, of the budget and the price rounds were last changed together, for dst,
multitz, crunch and deps; the effect of a single figure was not recorded. Where no source is named, a figure was chosen
by hand. Rates are probabilities, lengths of strings and numbers of items are [least, stop) as `Random.randrange` reads
them.
"""

from dataclasses import dataclass, field

Range = tuple[int, int]
"""[least, stop) of a whole number drawn evenly."""


@dataclass(frozen=True, slots=True)
class RearrangeParams:
    """How a late task gets a better end while everybody else keeps theirs, see `rearranging`."""

    share: float = 0.35
    """How often that is tried at most,"""
    least_success: float = 0.05
    """less often where a smaller share of the attempts succeeds, if late or unfinished tasks are found"""
    drawn: int = 12
    """among so many drawn."""
    nearest_rate: float = 0.6
    """How often the end aimed at is the nearest that is better, and not any."""
    relax_rate: float = 0.9
    """How often the lightest of a few others may come late instead,"""
    relax_drawn: int = 4
    """and where only tasks wait for each other, what of so many gives most time for what a day more costs it:"""
    relax_chain_rate: float = 0.5
    """one task, or so often all that it waits for and that waits for it too;"""
    relax_at_once_rate: float = 0.5
    """and so often it gives all its time away before the others find theirs."""
    early_rate: float = 0.25
    """How often, where only tasks wait for each other, one that need not be late is to end earlier."""
    links: int = 20
    """Blocks that are found places for until it is given up,"""
    links_of_waiting: int = 60
    """and where only tasks wait for each other: each takes some along."""
    tries: int = 4
    """Blocks of others that are looked at for one which goes readily."""
    recut_rate: float = 0.1
    """How often a task that lacks a chunk gives up another one too."""
    habit_slack: float = 5_000.0
    """How much more a habit may cost, for each unit of its weight."""
    again: int = 5
    """Items that are inserted again at the end, those that have become dearest."""


@dataclass(frozen=True, slots=True)
class DestroyParams:
    """What the destroy operators remove. Their shares stand in the table `destroy.OPERATORS`."""

    tournament: int = 3
    """Items drawn when a costly one is wanted; the dearest of them is taken."""
    random_items: Range = (1, 5)
    string: Range = (2, 9)
    """Blocks in a row, as in slack induction by string removals (Christiaens, Vanden Berghe 2020)."""
    half_string: Range = (1, 5)
    """Blocks of each of two strings."""
    chain_rate: float = 0.5
    """How often an ejected item ejects others in turn (ejection chains: Glover 1996)."""
    longest_chain: int = 4
    chain_share: float = 0.35
    """How often a meeting or a waiting task is placed together with all that it waits for, where there are meetings;"""
    waiting_chain_share: float = 0.08
    """how often, where only tasks wait for each other;"""
    waiting_stays_rate: float = 0.9
    """and how often what waits for a removed task keeps its place there, as long as that fits before it."""
    push_share: float = 0.3
    """How often a task takes the time of others, which do the same in turn,"""
    push_habit_rate: float = 0.3
    """and how often of these a habit does that costs more than it could;"""
    push_most: int = 6
    """how many do,"""
    push_ranks: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """how often the lighter gives way, a task without a deadline counting less, and how often the later due;"""
    push_undue: float = 0.1
    """how much of its weight such a task keeps,"""
    push_skip: float = 0.15
    """how often one takes the time of higher ranks though lower ones have some,"""
    push_whole: float = 0.5
    """how often one that may be cut stays in one piece if it can,"""
    push_long: float = 0.5
    """and how often the pieces are as long as they may be, and not as early."""
    rearrange: RearrangeParams = field(default_factory=RearrangeParams)
    lighter_rate: float = 0.5
    """How often these eject only what weighs no more than the heaviest of them."""
    early_rates: tuple[float, float] = (0.35, 0.35)
    """How often one of these gets its earliest place, and its earliest free one; else"""
    early_slots: int = 192
    """one that begins in so many slots after the earliest: two days."""
    chain_string_rate: float = 0.3
    """How often a chain of ejections is followed by the removal of a string."""
    chain_string: Range = (1, 4)
    swap_tries: int = 12
    swap_slots: int = 2
    """Slots by which two blocks that change places may differ."""
    strategic_pair: int = 2
    """Tasks drawn for a strategic removal; the longest of them is taken."""
    strategic_string_rate: float = 0.6
    strategic_string: Range = (1, 6)
    strategic_before: int = 20
    """A string beside the freed time begins less than so many slots before it."""
    strategic_most: int = 12
    """Removed items above which no further string is removed."""
    strategic_task_rate: float = 0.2
    """How often a task that costs something is moved into the freed time; habits always are."""
    by_cost_rate: float = 0.5
    """How often what a strategic removal took out comes back by cost and not by weight."""
    by_cost_noise: tuple[float, float] = (0.5, 1.0)
    """(least, spread) of the factor on the costs; a noisy order is Ropke and Pisinger's (2006)."""
    by_weight_noise: tuple[float, float] = (0.7, 0.6)
    """The same on the weights."""
    clear_most: int = 8
    """Blocks that a cleared window loses at most."""
    clear_by_weight_rate: float = 0.5
    """How often what a cleared window lost comes back by weight and not by chance."""
    victim_rate: float = 0.5
    """How often lighter tasks go with what a cleared window loses, to come back last,"""
    victims: Range = (1, 3)
    """and how many."""
    step_rate: float = 0.5
    """How often a late task need only end some days earlier, and not by its deadline."""
    missing_rate: float = 0.2
    """How often items without a place are inserted again beside what was removed."""
    missing_items: Range = (1, 4)
    trim_rate: float = 0.7
    """How often a chunk keeps what is not in the way, if that is still a chunk."""
    whole_rate: float = 0.3
    """How often a task in chunks goes as a whole when one of its chunks is in the way."""
    candidate_skew: float = 3.0
    """Exponent of the draw among a habit's candidates, cheapest first: 1 is even, more prefers cheap ones."""


@dataclass(frozen=True, slots=True)
class RepairParams:
    """How a repair differs from the one before it."""

    skip_rate: float = 0.03
    """How often good places are skipped: the blink rate of Christiaens and Vanden Berghe 2020, who take 0.01."""
    masks: int = 64
    """Masks drawn once per search; a skip hides the slots of one."""
    mask_run: Range = (1, 13)
    """Slots of each piece of a mask: up to three hours."""
    hidden: float = 0.3
    """Share of the pieces that a mask hides."""
    price_weights: tuple[float, ...] = (0.3, 0.6, 1.0)
    """Factors on the slot prices, one drawn per repair."""
    heirs_weights: tuple[float, ...] = (0.0, 0.5, 1.0)
    """Factors on what hangs on the end of a task that others wait for, one drawn per repair."""
    cheap_quantiles: tuple[float, ...] = (0.15, 0.3, 0.5, 0.7, 0.85)
    """Quantiles of the prices below which slots count as cheap."""
    stay_rate: float = 0.5
    """How often a movable event stays where it is on the calendar when it could."""
    rebuild_rate: float = 0.2
    """How often a task that lost some chunks is offered other places for all of them."""
    on_time_rate: float = 0.7
    """How often chunks with a deadline must all lie before it, or before some days later."""
    days_late: tuple[int, ...] = (0, 0, 1, 2, 4)
    """Those days, one drawn."""
    order_noise: tuple[float, ...] = (0.0, 0.1, 0.5)
    """Noise on the order of insertion, one drawn per repair (noise: Ropke and Pisinger 2006)."""


@dataclass(frozen=True, slots=True)
class PriceParams:
    """The subgradient steps behind the slot prices (Fisher 1981)."""

    most_options: int = 150_000
    """Pairs of item and start above which the prices cost more time than they save."""
    rounds: int = 120
    step: float = 1.5
    """Length of the first step, relative to Polyak's; Fisher begins with 2."""
    shrink: float = 0.965
    """Factor on the length of a step after each round."""
    smoothing: float = 0.1
    """Weight of the newest prices in their running mean."""
    target: float = 0.8
    """The cost aimed at, as a share of the known plan's."""
    days_late: tuple[int, ...] = (1, 2, 4, 8)
    """Completion limits a splittable task tries, in days after its deadline."""


@dataclass(frozen=True, slots=True)
class AnnealingParams:
    """Temperatures, in thousandths of a point."""

    hot_per_item: float = 2_400_000.0
    """The first temperature is so much divided by the number of items,"""
    hot_share: float = 0.03
    """at most this share of the cost of the plan it begins with,"""
    least_hot: float = 4_000.0
    """and at least this."""
    cooling: float = 30.0
    """The first temperature divided by the last one."""
    work_for_starts: float = 3_000.0
    """Units of work for each item of a component, from which on there is enough of it to start more than once:"""
    starts: int = 2
    """so often, where no plan stands,"""
    start_share: float = 0.25
    """with this share of the work,"""
    start_cold: float = 1.5
    """down to this multiple of the last temperature;"""
    hot_again: float = 1 / 3
    """then one goes on from the best of them, from this share of the first temperature."""
    probe_hot: float = 3_000.0
    probe_cold: float = 300.0
    """The temperatures of the short search around a plan that stands."""


@dataclass(frozen=True, slots=True)
class OrderParams:
    """How orders are searched for plans to begin with, see `order_search`: where there are no meetings."""

    least_work: float = 1_000.0
    """Units of work for each item of a component, from which on there is enough of it for orders too;"""
    share: float = 0.3
    """so much of it goes into them,"""
    waiting_share: float = 0.65
    """and so much where tasks wait for each other,"""
    runs: int = 4
    """in so many searches, each of which gives a plan."""
    hot_share: float = 0.015
    """The first temperature, as a share of the cost of the plan it begins with,"""
    cooling: float = 100.0
    """and that divided by the last one."""
    start_hot: float = 0.3
    """What goes on from such a plan begins with so much of its temperature."""
    chain_rate: float = 0.5
    """How often a task goes elsewhere in the order with all that it waits for, and not alone;"""
    nearness: float = 2.0
    """alone by as many places as an even draw raised to this leaves of all there are: 1 is even, more prefers few."""
    shape_rate: float = 0.2
    """How often an item takes its time in another way, and the order stays;"""
    plain_rate: float = 0.3
    """and how often of these in the way that costs it least."""
    losers_rate: float = 0.4
    """How often what loses most by such a change goes before it, so as to see what it is worth then;"""
    losers: int = 3
    """so many items at most, one after the other,"""
    losers_margin: float = 0.02
    """as long as the plan would be too dear by no more than this share, had the next one lost nothing."""
    remembered: int = 20_000
    """Of so many places of tasks in free time is remembered where they are."""
    placing_effort: float = 0.2
    """Work of placing an item, in insertions,"""
    step_effort: float = 0.4
    """and of a step beside that."""
    steps_between_looks: int = 8
    """Steps between two questions to the clock."""


@dataclass(frozen=True, slots=True)
class ExcursionParams:
    """How a search goes on for a while from a rearranged plan that is dearer, where only tasks wait for each other."""

    most_dearer: float = 0.04
    """By which share of its cost at most it is dearer,"""
    steps: int = 60
    """and after how many steps it must have proven better, or the search is back where it was."""


@dataclass(frozen=True, slots=True)
class BudgetParams:
    """How a budget is divided. Work is counted in insertions, see `large_neighbourhood`."""

    work_per_second: int = 75_000
    """Units of work a second of budget buys; a slow machine does less and is cut short by the clock."""
    search_share: float = 0.78
    probe_share: float = 0.06
    settle_rounds: int = 6
    """Rounds of settling at most. Each but the last gains one percent; a greedy plan took four."""
    seconds_per_item: float = 0.0003
    """Seconds that settling and explaining need for each item, kept free of the search,"""
    least_share: float = 0.1
    """as far as the search keeps this share of the budget."""
    grace: float = 0.1
    """How far time may run ahead of work before the search cools faster, so as to end cold when it is cut short."""
    steps_between_looks: int = 8
    """Steps between two questions to the clock."""
    split_effort: float = 4.0
    """Work of inserting a splittable task; of anything else 1."""
    link_effort: float = 0.65
    """Work of a block that is found a place in a rearrangement."""
    items_effort: float = 100.0
    """A step costs one unit more for each so many items,"""
    window_effort: float = 3_000.0
    """and an insertion its own work once more for each so many slots of the window."""
    search_seed: int = 7
    probe_seed: int = 11


@dataclass(frozen=True, slots=True)
class SearchParams:
    """Everything that steers the search and is no part of the problem."""

    destroy: DestroyParams = field(default_factory=DestroyParams)
    repair: RepairParams = field(default_factory=RepairParams)
    prices: PriceParams = field(default_factory=PriceParams)
    annealing: AnnealingParams = field(default_factory=AnnealingParams)
    orders: OrderParams = field(default_factory=OrderParams)
    excursion: ExcursionParams = field(default_factory=ExcursionParams)
    budget: BudgetParams = field(default_factory=BudgetParams)


DEFAULT = SearchParams()
"""What the planner searches with unless it is told otherwise."""
