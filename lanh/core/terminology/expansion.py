"""Listing a value set (R4 ValueSet $expand): text, paging, languages, and what it was made from."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lanh.core.database import Plan
from lanh.core.terminology.composition import name_of
from lanh.core.terminology.errors import TooCostly
from lanh.core.terminology.listing import Listing, listing
from lanh.core.terminology.scope import Json, Member, Scope
from lanh.core.terminology.table import Designation, display_in, matches_language

LARGEST_PAGE = 10_000
"""How many codes one answer holds; a longer list has to be asked for in pages."""
_HEAD = ("id", "url", "version", "name", "title", "status", "experimental", "date", "copyright")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a client asks of an expansion. `count` None means all of it, which may be too much."""

    text: str = ""
    offset: int = 0
    count: int | None = None
    active_only: bool = False
    selectable_only: bool = False
    languages: tuple[str, ...] = ()
    designations: bool = False
    designation_filter: tuple[str, ...] = ()
    definition: bool = False
    properties: tuple[str, ...] = ()
    echo: tuple[tuple[str, str, Any], ...] = ()


def expand(value_set: Json, scope: Scope, wanted: Wanted) -> Plan[Json]:
    """The value set with its expansion. Raises TerminologyError, TooCostly above all.

    With `text`, the codes whose code or names hold every word of it, with or without Vietnamese
    marks: codes that begin with it first, then names that do, then the rest in their order.
    """
    found = yield from listing(value_set, scope)
    rows = select(found, wanted)
    total = len(rows)
    if wanted.count is None and total - wanted.offset > LARGEST_PAGE:
        raise TooCostly.because("page-it", total=total, limit=LARGEST_PAGE,
                                value_set=name_of(value_set))  # fmt: skip
    count = LARGEST_PAGE if wanted.count is None else min(wanted.count, LARGEST_PAGE)
    page = rows[wanted.offset : wanted.offset + count]
    expansion: Json = {
        "identifier": f"urn:uuid:{uuid.uuid4()}",
        "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
        "total": total,
    }
    if wanted.count is not None or wanted.offset:
        expansion["offset"] = wanted.offset
    notes = _parameters(scope, wanted, count)
    if notes:
        expansion["parameter"] = notes
    if page:
        expansion["contains"] = [_contained(member, wanted) for member in page]
    head = {name: value_set[name] for name in _HEAD if name in value_set}
    head.setdefault("status", "active")
    return {"resourceType": "ValueSet", **head, "expansion": expansion}


def select(found: Listing, wanted: Wanted) -> list[Member]:
    """The members that a client asks for, in the order in which it gets them."""
    rows = found.find(wanted.text)
    if wanted.active_only:
        rows = [row for row in rows if row.node is None or not row.node.inactive]
    if wanted.selectable_only:
        rows = [row for row in rows if row.node is None or not row.node.abstract]
    return rows


def _parameters(scope: Scope, wanted: Wanted, count: int) -> list[Json]:
    """What the expansion was made under, and from which versions (R4 ValueSet.expansion)."""
    rows: list[Json] = [{"name": name, kind: value} for name, kind, value in wanted.echo]
    for row in rows:
        if row["name"] == "count":
            row["valueInteger"] = count
    rows += [{"name": "used-codesystem", "valueUri": name} for name in scope.used]
    rows += [{"name": "used-valueset", "valueUri": name} for name in scope.used_value_sets]
    for name, table in scope.used.items():
        rows += [{"name": f"warning-{word}", "valueUri": name} for word in _cautions(table)]
    rows += [{"name": "warning-unknown", "valueUri": name} for name in scope.unheld]
    return rows


def _cautions(table: Any) -> list[str]:
    identity = table.identity
    words = [identity.status] if identity.status in ("draft", "retired") else []
    words += ["experimental"] if identity.experimental else []
    words += [identity.content] if identity.content in ("fragment", "example") else []
    return words


def display_of(member: Member, languages: Sequence[str]) -> str | None:
    """What a member is called: as its value set says, else as its code system does."""
    for designation in member.designations:
        if designation.language and any(
            matches_language(designation.language, tag) for tag in languages
        ):
            return str(designation.value)
    node, table = member.node, member.table
    if node is None or table is None:
        return member.display
    own = table.identity.language
    if member.display and not languages:
        return member.display
    if languages and member.display:
        translated = display_in(node, languages, None)
        return translated if translated != node.display else member.display
    return display_in(node, languages, own)


def _contained(member: Member, wanted: Wanted) -> Json:
    row: Json = {"system": member.system}
    node = member.node
    if node is not None and node.abstract:
        row["abstract"] = True
    if node is not None and node.inactive:
        row["inactive"] = True
    if member.version:
        row["version"] = member.version
    row["code"] = member.code
    display = display_of(member, wanted.languages)
    if display:
        row["display"] = display
    if wanted.designations:
        named = [
            designation_json(each)
            for each in _designations(member)
            if _asked_for(each, wanted.designation_filter)
        ]
        if named:
            row["designation"] = named
    extensions = _extensions(member, wanted)
    if extensions:
        row["extension"] = extensions
    return row


def _designations(member: Member) -> list[Designation]:
    found = list(member.designations)
    if member.node is not None and member.table is not None:
        own = member.table.identity.language
        if member.node.display:
            found.append(Designation(member.node.display, own))
        found += member.node.designations
    return list({(d.value, d.language): d for d in found}.values())


def _asked_for(designation: Designation, wanted: Sequence[str]) -> bool:
    if not wanted:
        return True
    for token in wanted:
        system, _, code = token.rpartition("|")
        use = designation.use or {}
        tag = designation.language if system in ("", "urn:ietf:bcp:47") else None
        if tag and matches_language(tag, code):
            return True
        if use.get("code") == code and use.get("system", "") == system:
            return True
    return False


def designation_json(designation: Designation) -> Json:
    """A designation as FHIR writes it."""
    row: Json = {}
    if designation.language:
        row["language"] = designation.language
    if designation.use:
        row["use"] = dict(designation.use)
    row["value"] = designation.value
    return row


_PROPERTY = (
    "http://hl7.org/fhir/5.0/StructureDefinition/extension-ValueSet.expansion.contains.property"
)


def _extensions(member: Member, wanted: Wanted) -> list[Json]:
    """Properties and definition, which R4 has no element for: R5's, as extensions."""
    node = member.node
    if node is None:
        return []
    asked = (*(("definition",) if wanted.definition else ()), *wanted.properties)
    rows: list[Json] = []
    for name in dict.fromkeys(asked):
        kinds = [(f"value{p.kind}", p.value) for p in node.properties if p.code == name]
        if not kinds:
            kinds = [("valueString", text) for text in node.of(name)]
        for kind, value in kinds:
            inner = [{"url": "code", "valueCode": name}, {"url": "value", kind: value}]
            rows.append({"url": _PROPERTY, "extension": inner})
    return rows
