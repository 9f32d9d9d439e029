"""The same rows by a smaller tree, so that a query carries few conditions."""

from __future__ import annotations

from collections.abc import Iterable

from lanh.core.access.predicate import (
    AllOf,
    AnyOf,
    CommuneIn,
    CustodianIn,
    Everything,
    Nothing,
    PatientIn,
    Predicate,
    ResidenceIn,
    SensitivityIn,
)


def simplify(rule: Predicate) -> Predicate:
    """An equal predicate: flat, without repeats, sets of one kind joined, Nothing and Everything
    absorbed. A list of no codes is Nothing; SensitivityIn of none still holds ordinary rows."""
    match rule:
        case AnyOf(parts):
            return _any(parts)
        case AllOf(parts):
            return _all(parts)
        case CustodianIn(codes) | CommuneIn(codes) | ResidenceIn(codes) | PatientIn(codes):
            return rule if codes else Nothing()
        case _:
            return rule


def _flat(parts: Iterable[Predicate], kind: type[AnyOf] | type[AllOf]) -> list[Predicate]:
    flat: list[Predicate] = []
    for part in map(simplify, parts):
        inner = part.parts if isinstance(part, kind) else (part,)
        flat += [each for each in inner if each not in flat]
    return flat


def _any(parts: Iterable[Predicate]) -> Predicate:
    kept: list[Predicate] = [part for part in _flat(parts, AnyOf) if not isinstance(part, Nothing)]
    if any(isinstance(part, Everything) for part in kept):
        return Everything()
    kept = _joined(kept, union=True)
    # A or (A and B) is A.
    kept = [
        part
        for part in kept
        if not (isinstance(part, AllOf) and any(other in part.parts for other in kept))
    ]
    return _one_of(kept, AnyOf, Nothing())


def _all(parts: Iterable[Predicate]) -> Predicate:
    kept: list[Predicate] = [
        part for part in _flat(parts, AllOf) if not isinstance(part, Everything)
    ]
    kept = [simplify(part) for part in _joined(kept, union=False)]
    if any(isinstance(part, Nothing) for part in kept):
        return Nothing()
    # A and (A or B) is A.
    kept = [
        part
        for part in kept
        if not (isinstance(part, AnyOf) and any(other in part.parts for other in kept))
    ]
    return _one_of(kept, AllOf, Everything())


def _one_of(parts: list[Predicate], kind: type[AnyOf] | type[AllOf], none: Predicate) -> Predicate:
    if not parts:
        return none
    return parts[0] if len(parts) == 1 else kind(tuple(parts))


def _joined(parts: list[Predicate], *, union: bool) -> list[Predicate]:
    """Parts of one kind made one part. A row has one custodian, one commune, one patient, so the
    intersection of two lists is what both allow."""
    joined: list[Predicate] = []
    for part in parts:
        for place, other in enumerate(joined):
            both = _join(other, part, union=union)
            if both is not None:
                joined[place] = both
                break
        else:
            joined.append(part)
    return joined


def _join(left: Predicate, right: Predicate, *, union: bool) -> Predicate | None:
    match left, right:
        case CustodianIn(a), CustodianIn(b):
            return CustodianIn(a | b if union else a & b)
        case CommuneIn(a), CommuneIn(b):
            return CommuneIn(a | b if union else a & b)
        case ResidenceIn(a), ResidenceIn(b):
            return ResidenceIn(a | b if union else a & b)
        case PatientIn(a), PatientIn(b):
            return PatientIn(a | b if union else a & b)
        case SensitivityIn(a), SensitivityIn(b):
            return SensitivityIn(a | b if union else a & b)
        case _:
            return None
