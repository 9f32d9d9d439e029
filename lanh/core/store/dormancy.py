"""When something was last done for a Patient: what retention counts from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from lanh.core.database import Plan, fetch
from lanh.core.store.layout import NUMBERS, layout


def last_dates(patients: Sequence[str]) -> Plan[dict[str, datetime]]:
    """The end of the newest event among the records of each Patient, by their clinical dates.

    A record without a clinical date counts by when it was last written, an event without an end
    (a stay that goes on) as going on: year 9999. A Patient without records is absent.
    """
    names = sorted(set(patients))
    selects = []
    for kind in NUMBERS:
        shape = layout(kind)
        if kind == "Patient" or shape.own_key:
            continue
        # A birth date tells of no event.
        main = [] if "birthdate" in shape.main_dates else ["date"]
        pairs = [*main, *(each.column for each in shape.ranges if each.kind == "date")]
        ends = ", ".join(["NULL::timestamptz", *(f"t.{pair}_hi" for pair in pairs)])
        selects.append(
            f"SELECT t.patient, max(coalesce(greatest({ends}), t.updated)) AS last"  # noqa: S608
            f" FROM {shape.table} t WHERE hashtextextended(t.patient, 0) IN"
            " (SELECT hashtextextended(p, 0) FROM unnest($1::text[]) AS p)"
            " AND t.patient = ANY($1::text[]) AND NOT t.deleted GROUP BY t.patient"
        )
    rows = yield from fetch(
        f"SELECT patient, max(last) FROM ({' UNION ALL '.join(selects)}) AS every"  # noqa: S608
        " GROUP BY patient",
        names,
    )
    return {row[0]: row[1] for row in rows}
