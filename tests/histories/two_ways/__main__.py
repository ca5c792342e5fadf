"""`make soak-two-ways`: random two-way histories until told to stop, or one history again."""

import sys

from tests.histories.__main__ import Game, main
from tests.histories.two_ways.play import play
from tests.histories.two_ways.words import ALL_KINDS, draw

if __name__ == "__main__":
    sys.exit(main(Game("soak-two-ways", ALL_KINDS, draw, play)))
