"""A route of the API: where it is, which scope it takes, what answers. Every route stands in a table."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from almanac.domain.access import Scope
from almanac.web.request import path_pattern


@dataclass(frozen=True)
class Route:
    """One route. `path` has its parameters as <name>; <ws> is a workspace that the caller must see.

    `answer` is a function whose annotations say what it takes and gives; its docstring is the summary. `errors` are
    the codes that it can end in beside those of every route, `media` is what it answers with.
    """

    method: str
    path: str
    scope: Scope
    answer: Callable[..., Any]
    status: int = 200
    errors: tuple[str, ...] = field(default=())
    media: str = "application/json"
    once: bool | None = None
    """Whether an Idempotency-Key counts; None: where something is made or asked for."""

    @property
    def is_once(self) -> bool:
        """Whether the same key is the same request."""
        made = self.method == "POST" and self.status in (201, 202)
        return made if self.once is None else self.once

    @property
    def keeps_condition(self) -> bool:
        """Whether If-Match counts."""
        return "if_match" in self.answer.__annotations__

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What a request's path must look like."""
        return path_pattern(self.path)

    @cached_property
    def query_names(self) -> frozenset[str]:
        """The filters that it knows."""
        from aws_lambda_powertools.event_handler.openapi.params import Query  # noqa: PLC0415

        return frozenset(mark.alias or name for name, mark in self._marks() if isinstance(mark, Query))

    @cached_property
    def takes_body(self) -> bool:
        """Whether it reads what is sent."""
        from aws_lambda_powertools.event_handler.openapi.params import Body  # noqa: PLC0415

        return any(isinstance(mark, Body) for _, mark in self._marks())

    def _marks(self) -> Iterator[tuple[str, Any]]:
        """What the annotations say about each parameter beside its type."""
        for name, hint in getattr(self.answer, "__annotations__", {}).items():
            for mark in getattr(hint, "__metadata__", ()):
                yield name, mark
