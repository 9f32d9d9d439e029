"""Access predicates as SQL conditions on rows: deny by default, in every statement."""

from __future__ import annotations

from typing import Any

from lanh.core.access import (
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


class Arguments:
    """The arguments of a statement as it grows: `add` gives the placeholder."""

    def __init__(self, *values: Any) -> None:
        self.values: list[Any] = list(values)

    def add(self, value: Any, kind: str) -> str:
        """The placeholder, with its cast, of one more argument."""
        self.values.append(value)
        return f"${len(self.values)}::{kind}"


def condition(rule: Predicate, arguments: Arguments, *, patients: bool, alias: str = "t") -> str:
    """The SQL condition under which `rule` holds for row `alias` of a table of rows or history.

    `patients` says that the rows are Patients, which are their own patient.
    """
    match rule:
        case Everything():
            return "true"
        case Nothing():
            return "false"
        case CustodianIn(codes):
            return f"{alias}.custodian = ANY({arguments.add(sorted(codes), 'text[]')})"
        case CommuneIn(codes):
            return f"{alias}.commune = ANY({arguments.add(sorted(codes), 'text[]')})"
        case PatientIn(codes):
            column = "id" if patients else "patient"
            return f"{alias}.{column} = ANY({arguments.add(sorted(codes), 'text[]')})"
        case NoPatient():
            return "false" if patients else f"{alias}.patient IS NULL"
        case ResidenceIn(codes):
            return _residence(sorted(codes), arguments, patients=patients, alias=alias)
        case SensitivityIn(codes):
            if not codes:
                return f"{alias}.sensitivity IS NULL"
            listed = arguments.add(sorted(codes), "text[]")
            return f"({alias}.sensitivity IS NULL OR {alias}.sensitivity = ANY({listed}))"
        case AnyOf(parts):
            return _joined(" OR ", parts, "false", arguments, patients, alias)
        case AllOf(parts):
            return _joined(" AND ", parts, "true", arguments, patients, alias)


def _joined(
    word: str,
    parts: tuple[Predicate, ...],
    empty: str,
    arguments: Arguments,
    patients: bool,
    alias: str,
) -> str:
    found = [condition(part, arguments, patients=patients, alias=alias) for part in parts]
    return f"({word.join(found)})" if found else empty


def _residence(codes: list[str], arguments: Arguments, *, patients: bool, alias: str) -> str:
    listed = arguments.add(codes, "text[]")
    if patients and alias != "h":  # history has no column of it
        return f"{alias}.residence = ANY({listed})"
    key = "id" if patients else "patient"
    return (
        f"EXISTS (SELECT 1 FROM store.patient rp WHERE rp.id = {alias}.{key}"  # noqa: S608
        f" AND rp.bucket = {alias}.bucket AND rp.residence = ANY({listed}))"
    )


def asks_residence(rule: Predicate) -> bool:
    """Whether a predicate looks at the patient's residence."""
    match rule:
        case ResidenceIn():
            return True
        case AnyOf(parts) | AllOf(parts):
            return any(asks_residence(part) for part in parts)
        case _:
            return False
