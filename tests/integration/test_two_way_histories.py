"""The law of writing out: whatever people, plans, networks and processes do, both sides end as one (I1 to I8)."""

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.histories.stage import Stage
from tests.histories.steps import heard, told
from tests.histories.two_ways.play import play
from tests.histories.two_ways.words import ALL_KINDS, draw

pytestmark = [pytest.mark.integration, pytest.mark.long]

FOUND = {
    "an event that was not found once counted as deleted, although it was there": (
        "retitle 394 673; trouble 967 213; sync 493 19"
    ),
    "the same of one that was to be deleted: it stayed there for ever": (
        "drop 282 16; retitle 394 673; trouble 967 213; sync 493 19"
    ),
    "a block made a series and deleted between two passes: its end was not told": (
        "remove 105 98; take over 328 189; remove 982 36"
    ),
    "an overtaken run that noted which of our events it had met, and which had changed": (
        "expire sync tokens 103 953; overtake 610 972"
    ),
    "an insert without an answer that landed after its row had gone: it stayed there for ever": (
        "trouble 980 546; block 534 427; sync 259 163; time passes 548 36; drop 4 721; sync 972 863"
    ),
    "a fifth deletion in Google that nobody had counted, for its event was not known to be there": (
        "trouble 580 246; block 8 648; overtake 725 285; clear 388 700"
    ),
    "a fifth row deleted, of an event whose deletion there was found by a look": (
        "block 826 205; event 713 453; drop 471 902; trouble 156 589; write 455 272; wipe 917 31"
    ),
    "the same of one that waited for another reason, so that no listing could say it was missing": (
        "wipe 413 695; block 521 159; write 181 574; remove 158 209; revoke 388 696; expire sync tokens 696 79;"
        "rename 386 869; write 199 275"
    ),
    "a target that was taken away while what a person had dragged was on its way into its row": (
        "block 742 993; drag 617 173; meanwhile 284 636"
    ),
    "an edit of an occurrence that its series had lost, written where nobody sees it": (
        "meet 0 1; amend 543 423; meanwhile 453 175; amend 587 182; edit 750 125"
    ),
    "the same of an edit that had landed without an answer": (
        "meet 0 1; sync 0 0; trouble 357 192; edit 602 927; write 866 548; amend 601 100"
    ),
    "the same once more, told by the listing of what changed under a whole one that lacked it": (
        "meet 0 1; sync 0 0; edit 602 927; kill 487 297; expire sync tokens 425 974; amend 601 100"
    ),
    "an edit of an occurrence that a person moves, and then its series, before anybody reads": (
        "meet 0 0; meet 0 1; sync 0 0; meet 132 481; amend 985 450; amend 580 680; edit 10 224"
    ),
    "the same of an occurrence that was moved with its series, which had been edited before": (
        "meet 0 1; sync 25 443; edit 460 682; meet 681 219; call off 199 973; amend 964 324; amend 647 358"
    ),
    "a deletion here while a whole listing was read, taken for what its series had lost": (
        "meet 0 1; meet 717 301; call off 882 758; call off 728 696; meanwhile 329 535"
    ),
    "a deletion without an answer, made once more in the run in which edits were switched off": (
        "meet 0 1; sync 0 0; trouble 722 189; trouble 779 218; cancel 870 398; meanwhile 820 679"
    ),
    "a statement that fails outside a run, while somebody connects": (
        "revoke 412 605; statement 587 105; sync 683 747; connect 343 477"
    ),
    "an event made again where it had been before, with the id that another calendar had of it": (
        "other target 780 992; trouble 133 182; time passes 929 713; wipe 981 125; land 573 878; kill 310 410;"
        "other target 563 7; time passes 145 624; move 893 953"
    ),
    "a title that a person gave on the way to another target and back, forgotten before it was written": (
        "sync 954 826; drag 867 615; kill 999 604; trouble 154 892; other target 899 646; write 515 307; sync 799 924;"
        "carry 816 237; take over 367 324; retitle 807 936; bring back 367 61; move 928 735; trouble 45 722;"
        "overtake 280 443"
    ),
    "a block made a series and moved to another calendar, waited for by an id that no row there has": (
        "take over 733 329; carry 517 549"
    ),
    "an edit of what was ours once and was refused, taken for landed because of the mark that is still there": (
        "carry 402 920; sync 380 629; edit 167 994; role 845 191; sync 73 682"
    ),
    "an edit sent without an answer of what a person deletes, left to be made anew, when edits are switched off": (
        "meet 0 1; sync 0 0; edit 929 678; amend 854 790; write 391 646; meanwhile 156 596"
    ),
    "a title that a person gave in one calendar while a deletion in the other had no answer, which gets it back": (
        "other target 511 62; sync 925 64; retitle 643 289; trouble 938 412; sync 664 271; other target 796 528"
    ),
    "a conflict of an edit that had no answer when edits were switched off, which gives it up": (
        "meet 0 1; meanwhile 507 518; amend 638 367; edit 492 452; trouble 969 426; kill 467 67; edits 169 218"
    ),
    "a meeting that somebody else calls now, whose block stayed in the calendar of who called it before": (
        "meeting 784 386; hand over 731 797"
    ),
    "a target that is the same calendar through another account, written by the one that it was until then": (
        "hand over 0 0; other target 0 1; sync 0 0; other target 0 17"
    ),
    "what an account left when it was let go, not seen as anybody's event once it was connected again": (
        "sync 414 162; disconnect 844 493"
    ),
    "a block that a person deleted before its making was known, and that could be planned there again": (
        "trouble 384 133; block 919 211; write 752 292; remove 919 416"
    ),
    "a title given to a block that went, with its person, between the look at it and what became of that": (
        "retitle 184 825; under way 411 850"
    ),
}
TWO_CALENDARS = 51_000_000
"""The first seed that the gate plays of those about two calendars."""
TWO_PEOPLE = 100_000_000
"""The first one of those about two people, habits and meetings."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with Stage(tmp_path_factory.mktemp("two-ways")) as stage:
        yield stage


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("first", "many"), [(0, 30), (30, 24), (TWO_CALENDARS, 22), (TWO_PEOPLE, 10)])
def test_both_sides_end_as_one(stage: Stage, first: int, many: int) -> None:
    met: Counter[str] = Counter()
    for seed in range(first, first + many):
        history = draw(seed)
        try:
            play(stage, history, met)
        except AssertionError as broken:
            pytest.fail(f"seed {seed}: {broken}\n{told(history)}")
    assert met["writes"] > many


@pytest.mark.parametrize("history", FOUND.values(), ids=FOUND.keys())
def test_what_a_history_has_found_stays_mended(stage: Stage, history: str) -> None:
    play(stage, heard(history, ALL_KINDS), Counter())
