"""The answer of events.list and events.instances: an envelope around event texts that are ready already."""

from collections import OrderedDict
from dataclasses import dataclass, field, replace

from local.google_simulator.api.fields import Mask, parse, select
from local.google_simulator.api.listing import Slice
from local.google_simulator.api.render import View
from local.google_simulator.api.reply import Payload
from local.google_simulator.control.faults import Fault, spoil
from local.google_simulator.world.event import Json, dump
from local.google_simulator.world.state import Calendar, Entry

_PAGES_KEPT = 96
_REMINDERS = [{"method": "popup", "minutes": 30}]


@dataclass(slots=True)
class Pages:
    """Assembles pages and keeps the last ones, packed form included."""

    _kept: OrderedDict[tuple[str, ...], Payload] = field(default_factory=OrderedDict)

    def payload(
        self, calendar: Calendar, entry: Entry, part: Slice, view: View, fields: str, faults: list[Fault]
    ) -> Payload:
        """The page as bytes; `fields` is the mask of the whole answer as text."""
        spot = (calendar.id, entry.role, calendar.updated, part.key, view.key, fields)
        if not faults and spot in self._kept:
            self._kept.move_to_end(spot)
            return self._kept[spot]
        mask = parse(fields) if fields else {}
        texts = [view.text(version) for version in part.versions] if not mask or "items" in mask else []
        again = view.text(part.before) if part.before else next(iter(texts), None)
        for fault in faults:
            part, texts = _bent(fault, part, texts, again)
        payload = Payload(_envelope(calendar, entry, part, texts, mask).encode())
        if not faults:
            self._kept[spot] = payload
            if len(self._kept) > _PAGES_KEPT:
                self._kept.popitem(last=False)
        return payload

    def clear(self) -> None:
        """Forget the pages."""
        self._kept.clear()


def item_view(view: View, fields: str) -> View:
    """The view of one item under the mask of the whole answer."""
    mask = parse(fields) if fields else {}
    return replace(view, fields=mask_text(mask.get("items") or {}))


def mask_text(mask: Mask) -> str:
    """A mask as the text `fields.parse` reads."""
    return ",".join(name + (f"({mask_text(below)})" if below else "") for name, below in mask.items())


def _envelope(calendar: Calendar, entry: Entry, part: Slice, texts: list[str], mask: Mask) -> str:
    head: Json = {
        "kind": "calendar#events",
        "etag": f'"p{calendar.sequence}"',
        "summary": calendar.summary,
        "description": calendar.description,
        "updated": calendar.updated,
        "timeZone": calendar.time_zone,
        "accessRole": entry.role,
        "defaultReminders": _REMINDERS if entry.primary else [],
    }
    if part.next_page:
        head["nextPageToken"] = part.next_page
    if part.next_sync:
        head["nextSyncToken"] = part.next_sync
    text = dump(select(head, mask))
    if mask and "items" not in mask:
        return text
    comma = "" if text == "{}" else ","
    return f'{text[:-1]}{comma}"items":[{",".join(texts)}]}}'


def _bent(fault: Fault, part: Slice, texts: list[str], again: str | None) -> tuple[Slice, list[str]]:
    """The page after one listing fault; `again` is the item that a duplicate repeats."""
    if fault.action == "drop_sync_token":
        return replace(part, next_sync=None), texts
    if fault.action == "truncated_listing":
        return part, texts[fault.count :]
    if fault.action == "duplicate_item":
        return part, [again, *texts] if again else texts
    if fault.action == "garbage" and texts:
        return part, [spoil(texts[0], fault.garbage), *texts[1:]]
    return part, texts
