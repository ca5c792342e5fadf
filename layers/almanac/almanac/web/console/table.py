"""Every page of the console. What is not here does not exist."""

from almanac.web.console import (
    export_pages,
    look_pages,
    many_pages,
    outbound_pages,
    plan_pages,
    queue_pages,
    run_pages,
    workspace_pages,
)
from almanac.web.console.history import change_pages, past_pages, webhook_pages
from almanac.web.console.items import habit_pages, task_pages
from almanac.web.console.pages import Page
from almanac.web.console.people import hour_pages, people_pages

PAGES: tuple[Page, ...] = (
    *look_pages.PAGES,
    *many_pages.PAGES,
    *workspace_pages.PAGES,
    *task_pages.PAGES,
    *habit_pages.PAGES,
    *hour_pages.PAGES,
    *people_pages.PAGES,
    *plan_pages.PAGES,
    *outbound_pages.PAGES,
    *change_pages.PAGES,
    *past_pages.PAGES,
    *webhook_pages.PAGES,
    *run_pages.PAGES,
    *queue_pages.PAGES,
    *export_pages.PAGES,
)
