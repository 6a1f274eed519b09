"""JSON data in the types of `outlay.client.shapes`."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import TypeAdapter


def typed(shape: str, data: Any) -> Any:
    """Data in a shape, named as in openapi.json; ValueError when it has another."""
    return adapter(shape).validate_python(data)


@functools.cache
def adapter(shape: str) -> TypeAdapter[Any]:
    """What checks and describes a shape: `Source`, `list[Run]`, `HomeCard | None`."""
    from pydantic import TypeAdapter

    from outlay.client import shapes

    name = shape.removeprefix("list[").removesuffix(" | None").removesuffix("]")
    found = getattr(shapes, name)
    if shape.startswith("list["):
        return TypeAdapter(list[found])  # type: ignore[valid-type]
    return TypeAdapter(found | None if shape.endswith(" | None") else found)
