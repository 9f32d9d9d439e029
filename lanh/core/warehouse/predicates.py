"""Access predicates as DuckDB conditions over the columns of a fact."""

from __future__ import annotations

from collections.abc import Collection

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


def condition(predicate: Predicate) -> tuple[str, list[object]]:
    """SQL and its parameters (`?`) for the rows that a predicate allows; NULL is not allowed."""
    match predicate:
        case Everything():
            return "TRUE", []
        case Nothing():
            return "FALSE", []
        case CustodianIn(codes):
            return among("custodian", codes)
        case CommuneIn(codes):
            return among("commune", codes)
        case ResidenceIn(codes):
            return among("residence", codes)
        case PatientIn(patients):
            return among("patient", patients)
        case NoPatient():
            return "(patient IS NULL)", []
        case SensitivityIn(kinds):
            return among("coalesce(sensitivity, '')", kinds | {""})
        case AnyOf(parts):
            return _joined(parts, " OR ", "FALSE")
        case AllOf(parts):
            return _joined(parts, " AND ", "TRUE")


def among(column: str, values: Collection[str]) -> tuple[str, list[object]]:
    """SQL and its parameter for a column whose value is one of some codes; never NULL."""
    if not values:
        return "FALSE", []
    # One text, not a list: DuckDB takes 0.2 ms to bind each element of a list.
    sql = f"coalesce({column} IN (SELECT unnest(string_split(?, chr(10)))), FALSE)"
    return sql, ["\n".join(sorted(values))]


def _joined(parts: tuple[Predicate, ...], word: str, empty: str) -> tuple[str, list[object]]:
    if not parts:
        return empty, []
    texts, arguments = [], []
    for part in parts:
        text, given = condition(part)
        texts.append(text)
        arguments += given
    return "(" + word.join(texts) + ")", arguments
