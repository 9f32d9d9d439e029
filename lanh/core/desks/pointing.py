"""References as answers: found by name among what the visitor may see, never taken unseen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lanh.core import audit, forms
from lanh.core.database import Plan
from lanh.core.desks.errors import Invalid
from lanh.core.desks.ports import Ports, person_of
from lanh.core.desks.screens import Visitor
from lanh.core.forms import Item, Suggestion, Suggestions
from lanh.core.store import Context, Stored, may
from lanh.core.text import fold, fold_words
from lanh.core.ui import formats

PEOPLE = frozenset({"Patient", "Person", "RelatedPerson"})
"""Records about people: which were chosen is not remembered, and looking is written down."""

_MOST = 12
_SHORTEST = 2  # signs before people are looked for


def remembered(kind: str) -> str:
    """Under which name it is kept which records of a type somebody has chosen."""
    return f"reference:{kind}"


def find(ports: Ports, item: Item, text: str, visitor: Visitor, detail: str) -> Plan[Suggestions]:
    """Records of the types that a question takes, by words of their names or by an identifier:
    favourites and recent ones first, then what is found. Raises Invalid."""
    kinds = [kind for kind in item.targets if may(visitor.access, "search", kind)]
    if not item.targets:
        raise Invalid.because("no-value-sets")
    context = Context(visitor.access)
    names = [remembered(kind) for kind in kinds if kind not in PEOPLE]
    known = yield from forms.recent_picks(person_of(visitor), names)
    rows = yield from ports.store.read_many([(p.system, p.code) for p in known], context)
    stars = {(pick.system, pick.code): pick.favourite for pick in known}
    offered: dict[str, Suggestion] = {}
    for row in rows:
        why = "favourite" if stars.get((row.type, row.id)) else "recent"
        made = _suggestion(row, why)
        if not row.deleted and _fits(text, made):
            offered[made.token] = made
    for kind in kinds:
        for row in (yield from _search(ports, kind, text, context)):
            made = _suggestion(row, "found")
            offered.setdefault(made.token, made)
    people = [row for row in offered.values() if row.token.partition("/")[0] in PEOPLE]
    if people:
        entry = audit.Entry.of(visitor.access, "search", type=people[0].token.partition("/")[0],
                               detail=detail)  # fmt: skip
        yield from audit.append([entry])
    found = tuple(offered.values())
    return Suggestions(found[:_MOST], len(found))


def _search(ports: Ports, kind: str, text: str, context: Context) -> Plan[Sequence[Stored]]:
    words = fold_words(text)
    if not words or (kind in PEOPLE and len(text.strip()) < _SHORTEST):
        return ()
    by_name = [("name:contains", word) for word in words]
    if any(sign.isdigit() for sign in text) and " " not in text.strip():
        by_number = yield from _page(ports, kind, [("identifier", text.strip())], context)
        if by_number:
            return by_number
    return (yield from _page(ports, kind, by_name, context))


def _page(
    ports: Ports, kind: str, pairs: list[tuple[str, str]], context: Context
) -> Plan[Sequence[Stored]]:
    search, _ = yield from ports.store.parse(kind, [*pairs, ("_count", str(_MOST))], lenient=True)
    if not search.parameters:
        return ()
    page = yield from ports.store.search(search, context)
    return page.entries


def _suggestion(row: Stored, why: str) -> Suggestion:
    resource = row.resource()
    code = "" if row.type in PEOPLE else _number(resource)
    words = name_of(resource)
    if row.type in PEOPLE and resource.get("birthDate"):
        words += ", " + formats.fhir_day(str(resource["birthDate"]))
    return Suggestion(f"{row.type}/{row.id}", row.type, code, words, why)


def _number(resource: Mapping[str, Any]) -> str:
    rows = resource.get("identifier")
    first = rows[0] if isinstance(rows, list) and rows else {}
    return str(first.get("value") or "") if isinstance(first, dict) else ""


def _fits(text: str, made: Suggestion) -> bool:
    held = fold(f"{made.code} {made.display}")
    return all(word in held for word in fold_words(text))


def name_of(resource: Mapping[str, Any]) -> str:
    """How people know a record: its name, its title, or what it codes."""
    name = resource.get("name")
    if isinstance(name, list) and name and isinstance(name[0], dict):
        parts = [name[0].get("family"), *(name[0].get("given") or ())]
        return str(name[0].get("text") or " ".join(str(part) for part in parts if part))
    code = resource.get("code") if isinstance(resource.get("code"), dict) else {}
    found = name or resource.get("title") or (code or {}).get("text")
    return str(found or f"{resource.get('resourceType')}/{resource.get('id')}")


def names_of(
    ports: Ports, asked: Iterable[str], held: Mapping[str, str], visitor: Visitor
) -> Plan[dict[str, str | None]]:
    """The names of records that fields name (`Type/id`); None of one that is not there or not to
    be seen: the two look the same. What the draft holds already is not asked about again."""
    found: dict[str, str | None] = dict(held)
    wanted = sorted(set(asked) - set(held))
    keys = [(each.partition("/")[0], each.partition("/")[2]) for each in wanted]
    context = Context(visitor.access)
    keys = [key for key in keys if may(visitor.access, "read", key[0])]
    rows = yield from ports.store.read_many(keys, context)
    names = {f"{row.type}/{row.id}": name_of(row.resource()) for row in rows if not row.deleted}
    return found | {each: names.get(each) for each in wanted}


def chosen(item: Item, value: Mapping[str, Any]) -> tuple[str, str] | None:
    """What is remembered of a reference that somebody has chosen: (under which name, token)."""
    kind, _, name = str(value.get("reference", "")).partition("/")
    if item.type != "reference" or kind in PEOPLE or not name or "/" in name:
        return None
    return remembered(kind), f"{kind}|{name}"
