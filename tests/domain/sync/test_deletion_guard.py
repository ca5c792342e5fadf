from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almanac.domain.sync.deletion_guard import CHECKPOINT_LIFE, is_suspicious, resumable
from almanac.domain.sync.listing import Checkpoint, Due, Window

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
WANTED = Window.around(NOW, timedelta(days=90), timedelta(days=180))
FULL, DELTA = Due("full", "full"), Due("incremental", "incremental")
AT = Checkpoint("full", "page 2", "query", WANTED, NOW - timedelta(minutes=20))
DELTA_AT = replace(AT, kind="incremental")


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
def test_a_sweep_without_a_second_look_leaves_something(stored: int, data: st.DataObject) -> None:
    missing = data.draw(st.integers(0, stored))
    if not is_suspicious(missing, stored):
        assert missing < stored
        assert missing < 10 or stored - missing >= missing


@pytest.mark.parametrize(
    ("checkpoint", "due", "goes_on"),
    [
        pytest.param(None, FULL, False, id="no checkpoint"),
        pytest.param(AT, FULL, True, id="a full pass goes on"),
        pytest.param(AT, DELTA, True, id="a full pass that somebody asked for goes on before a delta"),
        pytest.param(DELTA_AT, DELTA, True, id="a delta goes on"),
        pytest.param(DELTA_AT, FULL, False, id="a delta gives way to a full pass"),
        pytest.param(replace(AT, fingerprint="other"), FULL, False, id="trap 11: another query"),
        pytest.param(replace(DELTA_AT, fingerprint="other"), DELTA, False, id="another query, delta"),
        pytest.param(replace(AT, started_at=NOW - CHECKPOINT_LIFE), FULL, True, id="just young enough"),
        pytest.param(
            replace(AT, started_at=NOW - CHECKPOINT_LIFE - timedelta(seconds=1)), FULL, False, id="trap 11: too old"
        ),
        pytest.param(
            replace(AT, window=Window(WANTED.start - timedelta(hours=6), WANTED.end - timedelta(hours=6))),
            FULL,
            True,
            id="a window that moved while it was read",
        ),
        pytest.param(
            replace(AT, window=Window(WANTED.start - timedelta(days=1), WANTED.end)), FULL, False, id="another window"
        ),
        pytest.param(replace(AT, reading=2), FULL, True, id="a second reading goes on as one"),
    ],
)
def test_when_an_unfinished_pass_goes_on(checkpoint: Checkpoint | None, due: Due, goes_on: bool) -> None:
    assert resumable(checkpoint, due, WANTED, "query", NOW) == (checkpoint if goes_on else None)
