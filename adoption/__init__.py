"""Moving over from the system that Almanac replaces: a plug-in of the command line, in no Lambda (docs/adopt.md)."""
