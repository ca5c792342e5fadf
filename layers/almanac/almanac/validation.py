"""What pydantic found wrong, in one line that names the place and keeps the value out: it may be anything."""

from pydantic import ValidationError


def first_fault(error: ValidationError, whole: str = "") -> tuple[str, str]:
    """Return place and fault of the first error; the place is dotted, and `whole` when it is no single field."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return place or whole, str(first["msg"])
