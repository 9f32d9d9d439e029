"""The events of a person's life with health care, one line each, for the timeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from lanh.core.text import Language
from lanh.core.web.record import facts, reading
from lanh.core.web.services import Record
from lanh.core.web.words import WORDS

# kind -> icon; the order is that of the filter.
KINDS = {
    "visit": "visit",
    "condition": "condition",
    "result": "result",
    "medicine": "medicine",
    "vaccine": "vaccine",
    "procedure": "procedure",
    "order": "table",
    "document": "document",
    "claim": "claim",
    "other": "other",
}


@dataclass(frozen=True, slots=True)
class Event:
    """What happened. `lines` are measured values; `within` is what happened at a visit."""

    when: str
    kind: str
    title: str
    line: str
    record: Record
    attention: bool = False
    lines: Sequence[facts.Result] = field(default=())
    within: Sequence[Event] = field(default=())

    @property
    def sort_key(self) -> str:
        """Local time as text that sorts."""
        return reading.sort_key(self.when)


@dataclass(frozen=True, slots=True)
class _Beside:
    """What a record's line needs of the records beside it."""

    diagnoses: Mapping[str, Sequence[str]]
    encounters: frozenset[str]
    medications: Sequence[Record]
    names: Mapping[str, str]

    @classmethod
    def of(cls, records: Sequence[Record]) -> _Beside:
        diagnoses: dict[str, list[str]] = {}
        for condition in facts.of_type(records, "Condition"):
            words = reading.concept(condition.resource.get("code"))
            diagnoses.setdefault(_encounter(condition), []).append(words)
        return cls(
            diagnoses,
            frozenset(record.id for record in records if record.type == "Encounter"),
            [record for record in records if record.type == "Medication"],
            _names(records),
        )

    def title(self, concept: Any) -> str:
        """A concept in words, by the name that another record gives its code if it has none."""
        own = reading.concept(concept)
        return self.names.get(own, own)


def _names(records: Sequence[Record]) -> dict[str, str]:
    """The name of each code that some record names."""
    return {
        str(coding["code"]): str(coding["display"])
        for record in records
        if isinstance(record.resource.get("code"), Mapping)
        for coding in reading.several(record.resource["code"], "coding")
        if coding.get("code") and coding.get("display")
    }


Reader: TypeAlias = Callable[[Record, _Beside, Language], Event]


def _visit(record: Record, beside: _Beside, language: Language) -> Event:
    resource = record.resource
    kind = str(reading.dig(resource, "class.code") or "").lower()
    key = f"event.visit.{kind}" if f"event.visit.{kind}" in WORDS else "event.visit"
    types = [reading.concept(item) for item in reading.several(resource, "type")]
    title = WORDS[key].say(language)
    found = beside.diagnoses.get(record.id, ())
    reasons = [reading.concept(item) for item in reading.several(resource, "reasonCode")]
    words = list(dict.fromkeys(word for word in (*found, *(reasons if not found else ())) if word))
    line = "; ".join(words) or "; ".join(word for word in types if word)
    return Event(reading.when(resource), "visit", title, line, record)


def _encounter(record: Record) -> str:
    """The id of the record's Encounter."""
    # R4 calls it `context` in MedicationDispense, MedicationStatement and others; a Claim has it on
    # its items, a DocumentReference among its circumstances.
    resource = record.resource
    context = resource.get("context")
    circumstances = reading.several(context, "encounter") if isinstance(context, Mapping) else ()
    items = (each for item in reading.several(resource, "item") for each in _encounters(item))
    found = (
        reading.dig(resource, "encounter.reference"),
        reading.dig(resource, "context.reference"),
        *(each.get("reference") for each in (*circumstances, *items)),
    )
    return str(next((each for each in found if each), "")).rpartition("/")[2]


def _encounters(item: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return reading.several(item, "encounter")


def _condition(record: Record, beside: _Beside, language: Language) -> Event:
    title = beside.title(record.resource.get("code"))
    return Event(reading.when(record.resource), "condition", title, "", record)


def _medicine(record: Record, beside: _Beside, language: Language) -> Event:
    medicine = facts.medicines([record, *beside.medications], language)[0]
    parts = [part for part in (medicine.dose, medicine.quantity) if part]
    return Event(medicine.when, "medicine", medicine.name, " · ".join(parts), record)


def _vaccine(record: Record, beside: _Beside, language: Language) -> Event:
    resource = record.resource
    title = reading.concept(resource.get("vaccineCode"))
    parts: list[str] = []
    for protocol in reading.several(resource, "protocolApplied"):
        dose = protocol.get("doseNumberPositiveInt") or protocol.get("doseNumberString")
        if dose:
            parts.append(WORDS["event.dose"].say(language, dose=dose))
    if resource.get("lotNumber"):
        parts.append(WORDS["event.lot"].say(language, lot=resource["lotNumber"]))
    missed = resource.get("status") == "not-done"
    if missed:
        parts.insert(0, WORDS["event.not_given"].say(language))
    return Event(reading.when(resource), "vaccine", title, " · ".join(parts), record, missed)


def _report(record: Record, beside: _Beside, language: Language) -> Event:
    resource = record.resource
    title = beside.title(resource.get("code"))
    line = str(resource.get("conclusion") or "")
    return Event(reading.when(resource), "result", title, line, record)


def _claim(record: Record, beside: _Beside, language: Language) -> Event:
    total = reading.dig(record.resource, "total.value")
    currency = reading.dig(record.resource, "total.currency") or "VND"
    line = ""
    if total is not None:
        amount = reading.quantity({"value": total, "unit": currency}, language)
        line = WORDS["event.total"].say(language, amount=amount)
    title = WORDS["event.claim"].say(language)
    return Event(reading.when(record.resource), "claim", title, line, record)


def _document(record: Record, beside: _Beside, language: Language) -> Event:
    resource = record.resource
    contents = reading.several(resource, "content")
    names = [str(reading.dig(each, "attachment.title") or "") for each in contents]
    line = str(resource.get("description") or "") or "; ".join(name for name in names if name)
    title = beside.title(resource.get("type")) or WORDS["kind.document"].say(language)
    when = reading.when(resource)
    return Event(when, "document", title, line if line != title else "", record)


def _plain(kind: str, field_name: str) -> Reader:
    def read(record: Record, beside: _Beside, language: Language) -> Event:
        resource = record.resource
        title = beside.title(resource.get(field_name)) or resource.get("description") or ""
        word = WORDS[f"kind.{kind}"].say(language)
        return Event(reading.when(resource), kind, str(title) or word, "", record)

    return read


def _allergy(record: Record, beside: _Beside, language: Language) -> Event:
    resource = record.resource
    title = beside.title(resource.get("code")) or WORDS["person.unnamed_allergy"].say(language)
    if reading.code(resource.get("code")) not in facts.NO_KNOWN_ALLERGY:
        title = WORDS["event.allergy"].say(language, substance=title)
    reactions = [
        reading.concept(manifestation)
        for reaction in reading.several(resource, "reaction")
        for manifestation in reading.several(reaction, "manifestation")
    ]
    return Event(reading.when(resource), "condition", title, "; ".join(reactions), record)


_READERS: dict[str, Reader] = {
    "Encounter": _visit,
    "Condition": _condition,
    "MedicationRequest": _medicine,
    "MedicationDispense": _medicine,
    "MedicationStatement": _medicine,
    "MedicationAdministration": _plain("medicine", "medicationCodeableConcept"),
    "Immunization": _vaccine,
    "DiagnosticReport": _report,
    "Procedure": _plain("procedure", "code"),
    "DocumentReference": _document,
    "Composition": _plain("document", "type"),
    "Claim": _claim,
    "ExplanationOfBenefit": _claim,
    "AllergyIntolerance": _allergy,
    "CarePlan": _plain("other", "category"),
    "ImagingStudy": _plain("result", "description"),
    "ServiceRequest": _plain("order", "code"),
}


def _groups(observations: Sequence[Record], language: Language) -> list[Event]:
    """Observations of one time, place and category as one event."""
    groups: dict[tuple[str, ...], list[Record]] = {}
    for record in observations:
        categories = reading.several(record.resource, "category")
        key = (
            reading.sort_key(reading.when(record.resource))[:16],
            record.facility or "",
            reading.code(categories[0]) if categories else "",
            record.receipt or "",
            _encounter(record),
        )
        groups.setdefault(key, []).append(record)
    events: list[Event] = []
    for (_, _, category, *_), members in groups.items():
        lines = [facts.result(record, language) for record in members]
        abnormal = [line for line in lines if line.flag]
        lines.sort(key=lambda line: not line.flag)
        known = f"event.observations.{category}"
        words = known if known in WORDS else "event.observations"
        alone = len(lines) == 1
        title = lines[0].name if alone else WORDS[words].say(language, count=len(lines))
        line = ""
        if abnormal and not alone:
            line = WORDS["event.abnormal"].say(language, count=len(abnormal))
        when = reading.when(members[0].resource)
        events.append(Event(when, "result", title, line, members[0], bool(abnormal), lines))
    return events


def events(records: Sequence[Record], language: Language) -> list[Event]:
    """Every event, newest first; those without a time come last."""
    beside = _Beside.of(records)
    observed = {record.id for record in records if record.type == "Observation"}
    found = _groups(facts.of_type(records, "Observation"), language)
    for record in records:
        reader = _READERS.get(record.type)
        if reader is None or not facts.of_type([record], record.type):
            continue
        told_by_visit = record.type == "Condition" and _encounter(record) in beside.encounters
        if not told_by_visit and not _only_collects(record, observed):
            found.append(reader(record, beside, language))
    return sorted(found, key=lambda event: event.sort_key, reverse=True)


def _only_collects(record: Record, observed: set[str]) -> bool:
    """A report that says nothing beyond Observations that are shown themselves."""
    if record.type != "DiagnosticReport" or record.resource.get("conclusion"):
        return False
    results = reading.several(record.resource, "result")
    told = {str(result.get("reference", "")).rpartition("/")[2] for result in results}
    return bool(told) and told <= observed


def by_visit(every: Sequence[Event]) -> list[Event]:
    """The events with those of a visit inside it, in the visit's place."""
    visits = {event.record.id for event in every if event.record.type == "Encounter"}
    inside: dict[str, list[Event]] = {}
    for event in every:
        if event.record.type != "Encounter" and _encounter(event.record) in visits:
            inside.setdefault(_encounter(event.record), []).append(event)
    order = list(KINDS)
    return [
        replace(
            event,
            within=sorted(inside[event.record.id], key=lambda e: (order.index(e.kind), e.sort_key)),
            attention=any(part.attention for part in inside[event.record.id]),
        )
        if event.record.type == "Encounter" and event.record.id in inside
        else event
        for event in every
        if event.record.type == "Encounter" or _encounter(event.record) not in visits
    ]
