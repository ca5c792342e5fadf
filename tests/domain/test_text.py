import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st

from almanac.domain.text import clean, clip

PLENTY = 10**9
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
NORWAY, JAPAN = "\U0001f1f3\U0001f1f4", "\U0001f1ef\U0001f1f5"

# One of each kind of character that the segmentation rules tell apart.
KINDS = (
    "a 1\r\n\t\u00ad\u200b\u200c\u200d\u0301\u20dd\u0903\u094d\u093c\u0915\u0937\u0e01\u0e33\u0eb3\uff76\uff9e"
    "\u1100\u1161\u11a8\uac00\uac01\ua960\ud7b0\ud7cb\u0600\u06dd\u0d4e\u0b15\u0b4d\u102b\u1039\u1000"
    "\u2764\ufe0f\U0001f1f3\U0001f1f4\U0001f3fd\U0001f44d\U0001f468\U0001f469\U000e0067\U000e007f\U000110bd\u0378\ufffe"
)
texts = st.text(st.sampled_from(KINDS) | st.characters(exclude_categories=["Cs"]), max_size=40)


def boundaries(text: str) -> set[int]:
    """Where the reference segmenter ends a cluster."""
    return {0} | {match.end() for match in regex.finditer(r"\X", text)}


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("", ""),
        ("plain", "plain"),
        ("a\0b\0", "ab"),
        ("Größe \U0001f44d", "Größe \U0001f44d"),
        ("half \ud83d emoji", "half  emoji"),
        ("\udc4d\0\ud83d", ""),
        ("\ud83d\0", ""),
        ("tab\tand\nline", "tab\tand\nline"),
    ],
)
def test_nothing_is_left_that_postgres_refuses(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@given(st.text(st.characters(codec=None, exclude_categories=[])))
def test_clean_text_is_utf8_without_nul_and_clean_again(text: str) -> None:
    cleaned = clean(text)
    assert b"\0" not in cleaned.encode()
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize(
    ("text", "max_chars", "kept"),
    [
        ("short", 5, "short"),
        ("longer", 5, "longe"),
        ("", 0, ""),
        ("ab", 0, ""),
        ("cafe\u0301 noir", 4, "caf"),
        ("cafe\u0301 noir", 5, "cafe\u0301"),
        ("ab\r\ncd", 3, "ab"),
        (f"ab{FAMILY}cd", 4, "ab"),
        (f"ab{FAMILY}cd", 7, f"ab{FAMILY}"),
        (f"{SCOTLAND}!", 6, ""),
        (f"{SCOTLAND}!", 7, SCOTLAND),
        (f"{NORWAY}{JAPAN}", 3, NORWAY),
        (f"{NORWAY}{JAPAN}{NORWAY}", 5, f"{NORWAY}{JAPAN}"),
        ("\U0001f44d\U0001f3fd\U0001f44d\U0001f3fd", 3, "\U0001f44d\U0001f3fd"),
        ("\u2764\ufe0f\u2764\ufe0f", 3, "\u2764\ufe0f"),
        ("\u1112\u1161\u11ab\u1100\u1173\u11af", 4, "\u1112\u1161\u11ab"),
        ("\u0915\u094d\u0937 \u0915", 2, ""),
        ("\u0e19\u0e49\u0e33\u0e43\u0e2a", 2, ""),
        ("日本語の予定", 3, "日本語"),
    ],
)
def test_a_cut_never_falls_inside_what_a_reader_sees_as_one_character(text: str, max_chars: int, kept: str) -> None:
    assert clip(text, max_chars, PLENTY) == kept


@pytest.mark.parametrize(
    ("text", "max_bytes", "kept"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "abc"),
        ("ööö", 5, "öö"),
        ("日本", 5, "日"),
        ("日本", 6, "日本"),
        (f"a{FAMILY}", 18, "a"),
        (f"a{FAMILY}", 19, f"a{FAMILY}"),
        ("\U0001f44d", 3, ""),
    ],
)
def test_the_byte_limit_counts_utf8(text: str, max_bytes: int, kept: str) -> None:
    assert clip(text, PLENTY, max_bytes) == kept


@given(texts, st.integers(0, 45), st.integers(0, 160))
@example("\u0915\u094d\u200d\u0937", 3, PLENTY)
@example("\u1100\U0001f1f3\U0001f1f4\U0001f1f3", 3, PLENTY)
def test_what_is_kept_is_a_beginning_within_both_limits_that_ends_with_a_cluster(
    text: str, max_chars: int, max_bytes: int
) -> None:
    kept = clip(text, max_chars, max_bytes)
    assert text.startswith(kept)
    assert len(kept) <= max_chars
    assert len(kept.encode()) <= max_bytes
    assert len(kept) in boundaries(text)


@given(
    st.text(
        st.sampled_from("a 1\r\n\u00e9日\U0001f44d\U0001f1f3\U0001f1f4") | st.characters(codec="latin-1"), max_size=40
    ).map(lambda text: text.replace("1", "e\u0301").replace("日", f"{FAMILY}\uac00")),
    st.integers(0, 45),
)
def test_of_common_text_no_cluster_is_given_away(text: str, max_chars: int) -> None:
    longest = max(boundary for boundary in boundaries(text) if boundary <= max_chars)
    assert clip(text, max_chars, PLENTY) == text[:longest]


def test_no_character_of_the_first_planes_is_torn_from_a_letter_it_joins() -> None:
    characters = [*map(chr, (*range(1, 0xD800), *range(0xE000, 0x20000), *range(0xE0000, 0xE0200)))]
    torn = [
        f"U+{ord(character):04X}"
        for character in characters
        for pair in (f"a{character}", f"{character}a", f"\u1100{character}", f"{character}\u11a8")
        if clip(pair, 1, PLENTY) and regex.fullmatch(r"\X", pair)
    ]
    assert torn == []


def test_cutting_a_text_of_one_endless_cluster_takes_one_walk() -> None:
    assert clip("a" + "\u0301" * 50_000, 40_000, PLENTY) == ""
    assert clip("\u0915\u094d" * 25_000, 40_000, PLENTY) == ""
