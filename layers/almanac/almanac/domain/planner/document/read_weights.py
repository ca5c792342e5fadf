"""Reading the weights that an instance overrides."""

import dataclasses

from almanac.domain.planner.document.fields import Fields
from almanac.domain.planner.model.weights import PRIORITIES, Weights


def read_weights(fields: Fields) -> Weights:
    """Return the default weights with the instance's overrides."""
    names = [each.name for each in dataclasses.fields(Weights)]
    fields.only(*names)
    default = Weights()
    priority = fields.section("priority")
    for name in priority.values:
        if name not in PRIORITIES:
            raise priority.error(name, f"is no priority, known are {', '.join(PRIORITIES)}")
    numbers = {
        name: fields.number(name, getattr(default, name)) for name in names if name not in ("priority", "late_days_cap")
    }
    return Weights(
        priority={name: priority.number(name, weight) for name, weight in PRIORITIES.items()},
        late_days_cap=fields.minutes("late_days_cap", least=0, default=default.late_days_cap),
        **numbers,
    )
