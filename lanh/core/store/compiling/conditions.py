"""One parameter as one condition, whatever its kind."""

from __future__ import annotations

from lanh.core.store.compiling.chains import chained, reversed_chain
from lanh.core.store.compiling.composites import composite
from lanh.core.store.compiling.place import near
from lanh.core.store.compiling.ranges import ranged
from lanh.core.store.compiling.references import reference, uri
from lanh.core.store.compiling.scope import Hashes, Scope, any_token
from lanh.core.store.compiling.strings import string
from lanh.core.store.compiling.tokens import token
from lanh.core.store.errors import Invalid
from lanh.core.store.hashing import token_hash
from lanh.core.store.indexing import FIELD, PRESENT, VALUE
from lanh.core.store.layout import COMBINED
from lanh.core.store.query import bad_value
from lanh.core.store.records import Parameter


def one(scope: Scope, parameter: Parameter) -> str:
    """The condition of a parameter on the rows of a scope. Raises Invalid or Forbidden."""
    if parameter.name == "_has":
        return reversed_chain(scope, parameter, one)
    if parameter.then is not None:
        return chained(scope, parameter, one)
    if parameter.modifier == "missing":
        return missing(scope, parameter)
    if parameter.name in ("_text", "_content"):
        # The words of a body are looked for in the hits of a search, not within a chain.
        raise Invalid.because("unsupported_parameter", type=scope.shape.type, name=parameter.name)
    if parameter.name == "_list":
        return listed(scope, parameter)
    match scope.kind(parameter.name):
        case "token":
            return token(scope, parameter)
        case "reference":
            return reference(scope, parameter)
        case "string":
            return string(scope, parameter)
        case "date" | "number" | "quantity":
            return ranged(scope, parameter)
        case "uri":
            return uri(scope, parameter)
        case "composite":
            return composite(scope, parameter)
        case _:
            return near(scope, parameter)


def listed(scope: Scope, parameter: Parameter) -> str:
    """Rows that a list names; the values are those of `lists.resolve`."""
    kind = f"{scope.shape.type}/"
    ids = [each.removeprefix(kind) for each in parameter.values if each.startswith(kind)]
    return f"{scope.alias}.id = ANY({scope.arguments.add(ids, 'text[]')})"


def missing(scope: Scope, parameter: Parameter) -> str:
    """Rows without a value of a parameter (`true`), or with one (`false`). Raises Invalid."""
    name = parameter.name
    value = parameter.values[0] if parameter.values else ""
    if value not in ("true", "false") or len(parameter.values) > 1:
        raise bad_value(f"{name}:missing", value, "true, false")
    absent = _absent(scope, name)
    return f"({absent})" if value == "true" else f"NOT ({absent})"


def _absent(scope: Scope, name: str) -> str:
    own = scope.own(name)
    if own is not None:
        mark = Hashes([token_hash(own.key, None, PRESENT)])
        return f"NOT ({any_token(scope, mark)})"
    if name in ("_id", "_lastUpdated"):
        return "false"
    if name == "phonetic":
        name = "name"
    bit = scope.shape.bits.get(name)
    if bit is not None:
        return f"{scope.alias}.present & {bit} = 0"
    if scope.shape.kinds[name] == "string":
        mark_text = scope.arguments.add(f"{FIELD}{name}{VALUE}", "text")
        return f"coalesce(position({mark_text} in {scope.alias}.strings), 0) = 0"
    columns = []
    for each in COMBINED.get((scope.shape.type, name), (name,)):
        found = scope.shape.range_of(each)
        if found is None:
            raise bad_value(name, name, "parameter with a column")
        columns.append(f"{scope.alias}.{found.column}_lo IS NULL")
    return " AND ".join(columns)
