"""Requests a minute, for the whole project and for each user of it, over a sliding window."""

from collections import deque
from dataclasses import dataclass, field

from local.google_simulator.api.errors import rate_limited
from local.google_simulator.world.state import World

_WINDOW_SECONDS = 60.0
_PATCH_UNITS = 3


@dataclass(slots=True)
class Quota:
    """Counts request units and refuses beyond `Settings.project_per_minute` and `Settings.user_per_minute`."""

    world: World
    _spent: dict[str, deque[float]] = field(default_factory=dict)

    def spend(self, user: str, method: str) -> None:
        """Count one request; a patch costs three units. Raises the quota error Google would send."""
        settings = self.world.settings
        units = _PATCH_UNITS if method == "PATCH" else 1
        for name, limit, reason in (
            ("", settings.project_per_minute, "rateLimitExceeded"),
            (user, settings.user_per_minute, "userRateLimitExceeded"),
        ):
            if limit is not None and len(self._recent(name)) + units > limit:
                raise rate_limited(reason, settings.quota_status, settings.quota_retry_after)
        if settings.project_per_minute is None and settings.user_per_minute is None:
            return
        now = self.world.clock.now().timestamp()
        for name in ("", user):
            self._recent(name).extend([now] * units)

    def _recent(self, name: str) -> deque[float]:
        times = self._spent.setdefault(name, deque())
        horizon = self.world.clock.now().timestamp() - _WINDOW_SECONDS
        while times and times[0] <= horizon:
            times.popleft()
        return times
