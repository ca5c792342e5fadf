"""`almanac` and `python -m almanac`: the command line."""

import sys

_INTERRUPTED = 130
"""What shells give for Ctrl-C."""


def main() -> int:
    """Run one command and return its exit code. Loading it takes long enough for somebody to press Ctrl-C."""
    try:
        from almanac.cli.main import main as run  # noqa: PLC0415 - loaded where an interrupt is caught

        return run()
    except KeyboardInterrupt:
        return _INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
