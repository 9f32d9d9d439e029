"""Lay what a message says over what is known of a record, without losing what it does not say."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

from lanh.core import fhir, store
from lanh.core.access import system_access
from lanh.core.bus import ledger
from lanh.core.bus.placing import Placed
from lanh.core.database import Plan

_PLATFORM = store.Context(system_access("bus"))
# Properties of which a record has one form only: deceasedBoolean or deceasedDateTime.
_CHOICES = re.compile(r"(_?)(deceased|multipleBirth|onset|performed|effective|value)(?=[A-Z])")


def merge(
    placed: Sequence[Placed],
    engine: store.Store,
    custodian: str | None,
    later: Collection[tuple[str, str]] = (),
) -> Plan[list[Placed]]:
    """Complete the drafts of mode "merge" and "absent"; returns those that are to be written.

    What is said of the records `later` goes under what is known, instead of over it.
    The records are locked against other messages first, so that two that speak of one patient do
    not overwrite each other.
    """
    laid = [item for item in placed if item.draft.mode != "replace" and item.draft.body]
    keys = list({item.key for item in laid})
    yield from ledger.lock_records(keys)
    rows = yield from engine.read_many(keys, _PLATFORM)
    known = {
        (row.type, row.id): row.resource()
        for row in rows
        if not row.deleted and row.custodian == custodian
    }
    kept: list[Placed] = []
    last: dict[tuple[str, str], dict[str, Any]] = {}
    for item in placed:
        body = item.draft.body
        if item.draft.mode != "replace" and body is not None:
            if item.key not in known:
                body = without_nulls({**item.draft.initial, **body})
            elif item.draft.mode == "absent":
                continue
            else:
                under, over = known[item.key], body
                if item.key in later:
                    under, over = without_nulls({**item.draft.initial, **body}), _said(under)
                if item.draft.adapt is not None:
                    over = item.draft.adapt(under, over)
                body = laid_over(under, over)
            known[item.key] = item.draft.body = body
        if body is not None and item.draft.settled:
            last[item.key] = body
        kept.append(item)
    # A batch may speak of one record several times (admission, then discharge): it is written
    # once, as the last of them leaves it, and each of the messages has that outcome.
    for item in kept:
        if item.draft.body is not None and item.draft.settled:
            item.draft.body = last[item.key]
    return kept


def _said(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in ("meta", "id")}


def laid_over(current: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    """`said` over `current`: None removes, a period's ends count by themselves.

    Identifiers and contact points are joined; of choice properties one form stays.
    """
    result = _said(current)
    for name, value in said.items():
        choice = _CHOICES.match(name)
        if choice is not None:
            stem = choice.group(2)
            for other in [n for n in result if re.fullmatch(rf"_?{stem}[A-Z]\w*", n)]:
                del result[other]
        if name == "birthDate" and "_birthDate" not in said and result.get(name) != value:
            result.pop("_birthDate", None)
        if name == "identifier" and isinstance(value, list):
            result[name] = _joined(result.get(name, []), value)
        elif name == "period" and isinstance(value, dict):
            result[name] = {**result.get(name, {}), **value}
        else:
            result[name] = value
    return without_nulls(result)


def _joined(known: list[Any], said: list[Any]) -> list[Any]:
    names = {(entry.get("system"), entry.get("value")) for entry in said}
    return said + [e for e in known if (e.get("system"), e.get("value")) not in names]


def without_nulls(body: dict[str, Any]) -> dict[str, Any]:
    """A body without the properties that were said to be removed."""
    plain = {name: value for name, value in body.items() if value is not None}
    period = plain.get("period")
    if isinstance(period, dict):
        plain["period"] = {name: value for name, value in period.items() if value is not None}
        if not plain["period"]:
            del plain["period"]
    return plain


def faults(item: Placed) -> list[fhir.Issue]:
    """What is wrong with a merged body."""
    return [
        found
        for found in fhir.validate({**(item.draft.body or {}), "id": item.key[1]})
        if found.severity in ("error", "fatal")
    ]
