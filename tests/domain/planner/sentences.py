"""The sentences of a plan, for tests: ids stand for titles."""

from zoneinfo import ZoneInfo

from almanac.domain.planner.model.plan import Finding, PlannedBlock
from almanac.presentation.wording import words

UTC = ZoneInfo("UTC")


def reason_of(block: PlannedBlock, zone: ZoneInfo = UTC) -> str:
    return words([block.reason], {}, zone)


def cause_of(finding: Finding, zone: ZoneInfo = UTC) -> str:
    return words([finding.cause], {}, zone)


def help_of(finding: Finding, zone: ZoneInfo = UTC) -> str:
    return words(finding.suggestions, {}, zone)
