"""Chains and `_has` (R4 3.1.1.4.15, .16) as semi-joins, under the asker's predicate of each type.

A row that the asker may not find by a search of its own type is no link of a chain: what it says
does not show in what is found.
"""

from __future__ import annotations

from collections.abc import Callable

from lanh.core.access import Nothing
from lanh.core.store.compiling.membership import either
from lanh.core.store.compiling.references import of_subject
from lanh.core.store.compiling.scope import Scope
from lanh.core.store.errors import Forbidden, Invalid
from lanh.core.store.hashing import reference_mark
from lanh.core.store.permission import condition
from lanh.core.store.records import Parameter
from lanh.core.store.searchable import check_chain, check_parameter, reverse_of

One = Callable[[Scope, Parameter], str]


def chained(scope: Scope, parameter: Parameter, one: One) -> str:
    """Rows that refer to a row which answers `parameter.then`; `one` compiles a parameter.

    Raises Invalid, and Forbidden where nothing of the types it leads to may be searched.
    """
    then = _then(parameter)
    name = parameter.name
    targets = check_chain(scope.shape, name, parameter.modifier, scope.shared.names)
    inner = [each for each in map(scope.inner, targets) if _fits(each, then)]
    if not inner:
        raise Invalid.because("bad_chain", type=scope.shape.type, name=name)
    _require(scope, inner)
    links = [(each, _where(each, then, one)) for each in inner]
    column, arrays = None, []
    for each, where in links:
        if where is None:
            continue
        if _by_column(scope, name) and each.shape.type == "Patient":
            column = _of_patient(scope, each, where)
        else:
            arrays.append(_keys(scope, each, name, where))
    if not arrays:
        return column or "false"
    named = f"{scope.alias}.tokens && ({' || '.join(arrays)})"
    if column is None:
        return f"({named}) IS TRUE" if scope.few else named
    return f"({column} OR ({named}) IS TRUE)" if scope.few else either(scope, column, named)


def _by_column(scope: Scope, name: str) -> bool:
    return name in scope.shape.patient_parameters and scope.own(name) is None


def reversed_chain(scope: Scope, parameter: Parameter, one: One) -> str:
    """Rows that a row which answers `parameter.then` refers to. Raises as `chained` does."""
    then = _then(parameter)
    kind, _, name = (parameter.modifier or "").partition(":")
    reverse_of(scope.shape, kind, name, scope.shared.names)
    inner = scope.inner(kind)
    if not _fits(inner, then):
        raise Invalid.because("unknown_parameter", type=kind, name=then.name)
    _require(scope, [inner])
    where = _where(inner, then, one)
    return "false" if where is None else _from(scope, inner, name, where)


def _then(parameter: Parameter) -> Parameter:
    if parameter.then is None:
        raise Invalid.because("bad_has", name=parameter.name)
    return parameter.then


def _fits(scope: Scope, parameter: Parameter) -> bool:
    """Whether a type has the parameters that a chain goes on with."""
    names = scope.shared.names
    try:
        if parameter.name == "_has":
            kind, _, name = (parameter.modifier or "").partition(":")
            reverse_of(scope.shape, kind, name, names)
            return True
        if parameter.then is None:
            check_parameter(scope.shape, parameter.name, parameter.modifier, names)
            return True
        targets = check_chain(scope.shape, parameter.name, parameter.modifier, names)
        then = parameter.then
        return any(_fits(scope.inner(target), then) for target in targets)
    except Invalid:
        return False


def _require(scope: Scope, inner: list[Scope]) -> None:
    """Raise Forbidden where no type that a chain leads to may be searched at all."""
    if all(isinstance(scope.shared.rules(each.shape.type), Nothing) for each in inner):
        raise Forbidden.because("forbidden", interaction="search", type=inner[0].shape.type)


def _where(scope: Scope, then: Parameter, one: One) -> str | None:
    """What a link must meet, the asker's predicate of its type included; None: nothing can."""
    rule = scope.shared.rules(scope.shape.type)
    if isinstance(rule, Nothing):
        return None
    told = one(scope, then)
    patients = scope.shape.has_residence
    allowed = condition(rule, scope.arguments, patients=patients, alias=scope.alias)
    rights = "" if allowed == "true" else f" AND {allowed}"
    return f"({told}) AND NOT {scope.alias}.deleted{rights}"


def _of_patient(scope: Scope, inner: Scope, where: str) -> str:
    """Rows whose patient is an inner row."""
    own, other = scope.alias, inner.alias
    return (
        f"(EXISTS (SELECT 1 FROM {inner.shape.table} {other}"  # noqa: S608
        f" WHERE {other}.id = {own}.patient AND {other}.bucket = {own}.bucket"
        f" AND hashtextextended({other}.id, 0) = hashtextextended({own}.patient, 0)"
        f" AND {where}) AND {of_subject(scope)})"
    )


def _keys(scope: Scope, inner: Scope, name: str, where: str) -> str:
    """The tokens of references to inner rows, as an array."""
    mark = scope.arguments.add(reference_mark(scope.key(name)), "bigint")
    return (
        f"ARRAY(SELECT store.reference_key('{inner.shape.type}', {inner.alias}.id) # {mark}"  # noqa: S608
        f" FROM {inner.shape.table} {inner.alias} WHERE {where})"
    )


def _from(scope: Scope, inner: Scope, name: str, where: str) -> str:
    """Rows that an inner row's reference leads to."""
    own, other = scope.alias, inner.alias
    if _by_column(inner, name) and scope.shape.type == "Patient":
        return (
            f"EXISTS (SELECT 1 FROM {inner.shape.table} {other}"  # noqa: S608
            f" WHERE {other}.patient = {own}.id AND {other}.bucket = {own}.bucket"
            f" AND hashtextextended({other}.patient, 0) = hashtextextended({own}.id, 0)"
            f" AND {of_subject(inner)} AND {where})"
        )
    mark = scope.arguments.add(reference_mark(inner.key(name)), "bigint")
    return (
        f"store.reference_key('{scope.shape.type}', {own}.id) IN"  # noqa: S608
        f" (SELECT u.h # {mark} FROM {inner.shape.table} {other}, unnest({other}.tokens) AS u (h)"
        f" WHERE {where})"
    )
