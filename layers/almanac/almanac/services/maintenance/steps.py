"""The steps of a maintenance round, in their order: a new step is one entry of STEPS.

A step that deletes asks its store for batches, each a short transaction, until there are none or the time is up.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from almanac.domain.operations.maintenance import NAMED, Batch, Limits, UpkeepReport
from almanac.services.clock import Deadline
from almanac.services.maintenance.ports import FileBin, SecretRound, TokenRound, UpkeepStore

RESERVE_SECONDS = 15.0
"""Kept free at the end of an invocation: a batch, or a refresh that times out, must fit in it."""


@dataclass(frozen=True, slots=True)
class Round:
    """What the steps of one round share; `deadline` gives the seconds that are left of the invocation."""

    store: UpkeepStore
    tokens: TokenRound
    limits: Limits
    report: UpkeepReport
    deadline: Deadline
    files: FileBin | None = None
    """None where no exports are kept."""
    secrets: SecretRound | None = None
    """None where no webhooks are."""

    def out_of_time(self, until: float = 0.0) -> bool:
        """Whether less than `until` seconds of the invocation are left, or less than what is kept free."""
        return self.deadline() < max(until, RESERVE_SECONDS)


Work = Callable[[Round], bool]
"""Does a step; returns whether it came to its end."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `run` writes, `forecast` is what a dry run does in its place; None leaves it out there.

    `counters` are what it counts in the report, each with its CloudWatch metric or None.
    """

    name: str
    run: Work | None
    forecast: Work | None = None
    counters: Mapping[str, str | None] = field(default_factory=dict)


def deleting(counter: str, metric: str | None, batches: Callable[[Round], Iterator[Batch]]) -> Step:
    """Return a step that asks for batches until there are none or the time is up."""

    def run(work: Round) -> bool:
        found = batches(work)
        while not work.out_of_time():
            batch = next(found, None)
            if batch is None:
                return True
            work.report.add(counter, batch)
        return False

    return Step(counter, run, counters={counter: metric})


def _look_at_errors(work: Round) -> bool:
    total, oldest = work.store.long_in_error(work.limits.in_error, NAMED)
    work.report.add_long_in_error(total, oldest)
    return True


def _forecast(work: Round) -> bool:
    """Count what every deleting step would find: one statement for all, so that they agree on the moment."""
    work.report.counts |= work.store.forecast(work.limits)
    return True


def _refresh_tokens(work: Round) -> bool:
    """See to the accounts' tokens, in half of what is left of the time at most."""
    half = work.deadline() / 2
    return work.tokens(work.limits.unused, work.report, lambda: work.out_of_time(half))


def _reencrypt_secrets(work: Round) -> bool:
    return work.secrets is None or work.secrets(work.report, work.out_of_time)


STEPS = (
    Step("long_in_error", _look_at_errors, _look_at_errors),
    Step("forecast", None, _forecast),
    deleting("stale_runs_closed", "StaleRunsClosed", lambda work: work.store.close_stale_runs()),
    # Tokens go before what is deleted, for a grant that dies cannot be brought back.
    Step(
        "tokens",
        _refresh_tokens,
        _refresh_tokens,
        {"tokens_refreshed": "TokensRefreshed", "tokens_reencrypted": None, "tokens_failing": "TokensFailing"},
    ),
    Step(
        "webhook_secrets",
        _reencrypt_secrets,
        _reencrypt_secrets,
        {"webhook_secrets_reencrypted": None, "webhook_secrets_failing": None},
    ),
    deleting("orphans_deleted", "OrphansDeleted", lambda work: work.store.delete_orphans(work.limits.left_behind)),
    deleting("past_events_deleted", "PastEventsDeleted", lambda work: work.store.delete_past_events(work.limits.past)),
    deleting("keepsakes_deleted", None, lambda work: work.store.delete_keepsakes(work.limits.left_behind)),
    deleting("marks_deleted", None, lambda work: work.store.delete_marks()),
    deleting("spent_deleted", None, lambda work: work.store.delete_spent(work.limits.runs)),
    deleting("exports_deleted", None, lambda work: work.store.delete_exports(work.files)),
    deleting("run_rows_deleted", "RunRowsDeleted", lambda work: work.store.delete_old_runs(work.limits.runs)),
    deleting("history_rows_deleted", None, lambda work: work.store.delete_old_history(work.limits.runs)),
)
COUNTERS = tuple(counter for step in STEPS for counter in step.counters)
"""What a round counts, in the report's order."""
MEASURED = {metric: counter for step in STEPS for counter, metric in step.counters.items() if metric is not None}
"""CloudWatch metric by what it measures."""
