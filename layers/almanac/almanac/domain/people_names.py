"""What members are called where people read of them."""

from collections import Counter
from collections.abc import Iterable


def people_names(members: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return what to call each member (user id, name) by their id: who shares a name, or has none, by the id too."""
    named = list(members)
    bearers = Counter(name for _, name in named)
    return {user: (name if bearers[name] == 1 else f"{name} ({user})") if name else user for user, name in named}
