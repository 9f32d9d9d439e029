"""The events of a person's life with health care, one line each, for the timeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

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
    "document": "document",
    "claim": "claim",
    "other": "other",
}


@dataclass(frozen=True, slots=True)
class Event:
    """What happened. `lines` are the measured values of a grouped event."""

    when: str
    kind: str
    title: str
    line: str
    record: Record
    attention: bool = False
    lines: Sequence[facts.Result] = field(default=())

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
        )


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
    return str(reading.dig(record.resource, "encounter.reference") or "").rpartition("/")[2]


def _condition(record: Record, beside: _Beside, language: Language) -> Event:
    title = reading.concept(record.resource.get("code"))
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
    title = reading.concept(resource.get("code"))
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


def _plain(kind: str, field_name: str) -> Reader:
    def read(record: Record, beside: _Beside, language: Language) -> Event:
        resource = record.resource
        title = reading.concept(resource.get(field_name)) or resource.get("description") or ""
        word = WORDS[f"kind.{kind}"].say(language)
        return Event(reading.when(resource), kind, str(title) or word, "", record)

    return read


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
    "DocumentReference": _plain("document", "type"),
    "Composition": _plain("document", "type"),
    "Claim": _claim,
    "ExplanationOfBenefit": _claim,
    "AllergyIntolerance": _plain("condition", "code"),
    "CarePlan": _plain("other", "category"),
    "ImagingStudy": _plain("result", "description"),
    "ServiceRequest": _plain("other", "code"),
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
        )
        groups.setdefault(key, []).append(record)
    events: list[Event] = []
    for (_, _, category, _), members in groups.items():
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
    found = _groups(facts.of_type(records, "Observation"), language)
    for record in records:
        reader = _READERS.get(record.type)
        if reader is None or not facts.of_type([record], record.type):
            continue
        if record.type != "Condition" or _encounter(record) not in beside.encounters:
            found.append(reader(record, beside, language))
    return sorted(found, key=lambda event: event.sort_key, reverse=True)
