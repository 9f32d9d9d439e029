"""From grants to the one predicate that a query carries: deny by default."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from lanh.core.access.predicate import (
    AllOf,
    AnyOf,
    CommuneIn,
    CustodianIn,
    Everything,
    NoPatient,
    Nothing,
    PatientIn,
    Predicate,
    ResidenceIn,
    SensitivityIn,
)
from lanh.core.access.simplification import simplify
from lanh.core.access.subject import Access, Grant, Interaction, Purpose, Subject

EVERY_INTERACTION: frozenset[Interaction] = frozenset(
    {"read", "search", "create", "update", "delete", "history"}
)


def predicate(access: Access, interaction: Interaction, resource_type: str) -> Predicate:
    """The rows of a type that `access` may read, find or write by this interaction.

    A row needs one grant that names the interaction and the type, whose scope holds the row, and
    which carries the row's sensitivity; two grants never lend each other a part. Without a
    matching grant the answer is Nothing.
    """
    by_sensitivity: dict[frozenset[str] | None, list[Predicate]] = {}
    for grant in access.grants:
        if interaction not in grant.interactions:
            continue
        if grant.types is not None and resource_type not in grant.types:
            continue
        by_sensitivity.setdefault(grant.sensitivities, []).append(grant.scope)
    return simplify(
        AnyOf(
            tuple(
                AllOf((_sensitivity(sensitivities), AnyOf(tuple(scopes))))
                for sensitivities, scopes in by_sensitivity.items()
            )
        )
    )


def _sensitivity(sensitivities: frozenset[str] | None) -> Predicate:
    return Everything() if sensitivities is None else SensitivityIn(sensitivities)


def narrowed(access: Access, to: Predicate) -> Access:
    """An access that reaches what it reached before, as far as `to` holds too: never more."""
    grants = tuple(replace(each, scope=AllOf((each.scope, to))) for each in access.grants)
    return replace(access, grants=grants)


def permitted(access: Access, interaction: Interaction, resource_type: str) -> bool:
    """Whether any row at all of this type is open to `access` by this interaction."""
    return not isinstance(predicate(access, interaction, resource_type), Nothing)


@dataclass(frozen=True, slots=True)
class RowFacts:
    """What a predicate asks of one row; None where the row has no such thing."""

    custodian: str | None = None
    commune: str | None = None
    residence: str | None = None
    patient: str | None = None
    sensitivity: str = ""


def allows(rule: Predicate, row: RowFacts) -> bool:
    """Whether a predicate holds for a row: for the one row of a write, and the truth in tests."""
    match rule:
        case Everything():
            return True
        case Nothing():
            return False
        case CustodianIn(facilities):
            return row.custodian in facilities
        case CommuneIn(communes):
            return row.commune in communes
        case ResidenceIn(communes):
            return row.residence in communes
        case PatientIn(patients):
            return row.patient in patients
        case NoPatient():
            return row.patient is None
        case SensitivityIn(sensitivities):
            return row.sensitivity == "" or row.sensitivity in sensitivities
        case AnyOf(parts):
            return any(allows(part, row) for part in parts)
        case AllOf(parts):
            return all(allows(part, row) for part in parts)


def system_access(name: str, capabilities: Iterable[str] = ()) -> Access:
    """The platform's own work (linking, warehouse, migration): every row, purpose SYSTEM.

    Never given for a request from outside; `name` says which part of the platform acts.
    """
    return Access(
        subject=Subject("system", f"lanh:{name}", name),
        purpose=Purpose.SYSTEM,
        grants=(Grant("system", EVERY_INTERACTION, None, Everything(), sensitivities=None),),
        capabilities=frozenset(capabilities),
    )
