"""The providers there are, by the name that rows carry."""

from collections.abc import Mapping

from almanac.services.sync.provider import Provider

NAMES = ("google",)
"""Those that the database knows, too (`almanac_is_provider` in the migrations)."""


def by_name(*providers: Provider) -> Mapping[str, Provider]:
    """Return the providers by name. Raises ValueError for one that is unknown here."""
    unknown = {provider.name for provider in providers} - set(NAMES)
    if unknown:
        raise ValueError(f"not in the registry: {', '.join(sorted(unknown))}")
    return {provider.name: provider for provider in providers}
