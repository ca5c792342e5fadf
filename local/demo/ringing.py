"""The demo's last part: Google rings, and a change is there before any tick."""

import time

from almanac.adapters.crypto import new_key
from local.demo.scenes import new_event
from local.demo.stage import Stage


def ring_before_tick(stage: Stage) -> None:
    """Scene 12."""
    why = "A ring says that something changed: verified without a database, it is one job for one calendar."
    stage.screen.headline(12, "A calendar rings", why)
    workspace, google = stage.workspace("Monsoon Studio"), stage.stack.google
    stage.stack.switch_push_on(new_key())
    stage.tell("the real push_receiver answers on 127.0.0.1; the next sync of the workspace watches its calendars")
    stage.ask(workspace, force=True)  # another scene may have asked just now
    stage.require(len(google.channels()) >= 1, f"{len(google.channels())} calendars ring when they change")
    stage.follow(lambda: _verified(stage) == len(google.channels()))
    before, began = len(stage.runs), time.perf_counter()
    google.insert_event(workspace.emails[0], new_event("The bank calls", 5))
    stage.tell(f"{workspace.emails[0]}: one event inserted, and no rule ticks")
    stage.follow(lambda: any(run.source == "push" and run.inserted for run in stage.runs[before:]))
    took = time.perf_counter() - began
    stage.require(took < 20, f"its row was there {took:.1f} s later")
    stage.require_truth([workspace])


def _verified(stage: Stage) -> int:
    sql = "SELECT count(*) FROM calendar_push_channels WHERE verified_at IS NOT NULL"
    found: int = stage.stack.wiring.database.run(sql)[0][0]
    return found
