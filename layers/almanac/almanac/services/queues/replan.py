"""How a request to plan what has changed is known, whoever makes it: the run that saw the change, or a tick."""


def replan_reason(last_plan: str) -> str:
    """Return why a workspace is planned anew: until another plan has run, it is one and the same request."""
    return f"changed since plan {last_plan}"
