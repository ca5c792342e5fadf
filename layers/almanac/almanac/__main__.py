"""`python -m almanac`: the command line."""

import sys

from almanac.cli.main import main

sys.exit(main())
