"""What pydantic found wrong, in one line that names the place and keeps the value out: it may be anything."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

YEARS = (1900, 9000)
"""Of instants that somebody gives, first and last: no offset leads out of what Python and Postgres know."""
OUT_OF_REACH = f"must be between the years {YEARS[0]} and {YEARS[1]}"
_INSTANT = "must be an instant with an offset, like 2026-03-02T09:00:00Z"
_DATE = "must be a date, like 2026-03-02"
_FAULTS: Mapping[str, str] = {
    "missing": "missing",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "uuid_parsing": "must be a UUID, like 7d9f1c52-4d0b-4c39-9a55-0f6d3a1b2c01",
    "uuid_type": "must be a UUID in quotation marks",
    "datetime_parsing": _INSTANT,
    "datetime_from_date_parsing": _INSTANT,
    "datetime_type": _INSTANT,
    "timezone_aware": _INSTANT,
    "date_type": _DATE,
    "date_parsing": _DATE,
    "date_from_datetime_parsing": _DATE,
    "date_from_datetime_inexact": _DATE,
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing_size": "must be a whole number of fewer digits",
    "finite_number": "must be a number that has an end",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "string_type": "must be text",
    "string_unicode": "must be text without half a character",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must look like {pattern}",
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than": "must be less than {lt:g}",
    "less_than_equal": "must be at most {le:g}",
    "too_short": "must have at least {min_length} entries",
    "too_long": "must have at most {max_length} entries",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "json_type": "is not valid JSON",
    "extra_forbidden": "is not known here",
    "nul_character": "must not hold a NUL character",
    "blank": "must not be blank",
    "out_of_reach": OUT_OF_REACH,
}
"""Pydantic's kinds of faults in words of ours, which say what to write instead."""


def first_fault(error: ValidationError, whole: str = "") -> tuple[str, str]:
    """Return place and fault of the first error; the place is dotted, and `whole` when it is no single field."""
    first = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return place or whole, fault_in_words(first["type"], first.get("ctx", {}), str(first["msg"]))


def fault_in_words(kind: str, limits: Mapping[str, Any], otherwise: str) -> str:
    """Return a `kind` of pydantic's faults in our words; of the `limits` only those that the model itself sets."""
    words = _FAULTS.get(kind)
    if words is None:
        return otherwise
    try:
        said = words.format(**limits)
    except (KeyError, ValueError, TypeError):
        return otherwise
    return said.replace(" 1 characters", " 1 character").replace(" 1 entries", " 1 entry")
