"""A notice of death read back from its records: what the paper, the page and the registry are told.

The records are those of the form: a Composition (LOINC 64297-5) whose sections name Observations
and a Procedure, as HL7's VRDR guide shapes a death certificate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeAlias

from lanh.core.access import Access
from lanh.core.database import Plan
from lanh.core.store import Context, Store
from lanh.nation import naming
from lanh.nation.local_time import VIETNAM
from lanh.nation.person import display_name, residence
from lanh.nation.person.home_address import residence_words
from lanh.nation.place import SET_34_FROM, Places

Json: TypeAlias = Mapping[str, Any]
Records: TypeAlias = Mapping[str, Mapping[str, Any]]

RELATIVE = "urn:lanh:extension:death-relative"
_DIED, _PLACE, _MANNER = "81956-5", "58332-8", "69449-7"
_LETTERS = "abcd"


def references(composition: Json) -> list[str]:
    """What the sections of a notice name, in order, and whom it is about."""
    found = [
        str(entry.get("reference"))
        for section in composition.get("section", ())
        for entry in section.get("entry", ())
    ]
    return [*found, str(composition.get("subject", {}).get("reference"))]


def gather(store: Store, access: Access, composition: Json) -> Plan[dict[str, dict[str, Any]]]:
    """The records that a notice is made of, by reference, as far as they may be seen."""
    keys = [(kind, name) for kind, _, name in (r.partition("/") for r in references(composition))]
    rows = yield from store.read_many(keys, Context(access))
    return {f"{row.type}/{row.id}": row.resource() for row in rows if not row.deleted}


def told(composition: Json, records: Records) -> dict[str, Any]:
    """What a notice says, as plain data; what it does not say is None or empty."""
    parts = {
        _code(s.get("code")): list(_entries(s, records)) for s in composition.get("section", ())
    }
    by_code = {_code(r.get("code")): r for rows in parts.values() for r in rows}
    extensions = {e.get("url"): e.get("valueString") for e in composition.get("extension", ())}
    patient = records.get(str(composition.get("subject", {}).get("reference")), {})
    operations = parts.get("surgery", [])
    return {
        "record": composition.get("id"),
        "facility": composition.get("custodian", {}).get("identifier", {}).get("value"),
        "facility_name": composition.get("custodian", {}).get("display"),
        "doctor": next((a.get("display") for a in composition.get("author", ())), None),
        "issued": composition.get("date"),
        "relative": extensions.get(RELATIVE),
        "person": _person(patient, _day(by_code.get(_DIED, {}).get("valueDateTime"))),
        "died": by_code.get(_DIED, {}).get("valueDateTime"),
        "place": _coded(by_code.get(_PLACE)),
        "manner": _coded(by_code.get(_MANNER)),
        "lines": [
            {"letter": letter, **_cause(row)}
            for letter, row in zip(_LETTERS, parts.get("part-1", ()), strict=False)
        ],
        "others": [_cause(row) for row in parts.get("part-2", ())],
        "underlying": _coded(by_code.get("80358-5")),
        "external": _coded(by_code.get("external-cause")),
        "happened": by_code.get("11374-6", {}).get("valueString"),
        "surgery": [
            {"on": row.get("performedDateTime"), "reason": _text(row.get("reasonCode", ()))}
            for row in operations
        ],
        "autopsy": by_code.get("85699-7", {}).get("valueBoolean"),
        "autopsy_used": by_code.get("69436-4", {}).get("valueBoolean"),
        "perinatal": _components(by_code.get("perinatal")),
        "pregnancy": _coded(by_code.get("69442-2")),
        "contributed": _components(by_code.get("69442-2")).get("contributed"),
        "stay": _components(by_code.get("stay")),
    }  # fmt: skip


def _entries(section: Json, records: Records) -> Iterator[Json]:
    for entry in section.get("entry", ()):
        found = records.get(str(entry.get("reference")))
        if found is not None:
            yield found


def _person(patient: Json, on: date) -> dict[str, Any]:
    numbers = {i.get("system"): i.get("value") for i in patient.get("identifier", ())}
    return {
        "name": display_name(dict(patient)) if patient else None,
        "sex": patient.get("gender"),
        "born": patient.get("birthDate"),
        "number": numbers.get(naming.PERSONAL_NUMBER),
        "insurance": numbers.get(naming.INSURANCE_NUMBER),
        "residence": residence_words(patient, Places.packaged(), on) or None,
        "commune": residence(dict(patient)),
    }


def _day(moment: str | None) -> date:
    """The day of a moment in Viet Nam; without one, that of the places that are in force."""
    if moment is None or len(moment) < 10:
        return SET_34_FROM
    if "T" not in moment:
        return date.fromisoformat(moment[:10])
    return datetime.fromisoformat(moment).astimezone(VIETNAM).date()


def _cause(row: Json) -> dict[str, Any]:
    given = [c["valueQuantity"] for c in row.get("component", ()) if "valueQuantity" in c]
    quantity = _first(given)
    interval = None
    if "value" in quantity:
        interval = {"value": str(quantity["value"]), "unit": quantity.get("unit"),
                    "code": quantity.get("code")}  # fmt: skip
    found = _coded(row) or {}
    return {**found, "interval": interval, "began": row.get("effectiveDateTime")}


def _coded(row: Json | None) -> dict[str, Any] | None:
    concept = (row or {}).get("valueCodeableConcept")
    if not isinstance(concept, Mapping):
        return None
    coding = _first(concept.get("coding"))
    words = concept.get("text") or coding.get("display")
    return {"code": coding.get("code"), "display": coding.get("display"), "words": words}


def _components(row: Json | None) -> dict[str, Any]:
    """Values of an Observation's components by code."""
    found: dict[str, Any] = {}
    for each in (row or {}).get("component", ()):
        key = next((k for k in each if k.startswith("value")), None)
        value: Any = each.get(key) if key is not None else None
        if key == "valueQuantity" and value is not None:
            value = f"{value.get('value')} {value.get('unit', '')}".strip()
        if key == "valueCodeableConcept":
            value = _coded(each)
        found[_code(each.get("code"))] = value
    return found


def _code(concept: Json | None) -> str:
    return str(_first((concept or {}).get("coding")).get("code", ""))


def _text(concepts: Sequence[Json]) -> str | None:
    return next((each.get("text") for each in concepts), None)


def _first(rows: Sequence[Json] | None) -> Json:
    return next(iter(rows or ()), {})
