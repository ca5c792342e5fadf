"""The order of the suite: what is marked as long comes first, for processes that share the files to end together."""

import gc
from collections.abc import Iterator
from functools import cache

import botocore.session
import pytest

# Hundreds of thousands of objects live as long as the session: modules, tests, models of AWS. They are looked through
# for garbage after 20,000 new ones, not after 700.
gc.set_threshold(20_000, 20, 100)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(autouse=True, scope="session")
def models_of_aws_are_read_once() -> Iterator[None]:
    """moto gives each test a session of its own, which would read them from disk again for its first client."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", cache(botocore.session.create_loader))
        yield
