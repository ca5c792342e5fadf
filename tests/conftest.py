"""The order of the suite: what is marked as long comes first, for processes that share the files to end together."""

import gc

import pytest

# Hundreds of thousands of objects live as long as the session: modules, tests, models of AWS. They are looked through
# for garbage after 20,000 new ones, not after 700.
gc.set_threshold(20_000, 20, 100)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("long") is None)
