"""What a deployment is answered, beside whether it went well."""

import json
from pathlib import Path
from typing import Any

from almanac.adapters.aws.custom_resource import parse_request

EVENTS = Path(__file__).parents[3] / "events"


def digest(**properties: str) -> str:
    event: dict[str, Any] = json.loads((EVENTS / "migrate-update.json").read_text(encoding="utf-8"))
    request = parse_request(event | {"ResourceProperties": event["ResourceProperties"] | properties})
    assert request is not None
    return request.digest


def test_the_digest_changes_with_code_and_settings_and_with_nothing_else() -> None:
    same = digest()
    assert len(same) == 12
    assert digest(ServiceToken="another", ServiceTimeout="200") == same
    assert len({same, digest(Code="another"), digest(Settings="prod|arm64|90|180")}) == 3
