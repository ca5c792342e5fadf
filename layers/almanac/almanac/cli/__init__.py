"""The commands of `almanac`, a module a group. Each adds its parsers; what a parser calls answers with a Result."""
