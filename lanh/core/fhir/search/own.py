"""Values by search parameters that are not R4's: any FHIRPath expression (SearchParameter)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lanh.core.fhir.path import Node, Path, PathError, compile_path, root_node
from lanh.core.fhir.search.convert import (
    CONVERTERS,
    IDENTIFIER_OF_REFERENCE,
    TEXTS,
    TYPED,
    reference_identifier,
)
from lanh.core.fhir.search.values import FIELDS, SearchValues

OWN_KINDS = frozenset(FIELDS)
"""The kinds that a parameter of an installation can have."""


@dataclass(frozen=True)
class OwnExpression:
    """An expression and the name under which its values are told."""

    key: str
    kind: str
    path: Path

    @classmethod
    def of(cls, key: str, kind: str, expression: str) -> OwnExpression:
        """Raises PathSyntaxError or PathError where the expression cannot be used."""
        return cls(key, kind, compile_path(expression))


def extract_own(
    expressions: Sequence[OwnExpression], resource: dict[str, Any]
) -> SearchValues | None:
    """The values of a resource by these expressions, None where there are no expressions.

    An expression that fails on a resource gives no value of it.
    """
    if not expressions:
        return None
    values = SearchValues()
    root = root_node(resource)
    for each in expressions:
        try:
            items = each.path.nodes(root)
        except PathError:
            continue
        for item in items:
            _add(values, each, item)
    return values


def _add(values: SearchValues, own: OwnExpression, item: Any) -> None:
    raw, kind = (item.value, item.type) if isinstance(item, Node) else _plain(item)
    convert = CONVERTERS.get((own.kind, kind))
    if convert is None:
        return
    found: list[Any] = []
    convert(raw, found)
    _extend(getattr(values, FIELDS[own.kind]), own.key, found)
    if own.kind == "token":
        for table, converters in ((values.texts, TEXTS), (values.typed, TYPED)):
            beside = converters.get(kind)
            told: list[Any] = []
            if beside is not None:
                beside(raw, told)
                _extend(table, own.key, told)
    elif own.kind == "reference" and kind == "Reference":
        identified: list[Any] = []
        reference_identifier(raw, identified)
        _extend(values.tokens, f"{own.key}:{IDENTIFIER_OF_REFERENCE}", identified)


def _extend(table: Any, key: str, found: list[Any]) -> None:
    if found:
        table[key] = [*table.get(key, ()), *found]


def _plain(item: Any) -> tuple[Any, str]:
    if isinstance(item, bool):
        return item, "boolean"
    if isinstance(item, int):
        return item, "integer"
    if isinstance(item, Decimal):
        return item, "decimal"
    return str(item), "string"
