"""The kinds of exports that there are, and how their files are called and read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Literal, get_args

ExportKind = Literal["csv", "ics", "digest", "report", "report_csv", "ics_series"]
EXPORT_KINDS: tuple[ExportKind, ...] = get_args(ExportKind)
KEPT_FOR = timedelta(days=7)
"""How long a file and its row are kept. The column's default in 0027_exports.sql says the same."""


@dataclass(frozen=True, slots=True)
class Format:
    """How a file ends, and what it says it is."""

    extension: str
    media_type: str


_CSV, _HTML = Format("csv", "text/csv; charset=utf-8"), Format("html", "text/html; charset=utf-8")
_ICS = Format("ics", "text/calendar; charset=utf-8")
FORMATS: Mapping[ExportKind, Format] = MappingProxyType(
    {
        "csv": _CSV,
        "ics": _ICS,
        "digest": _HTML,
        "report": _HTML,
        "report_csv": _CSV,
        "ics_series": _ICS,
    }
)
