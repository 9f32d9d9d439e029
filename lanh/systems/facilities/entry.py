"""What the forms of this desk read of the registry before they judge, and where entries stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lanh.core.access import RowFacts, allows, predicate
from lanh.core.database import Plan
from lanh.core.desks import Indexing, Opening
from lanh.core.forms import Answers
from lanh.core.store import Context, Parameter, Search, Stored
from lanh.core.text import Words
from lanh.nation import naming
from lanh.nation.facility import facility_code, facility_codes
from lanh.nation.local_time import VIETNAM

_AT_ONCE = 200


def by_codes(opening: Opening, codes: Iterable[str | None]) -> Plan[dict[str, Stored]]:
    """The Organizations that bear codes, now or before."""
    wanted = sorted({code for code in codes if code})
    if not wanted:
        return {}
    values = tuple(f"{naming.FACILITY_CODE}|{code}" for code in wanted)
    search = Search("Organization", (Parameter("identifier", values),), count=_AT_ONCE)
    page = yield from opening.store.search(search, Context(opening.access))
    found: dict[str, Stored] = {}
    for entry in page.entries:
        for code in facility_codes(entry.resource()):
            found.setdefault(code, entry)
    return {code: found[code] for code in wanted if code in found}


def facility_facts(opening: Opening) -> Plan[Mapping[str, Any]]:
    """What `rules.facility` looks at."""
    entity = Answers(opening.response or {}).group("entity")
    codes = [row.value("code-value") for row in entity.rows("code")]
    parent = entity.value("parent")
    found = yield from by_codes(opening, [*codes, parent])
    own = set(facility_codes(dict(opening.resource or {})))
    today = opening.at.astimezone(VIETNAM).date()
    taken = {}
    for code in codes:
        if code in found and code not in own:
            other = found[code].resource()
            if facility_code(other, today) == code and not own & set(facility_codes(other)):
                taken[code] = str(other.get("name") or code)
    return {"taken": taken, "known": frozenset(found), "today": today}


def facility_index(response: dict[str, Any], _opening: Opening) -> Indexing:
    """An entry stands at its own facility, in its commune, whoever makes it."""
    answers = Answers(response)
    place, entity = answers.group("place"), answers.group("entity")
    present = [r for r in entity.rows("code") if r.value("code-until") is None]
    name = str(place.value("name") or "")
    return Indexing(
        title=Words(name, str(place.value("english") or name)),
        custodian=present[0].value("code-value") if present else None,
        commune=place.group("address").code("commune"),
    )


def succession_facts(opening: Opening) -> Plan[Mapping[str, Any]]:
    """What `rules.succession` looks at."""
    rows = Answers(opening.response or {}).rows("pair")
    olds, news = [r.value("old") for r in rows], [r.value("new") for r in rows]
    found = yield from by_codes(opening, [*olds, *news])
    rule = predicate(opening.access, "update", "Organization")
    reach = {
        code
        for code, row in found.items()
        if allows(rule, RowFacts(row.custodian, row.commune, sensitivity=row.sensitivity))
    }
    gone = yield from _gone(opening, olds)
    first = found.get(olds[0]) if olds else None
    return {
        "commune": first.commune if first is not None else None,
        "known": frozenset(found),
        "reach": frozenset(reach),
        "gone": gone,
        "today": opening.at.astimezone(VIETNAM).date(),
    }


def _gone(opening: Opening, codes: Iterable[str | None]) -> Plan[dict[str, str]]:
    """Codes that something followed already, with the decision."""
    values = tuple(f"{naming.FACILITY_CODE}|{code}" for code in sorted({c for c in codes if c}))
    if not values:
        return {}
    kinds = tuple(f"{naming.SUCCESSION}|{kind}" for kind in ("merged", "joined", "divided"))
    search = Search(
        "OrganizationAffiliation",
        (
            Parameter("participating-organization", values, modifier="identifier"),
            Parameter("role", kinds),
            Parameter("active", ("true",)),
        ),
        count=_AT_ONCE,
    )
    page = yield from opening.store.search(search, Context(opening.access))
    own = (opening.resource or {}).get("id")
    gone: dict[str, str] = {}
    for entry in page.entries:
        held = entry.resource()
        if held.get("id") != own:
            old = held["participatingOrganization"]["identifier"]["value"]
            gone[old] = held["identifier"][0]["value"]
    return gone


def succession_index(response: dict[str, Any], opening: Opening) -> Indexing:
    """A merger stands at the facility that was, so that its province may follow it."""
    answers = Answers(response)
    rows = answers.rows("pair")
    name = str(answers.value("decision") or "")
    return Indexing(
        title=Words(name, name),
        custodian=rows[0].value("old") if rows else None,
        commune=opening.facts["commune"],
    )
