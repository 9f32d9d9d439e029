"""Facts of this installation that are kept in its database: what was loaded, what is complete."""

from __future__ import annotations

import json
from typing import Any

from lanh.core.database import Plan, execute, fetch_one

DEMONSTRATION = "demonstration"  # what was sent: people, seed, until, and whether it is complete


def fact(name: str) -> Plan[Any]:
    """The value of a fact, or None where it was never set."""
    row = yield from fetch_one("SELECT value::text FROM site.fact WHERE name = $1", name)
    return json.loads(row[0]) if row else None


def set_fact(name: str, value: Any) -> Plan[None]:
    """Set a fact; it replaces what was said before."""
    yield from execute(
        "INSERT INTO site.fact (name, value) VALUES ($1, $2::jsonb)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value, set_at = now()",
        name,
        json.dumps(value),
    )
