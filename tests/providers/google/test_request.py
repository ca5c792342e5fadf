from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from almanac.domain.sync.window import Window
from almanac.providers.google import request
from almanac.providers.google.pages import MAPPING_VERSION
from almanac.providers.google.request import LISTING_FIELDS, ListEvents, query_fingerprint

WANTED = Window.around(datetime(2026, 3, 2, 12, tzinfo=UTC), timedelta(days=90), timedelta(days=180))


class TestRequest:
    def test_trap_4_two_shapes_that_share_everything_but_window_and_token(self) -> None:
        full = ListEvents("ada", window=WANTED).parameters()
        delta = ListEvents("ada", sync_token="token").parameters()

        assert full.keys() - delta.keys() == {"timeMin", "timeMax"}
        assert delta.keys() - full.keys() == {"syncToken"}
        assert {name: delta[name] for name in delta.keys() & full.keys()}.items() <= full.items()

    def test_trap_6_nothing_hides_deletions(self) -> None:
        assert "showDeleted" not in ListEvents("ada", sync_token="token").parameters()

    @pytest.mark.parametrize("request_", [{}, {"window": WANTED, "sync_token": "token"}])
    def test_neither_and_both_is_no_request(self, request_: dict[str, object]) -> None:
        with pytest.raises(ValueError, match="a window, a sync token or an instant"):
            ListEvents("ada", **request_)

    @pytest.mark.parametrize("first", [ListEvents("ada", window=WANTED), ListEvents("ada", sync_token="token")])
    def test_trap_7_the_next_page_is_the_same_query_with_a_page_token(self, first: ListEvents) -> None:
        assert replace(first, page_token="p2").parameters() == first.parameters() | {"pageToken": "p2"}

    @pytest.mark.parametrize("mask", ["nextPageToken", "nextSyncToken", "timeZone", "items("])
    def test_trap_85_the_fields_mask_keeps_what_paging_needs(self, mask: str) -> None:
        assert mask in LISTING_FIELDS
        assert LISTING_FIELDS.count("(") == LISTING_FIELDS.count(")")

    def test_trap_47_bounds_are_utc_with_an_offset_and_without_fractions(self) -> None:
        berlin = Window(*(edge.astimezone(timezone(timedelta(hours=2))) for edge in (WANTED.start, WANTED.end)))
        parameters = ListEvents("ada", window=berlin).parameters()

        assert (parameters["timeMin"], parameters["timeMax"]) == ("2025-12-02T12:00:00Z", "2026-08-29T12:00:00Z")


class TestFingerprint:
    @pytest.mark.parametrize(
        ("page_size", "fingerprint"),
        [(2500, "ca0e6c22f94d6e10"), (250, "c28f1adf183b328c"), (5, "d6b6d2cf52eb75bd")],
    )
    def test_it_is_what_earlier_releases_have_stored(self, page_size: int, fingerprint: str) -> None:
        """Another one makes every stored sync token void: each calendar of each customer is read in full again."""
        assert query_fingerprint(page_size) == fingerprint
        assert MAPPING_VERSION == 1

    def test_it_is_stable_and_fits_its_column(self) -> None:
        assert query_fingerprint(2500) == query_fingerprint(2500)
        assert len(query_fingerprint(2500)) == 16

    def test_trap_5_page_size_fields_and_mapping_make_another_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = {query_fingerprint(2500), query_fingerprint(250)}
        for name, value in (("MAPPING_VERSION", 99), ("_TOKENS_FIELDS", "items(id)")):
            monkeypatch.setattr(request, name, value)
            found.add(query_fingerprint(2500))

        assert len(found) == 4
