from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from almanac.domain.sync.passes import Checkpoint, Due
from almanac.domain.sync.resume import CHECKPOINT_LIFE, resumable
from almanac.domain.sync.window import Window

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
WANTED = Window.around(NOW, timedelta(days=90), timedelta(days=180))
FULL, DELTA = Due("full", "full"), Due("incremental", "incremental")
AT = Checkpoint("full", "page 2", "query", WANTED, NOW - timedelta(minutes=20))
DELTA_AT = replace(AT, kind="incremental")


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
        pytest.param(replace(AT, attempt=2), FULL, True, id="a second attempt goes on as one"),
    ],
)
def test_when_an_unfinished_pass_goes_on(checkpoint: Checkpoint | None, due: Due, goes_on: bool) -> None:
    assert resumable(checkpoint, due, WANTED, "query", NOW, NOW) == (checkpoint if goes_on else None)


def test_a_full_pass_from_the_databases_future_begins_anew() -> None:
    """Its clock was set back: what such a pass brings from now on would look older than the pass, and be swept."""
    set_back = AT.started_at - timedelta(seconds=1)

    assert resumable(AT, FULL, WANTED, "query", NOW, set_back) is None
    assert resumable(replace(AT, recheck=True), FULL, WANTED, "query", NOW, set_back) is None
    assert resumable(DELTA_AT, DELTA, WANTED, "query", NOW, set_back) == DELTA_AT
