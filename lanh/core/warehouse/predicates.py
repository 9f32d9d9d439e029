"""Access predicates as DuckDB conditions over the columns of a fact."""

from __future__ import annotations

from lanh.core.access import (
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


def condition(predicate: Predicate) -> tuple[str, list[object]]:
    """SQL and its parameters (`?`) for the rows that a predicate allows; NULL is not allowed."""
    match predicate:
        case Everything():
            return "TRUE", []
        case Nothing():
            return "FALSE", []
        case CustodianIn(codes):
            return _within("custodian", codes)
        case CommuneIn(codes):
            return _within("commune", codes)
        case ResidenceIn(codes):
            return _within("residence", codes)
        case PatientIn(patients):
            return _within("patient", patients)
        case SensitivityIn(kinds):
            return _within("coalesce(sensitivity, '')", kinds | {""})
        case AnyOf(parts):
            return _joined(parts, " OR ", "FALSE")
        case AllOf(parts):
            return _joined(parts, " AND ", "TRUE")


def _within(column: str, values: frozenset[str]) -> tuple[str, list[object]]:
    sql = f"coalesce({column} IN (SELECT unnest(CAST(? AS VARCHAR[]))), FALSE)"
    return sql, [sorted(values)]


def _joined(parts: tuple[Predicate, ...], word: str, empty: str) -> tuple[str, list[object]]:
    if not parts:
        return empty, []
    texts, arguments = [], []
    for part in parts:
        text, given = condition(part)
        texts.append(text)
        arguments += given
    return "(" + word.join(texts) + ")", arguments
