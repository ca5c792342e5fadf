"""What tells a ring of ours from a forged one."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almanac.adapters.crypto import new_key
from almanac.domain.push.token import LONGEST_TOKEN, PushKeys, Rung, UnusableKey

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
WS, CONNECTION, CHANNEL = UUID(int=1), UUID(int=2), str(UUID(int=3))
OLD, NEW = new_key(), new_key()
KEYS = PushKeys([NEW])
TOKEN = KEYS.sign(WS, CONNECTION, CHANNEL, NOW + timedelta(days=8))


def test_a_token_says_whose_channel_it_is_and_fits() -> None:
    assert KEYS.verify(TOKEN, CHANNEL, NOW) == Rung(WS, CONNECTION)
    assert len(TOKEN) < LONGEST_TOKEN
    assert NEW not in TOKEN


def test_keys_rotate() -> None:
    signed_by_old = PushKeys([OLD]).sign(WS, CONNECTION, CHANNEL, NOW + timedelta(days=8))
    both = PushKeys([NEW, OLD])
    assert both.verify(signed_by_old, CHANNEL, NOW) == Rung(WS, CONNECTION)
    assert both.sign(WS, CONNECTION, CHANNEL, NOW + timedelta(days=8)) == TOKEN
    assert KEYS.verify(signed_by_old, CHANNEL, NOW) is None, "the old key is gone"


@pytest.mark.parametrize(
    ("token", "channel", "now"),
    [
        pytest.param(TOKEN, str(UUID(int=4)), NOW, id="another channel's"),
        pytest.param(TOKEN, CHANNEL, NOW + timedelta(days=8), id="too old"),
        pytest.param(TOKEN, "", NOW, id="no channel"),
        pytest.param(TOKEN, "x" * 65, NOW, id="no channel id of any provider"),
        pytest.param("", CHANNEL, NOW, id="nothing"),
        pytest.param(TOKEN + "0", CHANNEL, NOW, id="longer"),
        pytest.param(TOKEN[:-1], CHANNEL, NOW, id="shorter"),
        pytest.param(TOKEN + "0" * 300, CHANNEL, NOW, id="endless"),
        pytest.param(TOKEN.replace("v=1", "v=2"), CHANNEL, NOW, id="another version"),
        pytest.param(TOKEN.replace(WS.hex, UUID(int=9).hex), CHANNEL, NOW, id="another workspace"),
        pytest.param(TOKEN.replace(CONNECTION.hex, UUID(int=9).hex), CHANNEL, NOW, id="another connection"),
        pytest.param(TOKEN.replace("&e=1", "&e=2"), CHANNEL, NOW, id="a later end"),
        pytest.param(TOKEN.upper(), CHANNEL, NOW, id="upper case"),
        pytest.param(f"{TOKEN}\n", CHANNEL, NOW, id="a line more"),
    ],
)
def test_anything_else_does_not_verify(token: str, channel: str, now: datetime) -> None:
    assert KEYS.verify(token, channel, now) is None


@given(st.text(max_size=300), st.text(max_size=80))
def test_no_text_is_a_token_and_none_raises(token: str, channel: str) -> None:
    assert KEYS.verify(token, channel, NOW) is None


@given(st.integers(0, len(TOKEN) - 1), st.characters(codec="ascii"))
def test_no_single_character_may_change(place: int, letter: str) -> None:
    changed = TOKEN[:place] + letter + TOKEN[place + 1 :]
    assert changed == TOKEN or KEYS.verify(changed, CHANNEL, NOW) is None


@pytest.mark.parametrize("keys", [[], ["short"], [NEW, "not base64 at all"], [NEW, "é"]])
def test_unusable_keys_are_named_by_their_place_only(keys: list[str]) -> None:
    with pytest.raises(UnusableKey) as error:
        PushKeys(keys)
    assert not any(key in str(error.value) for key in keys if len(key) > 1)
