"""Everything that Almanac needs, as programs on this machine."""
