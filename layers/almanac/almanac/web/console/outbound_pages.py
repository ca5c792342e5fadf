"""What is written to calendars: where it goes, what waits, what is held; conflicts and their decision."""

from almanac.domain.people_names import people_names
from almanac.errors import BadInput
from almanac.presentation.outbound.conflicts import REASONS
from almanac.presentation.outbound.status import HELP, unowned_text
from almanac.web.console.pages import Page, Visit, identified
from almanac.web.problem import Problem
from almanac.web.request import Answer

_SHOWN = 100


def outbound(visit: Visit) -> Answer:
    """Show what waits to be written, and what somebody has to decide. Changes nothing."""
    use, ws_id = visit.call.use, visit.ws_id
    name, _zone = use.directory.zone(ws_id)
    found, targets = use.outbound.status(ws_id, dry_run=False, confirm=False), use.outbound.targets(ws_id)
    waiting = [link for link in found.links if link.operation is not None]
    counts = {each: sum(link.operation == each for link in waiting) for each in ("create", "change", "delete")}
    return visit.render(
        "outbound.html",
        name=name,
        ws_id=ws_id,
        targets=targets,
        names=people_names((each.user_id, each.name) for each in targets),
        counts=counts,
        waiting=waiting[:_SHOWN],
        rest=max(0, len(waiting) - _SHOWN),
        failed=[(link, found.where_it_stays(link)) for link in found.links if link.state == "failed"],
        unowned=[unowned_text(user_id, blocks) for user_id, blocks in found.unowned.items()],
        held=[(each, HELP.get(each.reason, "")) for each in found.held],
        reasons={each.reason for each in found.held},
        conflicts=found.conflicts,
        why=REASONS,
    )


def review(visit: Visit) -> Answer:
    """The dry run has been looked at: the next sync writes what stands there."""
    visit.call.use.outbound.status(visit.ws_id, dry_run=True, confirm=False)
    visit.call.audit("outbound_review", visit.ws_id)
    return visit.back(_place(visit), "From the next sync on, this is written.")


def consent(visit: Visit) -> Answer:
    """Let a mass change through for an hour."""
    found = visit.call.use.outbound.status(visit.ws_id, dry_run=False, confirm=True)
    visit.call.audit("outbound_consent", visit.ws_id, None, calendars=len(found.consented))
    said = (
        "The mass change may go through within an hour." if found.consented else "Nothing waits for consent any more."
    )
    return visit.back(_place(visit), said)


def resolve(visit: Visit) -> Answer:
    """Decide a conflict."""
    link_id, choice = identified(visit.parameters["link_id"], "unknown_conflict"), visit.field("choice")
    if choice not in ("mine", "theirs"):
        raise Problem(422, "bad_input", "must be mine or theirs", field="choice")
    try:
        visit.call.use.outbound.resolve(link_id, "mine" if choice == "mine" else "theirs", visit.ws_id)
    except BadInput as error:
        gone = "That conflict is not there any more."
        return visit.back(_place(visit), gone if error.field == "link" else f"Not decided: {error}.")
    visit.call.audit("resolve", visit.ws_id, link_id, choice=choice)
    return visit.back(
        _place(visit), f"Decided: {'what was wanted here' if choice == 'mine' else 'what stands there'} stays."
    )


def _place(visit: Visit) -> str:
    return f"/console/workspaces/{visit.ws_id}/outbound"


PAGES = (
    Page("GET", "/console/workspaces/<ws>/outbound", "read", outbound),
    Page("POST", "/console/workspaces/<ws>/outbound/review", "operate", review),
    Page("POST", "/console/workspaces/<ws>/outbound/consent", "operate", consent),
    Page("POST", "/console/workspaces/<ws>/conflicts/<link_id>", "operate", resolve),
)
