"""Every route of the API. What is not here does not exist; `tests/web/test_routes.py` walks it."""

from almanac.web.api import (
    export_routes,
    history_routes,
    ledger_routes,
    past_routes,
    queue_routes,
    webhook_routes,
    workspace_routes,
)
from almanac.web.api.access import routes as access_routes
from almanac.web.api.history import snapshot
from almanac.web.api.items import block_routes, habit_routes, meeting_routes, task_routes
from almanac.web.api.outbound import routes as outbound_routes
from almanac.web.api.people import hour_routes, member_routes
from almanac.web.api.routes import Route

ROUTES: tuple[Route, ...] = (
    *ledger_routes.ROUTES,
    *workspace_routes.ROUTES,
    *member_routes.ROUTES,
    *task_routes.ROUTES,
    *meeting_routes.ROUTES,
    *habit_routes.ROUTES,
    *block_routes.ROUTES,
    *hour_routes.ROUTES,
    *outbound_routes.ROUTES,
    *queue_routes.ROUTES,
    *history_routes.ROUTES,
    *snapshot.ROUTES,
    *past_routes.ROUTES,
    *webhook_routes.ROUTES,
    *access_routes.ROUTES,
    *export_routes.ROUTES,
)
