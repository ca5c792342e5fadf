"""What a round of upkeep did, or would do, as text; its JSON document is the report's own."""

from almanac.domain.operations.maintenance import UpkeepReport
from almanac.presentation.tables import table


def text(report: UpkeepReport) -> str:
    """Return the counts of a round, and who is in trouble, as tables."""
    head = ("WHAT", "WOULD BE" if report.dry_run else "DONE")
    done = [(name.replace("_", " "), count) for name, count in report.counts.items()]
    parts = [table(head, [*done, ("connections long in error", report.connections_long_in_error)])]
    if report.failing_accounts:
        failing = ((each["ws_id"], each["account_id"], each["error_type"]) for each in report.failing_accounts)
        parts.append(table(("WORKSPACE", "FAILING ACCOUNT", "ERROR"), failing))
    if report.long_in_error:
        errors = ((e["ws_id"], e["connection_id"], e["error_type"], e["since"]) for e in report.long_in_error)
        parts.append(table(("WORKSPACE", "CONNECTION IN ERROR", "ERROR", "NOT READ SINCE"), errors))
    if report.busy:
        parts.append(f"{report.busy} time(s) a run was at work, and its workspace was left alone")
    if report.left:
        parts.append(f"left for the next time: {', '.join(report.left)}")
    return "\n\n".join(parts)
