"""From a figure to its records: exactly those it counts, limited to what the reader may see."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

from lanh.core.access import Predicate
from lanh.core.warehouse.predicates import condition
from lanh.core.warehouse.queries import Question, placed_facts
from lanh.core.warehouse.reader import State

# What a reader may see of a record type.
Allowed: TypeAlias = Callable[[str], Predicate]


@dataclass(frozen=True, slots=True)
class RecordBehind:
    """A record that a figure counts; `amount` is what it adds to the numerator."""

    type: str
    id: str
    patient: str | None
    day: date
    custodian: str | None
    commune: str | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class RecordsPage:
    """A page of records, the number of all of them, and where the next page begins; none where the
    figure is `withheld`."""

    records: list[RecordBehind]
    total: int
    next_cursor: str | None
    withheld: bool = False


def records_page(
    state: State, question: Question, allowed: Allowed, limit: int, cursor: str | None
) -> RecordsPage:
    """A page of the records behind a figure, newest first."""
    chosen, arguments = _chosen(state, question, allowed)
    total = state.fact_rows(f"SELECT count(*) FROM ({chosen})", arguments)[0][0]  # noqa: S608
    sql = (
        "SELECT type, id, patient, day, custodian, custodian_commune,"  # noqa: S608
        f" CAST(coalesce(numerator, 0) AS DECIMAL(38,6)) FROM ({chosen})"
    )
    if cursor is not None:
        day, kind, number = _opened(cursor)
        sql += " WHERE day < ? OR (day = ? AND (type, id) > (?, ?))"
        arguments = [*arguments, day, day, kind, number]
    sql += " ORDER BY day DESC, type, id LIMIT ?"
    rows = state.fact_rows(sql, [*arguments, limit + 1])
    records = [RecordBehind(*row) for row in rows[:limit]]
    following = _sealed(records[-1]) if len(rows) > limit else None
    return RecordsPage(records, total, following)


def _chosen(state: State, question: Question, allowed: Allowed) -> tuple[str, list[Any]]:
    """The facts that count: of a share those in its numerator, of a key its first."""
    placed, arguments = placed_facts(question)
    types = state.fact_rows(f"SELECT DISTINCT type FROM ({placed})", arguments)  # noqa: S608
    rule, more = _by_type(sorted(row[0] for row in types), allowed)
    # The predicate speaks of the custodian's commune as it was written, not as it is placed.
    facts = (
        "SELECT * FROM (SELECT * EXCLUDE (province, commune), custodian_commune AS commune"  # noqa: S608
        f" FROM ({placed})) WHERE {rule}"
    )
    if question.is_distinct:
        facts += " QUALIFY row_number() OVER (PARTITION BY key ORDER BY day, type, id) = 1"
    elif question.indicator.measure == "share":
        facts += " AND numerator <> 0"
    return facts, [*arguments, *more]


def _by_type(types: list[str], allowed: Allowed) -> tuple[str, list[Any]]:
    """Each type under its own predicate: an indicator may count records of several."""
    parts, arguments = ["FALSE"], []
    for kind in types:
        rule, more = condition(allowed(kind))
        parts.append(f"(type = ? AND {rule})")
        arguments += [kind, *more]
    return "(" + " OR ".join(parts) + ")", arguments


def _sealed(record: RecordBehind) -> str:
    text = json.dumps([record.day.isoformat(), record.type, record.id])
    return base64.urlsafe_b64encode(text.encode()).decode()


def _opened(cursor: str) -> tuple[date, str, str]:
    try:
        day, kind, number = json.loads(base64.urlsafe_b64decode(cursor))
        return date.fromisoformat(day), str(kind), str(number)
    except (ValueError, TypeError, binascii.Error) as error:
        raise ValueError("the cursor is not one of ours") from error
