"""What helps with an error that a run ended with."""

from collections.abc import Iterator

from almanac import errors
from almanac.presentation.operations.health import help_with

NEVER_A_RUNS = {
    *("bad_input", "bad_settings", "cursor_expired", "transient", "permanent", "workspace_paused", "push_unsupported"),
    *("event_version_changed", "event_id_taken", "event_gone", "removed", "sync_token_expired", "page_token_expired"),
    *("access_token_rejected", "out_of_time", "postponed"),
}
"""Codes of the two branches' roots, of what a caller is told, and of what a run handles itself."""


def kinds(of: type[errors.AlmanacError]) -> Iterator[type[errors.AlmanacError]]:
    yield of
    for each in of.__subclasses__():
        if each.__module__ == errors.__name__:
            yield from kinds(each)


def test_everything_that_a_run_can_end_with_has_words_for_what_helps() -> None:
    found = {f"google_{each.ending}" if hasattr(each, "ending") else each.code for each in kinds(errors.AlmanacError)}
    assert [code for code in sorted(found - NEVER_A_RUNS) if not help_with(code)] == []
    assert help_with("google_unavailable") == help_with("microsoft_unavailable")
    assert help_with("nobody_knows") is None
