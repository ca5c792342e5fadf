"""`make openapi`: writes docs/openapi.json from the routes, and the client's types from it where node is found.

python -m local.openapi_document
"""

from pathlib import Path
from typing import Any

from almanac.web.api.application import Api
from almanac.web.api.table import ROUTES
from almanac.web.connect.routes import ROUTES as CONNECT_ROUTES

DOCUMENT = Path(__file__).parents[1] / "docs" / "openapi.json"


def main() -> None:
    """Write the document."""
    nobody: Any = None
    DOCUMENT.write_text(Api(nobody, "key", "workspaces", ROUTES, lambda: CONNECT_ROUTES).document, encoding="utf-8")


if __name__ == "__main__":
    main()
