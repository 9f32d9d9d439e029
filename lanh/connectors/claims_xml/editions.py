"""Packages of earlier decisions read as if they were of today: tags renamed, nothing recomputed.

4210/QĐ-BYT (2017) names fields otherwise and has fewer; 130 and 4750 differ from 3176 by single
fields. What is called otherwise stands in `tables/earlier.yaml`.
"""

from __future__ import annotations

from collections.abc import Mapping

from lanh.connectors.claims_xml.envelope import Row
from lanh.connectors.claims_xml.fields import EARLIER, OLD_FORM, OLD_MARKS, Earlier

CURRENT = "3176"


def edition_of(tables: Mapping[str, list[Row]]) -> str:
    """The decision whose form a package has: "4210", or "3176" for it and what it grew from."""
    episode = tables.get("XML1", ())
    old = any(OLD_MARKS & row.values.keys() for row in episode)
    return OLD_FORM if old else CURRENT


def bring_up(tables: Mapping[str, list[Row]], edition: str) -> None:
    """Rename, in place, what earlier decisions call otherwise; their tags elsewhere are unknown."""
    machines: dict[str, set[str]] = {}
    for decision, told in EARLIER.items():
        for name, rows in tables.items():
            earlier = told.get(name)
            if earlier is None:
                continue
            for row in rows:
                if decision == OLD_FORM and edition != OLD_FORM:
                    _forget(earlier, row)
                    continue
                if decision == OLD_FORM and name == "XML4":
                    machine = row.values.get("MA_MAY", "")
                    machines.setdefault(row.values.get("MA_DICH_VU", ""), set()).add(machine)
                _rename(earlier, row)
    for row in tables.get("XML3", ()):
        found = machines.get(row.values.get("MA_DICH_VU", ""), set()) - {""}
        if found and not row.values.get("MA_MAY"):
            row.values["MA_MAY"] = ";".join(sorted(found))


def _rename(earlier: Earlier, row: Row) -> None:
    for old, new in earlier.rename.items():
        value = row.values.pop(old, "")
        for name in new:
            if value and not row.values.get(name):
                row.values[name] = value
    for name, value in earlier.fill.items():
        row.values.setdefault(name, value)
    for name in earlier.drop:
        row.values.pop(name, None)


def _forget(earlier: Earlier, row: Row) -> None:
    for name in earlier.names:
        if row.values.pop(name, None) is not None:
            row.unknown.append(name)
