"""The contract of a job as JSON Schema: `make schemas` writes docs/schemas/ from the models of almanac.jobs.

Who sends jobs in another language checks them with these; tests hold every later version to the released ones.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from almanac.jobs import CalendarExport, CalendarSchedule, CalendarSync, Tick, UpkeepTick

FOLDER = Path(__file__).parents[1] / "docs" / "schemas"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"

Schema = Mapping[str, Any]


def schemas() -> dict[str, Schema]:
    """File name → schema: the jobs, what rules say to orchestrator and upkeep, and a list of workspaces."""
    return {
        "calendar.sync.json": _of(CalendarSync.model_json_schema()),
        "calendar.schedule.json": _of(CalendarSchedule.model_json_schema()),
        "calendar.export.json": _of(CalendarExport.model_json_schema()),
        "tick.json": _of(Tick.model_json_schema()),
        "bulk.json": _of(_bulk()),
        "upkeep.json": _of(UpkeepTick.model_json_schema()),
    }


def as_text(schema: Schema) -> str:
    """The text of a schema's file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def write(folder: Path, files: Mapping[str, Schema]) -> None:
    """Write the files into the folder, and say which ones have changed."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in files.items():
        file, text = folder / name, as_text(schema)
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
            print(f"wrote {file.relative_to(FOLDER.parents[1])}")


def main() -> int:
    """Write the files, and say which ones have changed."""
    write(FOLDER, schemas())
    return 0


def _of(schema: Schema) -> Schema:
    return {"$schema": _DIALECT, **schema}


def _bulk() -> Schema:
    """A tick that names its workspaces."""
    tick = Tick.model_json_schema()
    one_list = next(form for form in tick["properties"]["workspaces"]["anyOf"] if form["type"] == "array")
    return {
        **tick,
        "title": "Bulk",
        "description": "A direct invocation of the orchestrator with the workspaces that it is to send jobs to.",
        "properties": {**tick["properties"], "workspaces": {"title": "Workspaces", **one_list}},
        "required": [*tick["required"], "workspaces"],
    }


if __name__ == "__main__":
    sys.exit(main())
