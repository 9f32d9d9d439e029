"""Everything about one patient, type by type and page by page (R4 patient-operation-everything)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lanh.core import fhir
from lanh.core.database import Plan, fetch
from lanh.core.store import statements
from lanh.core.store.compiling import Scope, Shared, member
from lanh.core.store.errors import Invalid
from lanh.core.store.identity import well_formed
from lanh.core.store.layout import NUMBERS, Layout, layout
from lanh.core.store.permission import Arguments, condition
from lanh.core.store.reading import stored
from lanh.core.store.records import Context, Stored
from lanh.core.store.rights import may, rule


@dataclass(frozen=True, slots=True)
class Limits:
    """Which rows: of which types (None: all), about what time, written since when.

    `start` and `end` (exclusive) ask for rows whose main date touches that time; rows without a
    date are within any.
    """

    types: frozenset[str] | None = None
    start: datetime | None = None
    end: datetime | None = None
    since: datetime | None = None


def about(
    patient: str,
    context: Context,
    *,
    limits: Limits = Limits(),
    count: int = 100,
    cursor: str | None = None,
) -> Plan[tuple[list[Stored], str | None]]:
    """A page of the rows in a patient's compartment that may be found, and the next cursor.

    Rows that are mostly about somebody else are among them where the compartment's parameters name
    the patient too, as a second participant of an Appointment. Patients are not. Rows come by type
    and id, so that pages are stable. A type of which nothing may be searched gives nothing. Raises
    Invalid for a bad cursor.
    """
    kinds = [
        kind
        for kind in sorted(NUMBERS)
        if kind != "Patient"
        and fhir.compartment_parameters("Patient", kind) is not None
        and (limits.types is None or kind in limits.types)
        and may(context.access, "search", kind)
    ]
    first, after = _read_cursor(cursor) if cursor is not None else ("", "")
    found: list[Stored] = []
    for kind in kinds:
        if kind < first:
            continue
        left = count + 1 - len(found)
        rows = yield from _of_type(
            layout(kind), patient, context, limits, after if kind == first else "", left
        )
        found += rows
        if len(found) > count:
            break
    if len(found) <= count:
        return found, None
    last = found[count - 1]
    return found[:count], _cursor(last.type, last.id)


def _of_type(
    shape: Layout, patient: str, context: Context, limits: Limits, after: str, count: int
) -> Plan[list[Stored]]:
    arguments = Arguments(after, count)
    scope = Scope(shape, "t", Shared(arguments, lambda kind: rule(context.access, "search", kind)))
    rules = [
        member(scope, ("Patient", patient)),
        condition(rule(context.access, "search", shape.type), arguments, patients=False),
        *_within(limits, arguments),
    ]
    rows = yield from fetch(
        f"SELECT {statements.READ} FROM {shape.table} t"  # noqa: S608
        f" WHERE t.id > $1::text AND NOT t.deleted AND {' AND '.join(rules)}"
        " ORDER BY t.id LIMIT $2::integer",
        *arguments.values,
    )
    return [stored(shape.type, row) for row in rows]


def _within(limits: Limits, arguments: Arguments) -> Sequence[str]:
    found = []
    if limits.since is not None:
        found.append(f"t.updated >= {arguments.add(limits.since, 'timestamptz')}")
    if limits.start is not None:
        start = arguments.add(limits.start, "timestamptz")
        found.append(f"(t.date_lo IS NULL OR t.date_hi IS NULL OR t.date_hi > {start})")
    if limits.end is not None:
        end = arguments.add(limits.end, "timestamptz")
        found.append(f"(t.date_lo IS NULL OR t.date_lo < {end})")
    return found


def _cursor(kind: str, name: str) -> str:
    return base64.urlsafe_b64encode(f"{kind}/{name}".encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[str, str]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        kind, _, name = base64.urlsafe_b64decode(padded.encode("ascii")).decode().partition("/")
    except (binascii.Error, ValueError) as error:
        raise Invalid.because("bad_cursor") from error
    if kind not in NUMBERS or not well_formed(name):
        raise Invalid.because("bad_cursor")
    return kind, name
