"""The world together with its prepared listings and pages."""

from dataclasses import dataclass, field

from local.google_simulator.api.event_pages import Pages
from local.google_simulator.api.listing import Listings
from local.google_simulator.push.deliveries import Deliveries
from local.google_simulator.world.state import World


@dataclass(slots=True)
class Store:
    """What every operation works on."""

    world: World
    pages: Pages = field(default_factory=Pages)
    listings: Listings = field(init=False)
    deliveries: Deliveries = field(init=False)

    def __post_init__(self) -> None:
        self.listings = Listings(self.world)
        self.deliveries = Deliveries(self.world)

    def forget_pages(self) -> None:
        """Drop what is prepared: a setting, a role or what the calendar remembers has changed."""
        self.listings.clear()
        self.pages.clear()
