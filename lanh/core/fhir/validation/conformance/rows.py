"""Reading the lists of a resource that may have any form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]


def rows(holder: Any, name: str) -> Iterator[tuple[int, Json]]:
    """The objects of a list in an object, with their place; what is none is left to the check of
    structure."""
    found = holder.get(name) if type(holder) is dict else None
    for index, row in enumerate(found if type(found) is list else ()):
        if type(row) is dict:
            yield index, row
