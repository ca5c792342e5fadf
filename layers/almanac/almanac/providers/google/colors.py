"""Google's event colours in the ten names that a workspace calendar has."""

FALLBACK_COLOR = "BLUE"
"""For events in their calendar's own colour, and for colours that Google has not had yet."""

WORKSPACE_COLORS = {
    "1": "INDIGO",  # lavender
    "2": "GREEN",  # sage
    "3": "PURPLE",  # grape
    "4": "PINK",  # flamingo
    "5": "YELLOW",  # banana
    "6": "ORANGE",  # tangerine
    "7": "CYAN",  # peacock
    "8": "GRAY",  # graphite
    "9": "BLUE",  # blueberry
    "10": "GREEN",  # basil
    "11": "RED",  # tomato
}
"""`colorId` of an event → the nearest name of the database's calendar_color domain (`colors.get`, trap 69)."""
