"""What docs/explanation/growth.md says of the tables is so."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path
from typing import Any

from lanh.core.database import Plan, SyncDatabase, fetch
from lanh.core.store import Store, layout, parse_search
from lanh.core.store.layout import NUMBERS, PARTITIONED
from lanh.core.store.tests.conftest import SYSTEM

_PAGE = Path(__file__).parents[4] / "docs" / "explanation" / "growth.md"
_KEYS = """
SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum)
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'store'
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey::smallint[])
WHERE i.indisprimary AND NOT c.relispartition GROUP BY c.relname
"""


def _keys(database: SyncDatabase) -> dict[str, set[str]]:
    return {row[0]: set(row[1]) for row in database.read(fetch(_KEYS))}


def test_every_large_table_carries_the_bucket_in_its_key(database: SyncDatabase) -> None:
    keys = _keys(database)
    for name in NUMBERS:
        assert keys[name.lower()] == {"id", "bucket"}
    assert keys["history"] == {"id", "version", "type", "bucket"}


def test_the_tables_that_cross_are_those_that_the_page_lists(database: SyncDatabase) -> None:
    crossing = {f"store.{name}" for name, key in _keys(database).items() if "bucket" not in key}
    listed = {
        word.strip(" `")
        for line in _PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith("| `")
        for word in line.split("|")[1].split(",")
    }
    assert crossing <= listed, crossing - listed
    assert {each for each in listed if each.startswith("store.")} - crossing == {"store.history"}


def _scanned(plan: dict[str, Any]) -> set[str]:
    own = {plan["Relation Name"]} if "Relation Name" in plan else set()
    return own.union(*(_scanned(each) for each in plan.get("Plans", ())))


def _explained(database: SyncDatabase, plan: Plan[Any], of: str) -> set[str]:
    """The tables that the first statement of a plan on a type's table would look at."""
    with contextlib.suppress(StopIteration):
        step: Any = next(plan)
        while of not in step.sql:
            step = plan.send(database.read(fetch(step.sql, *step.args)))
        rows = database.read(fetch(f"EXPLAIN (FORMAT JSON) {step.sql}", *step.args))
        told = rows[0][0] if isinstance(rows[0][0], list) else json.loads(rows[0][0])
        return _scanned(told[0]["Plan"])
    raise AssertionError("no statement on that table")


def test_searches_by_patient_look_at_one_partition(database: SyncDatabase) -> None:
    """The statements are those of the store itself."""
    store = Store()
    for name in sorted(PARTITIONED - {"Patient"}):
        asked = parse_search(name, [("patient", "somebody")])
        found = _explained(database, store.search(asked, SYSTEM), layout(name).table)
        own = {each for each in found if re.fullmatch(rf"{name.lower()}_\d+", each)}
        assert len(own) == 1, (name, found)
