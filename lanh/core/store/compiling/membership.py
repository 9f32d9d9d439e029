"""Rows of a compartment (R4 compartmentdefinition.html): by the references that R4 names."""

from __future__ import annotations

from lanh.core import fhir
from lanh.core.store.compiling.references import one_patient
from lanh.core.store.compiling.scope import Hashes, Scope, array
from lanh.core.store.hashing import reference_hash
from lanh.core.store.identity import bucket_of

Within = tuple[str, str]


def member(scope: Scope, within: Within) -> str:
    """The condition that a row belongs to a compartment (type, id).

    A row bears one Patient in a column: whom it is mostly about. It belongs to the compartments
    of others too where a parameter of the compartment names them: those are among its tokens.
    """
    code, name = within
    shape, own = scope.shape, scope.alias
    parameters = fhir.compartment_parameters(code, shape.type)
    if parameters is None:
        return "false"
    ways = []
    if shape.type == code:
        ways.append(_itself(scope, name))
    elif code == "Patient":
        ways.append(one_patient(scope, name))
    targets = [f"{code}/{name}"]
    if scope.shared.base:
        targets.append(f"{scope.shared.base}/{code}/{name}")
    hashes = [reference_hash(each, target) for each in parameters for target in targets]
    if hashes:
        ways.append(f"{own}.tokens && {array(scope, Hashes(hashes))}")
    return ways[0] if len(ways) == 1 else either(scope, *ways)


def _itself(scope: Scope, name: str) -> str:
    found = f"{scope.alias}.id = {scope.arguments.add(name, 'text')}"
    if scope.shape.own_key:
        found += f" AND {scope.alias}.bucket = {scope.arguments.add(bucket_of(name), 'smallint')}"
    return f"({found})"


def either(scope: Scope, *conditions: str) -> str:
    """One of the conditions, each by its own index."""
    own = scope.alias
    found = " UNION ALL ".join(
        f"SELECT {own}.id, {own}.bucket FROM {scope.shape.table} {own} WHERE {each}"  # noqa: S608
        for each in conditions
    )
    return f"({own}.id, {own}.bucket) IN ({found})"
