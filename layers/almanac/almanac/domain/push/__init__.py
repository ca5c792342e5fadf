"""Push: a provider rings when a calendar has changed. A ring says "look", never what."""
