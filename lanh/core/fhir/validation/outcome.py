"""What the answer of a rule written in FHIRPath means: kept or broken."""

from __future__ import annotations

import re
from functools import lru_cache

from lanh.core.fhir.path import Environment, Node, Path

# Order is left open where dates have different precision, or quantities different units.
_ORDER = re.compile(r"[<>]")
_NOTHING = Environment()
_TEXT = re.compile(r"'(?:[^'\\]|\\.)*'")


@lru_cache(maxsize=4096)
def _compares(expression: str) -> bool:
    return _ORDER.search(_TEXT.sub("", expression)) is not None


def kept(
    path: Path,
    node: Node,
    root: Node,
    *,
    resource: Node | None = None,
    environment: Environment | None = None,
) -> bool:
    """Whether a rule is kept by a value of `root`, or of `resource` inside it. Raises PathError.

    An empty answer breaks a rule, as for the reference validator, except where the rule compares
    an order, which values of different precision leave open.
    """
    found = path.nodes(node, root=root, resource=resource, environment=environment or _NOTHING)
    if not found:
        return _compares(path.expression)
    if len(found) > 1:
        return True
    answer = found[0].value if type(found[0]) is Node else found[0]
    return answer is not False
