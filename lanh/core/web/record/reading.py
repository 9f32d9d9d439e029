"""Words, times and quantities out of a FHIR resource, as it came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias

from lanh.core.text import Language, nfc
from lanh.core.ui import formats

Json: TypeAlias = Mapping[str, Any]

_TIMES: dict[str, tuple[str, ...]] = {
    "Encounter": ("period.start",),
    "Condition": ("onsetDateTime", "onsetPeriod.start", "recordedDate"),
    "Observation": ("effectiveDateTime", "effectivePeriod.start", "effectiveInstant", "issued"),
    "DiagnosticReport": ("effectiveDateTime", "effectivePeriod.start", "issued"),
    "MedicationRequest": ("authoredOn",),
    "MedicationDispense": ("whenHandedOver", "whenPrepared"),
    "MedicationAdministration": ("effectiveDateTime", "effectivePeriod.start"),
    "MedicationStatement": ("effectiveDateTime", "effectivePeriod.start", "dateAsserted"),
    "Immunization": ("occurrenceDateTime", "recorded"),
    "Procedure": ("performedDateTime", "performedPeriod.start"),
    "AllergyIntolerance": ("onsetDateTime", "recordedDate"),
    "Claim": ("billablePeriod.start", "created"),
    "DocumentReference": ("context.period.start", "date"),
    "ExplanationOfBenefit": ("billablePeriod.start", "created"),
}
_OTHER_TIMES = ("date", "created", "authoredOn", "authored", "period.start", "issued", "recorded")


def dig(resource: Json, path: str) -> Any:
    """The value at a dotted path of single elements; None where there is none."""
    value: Any = resource
    for name in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def several(resource: Json, name: str) -> Sequence[Json]:
    """The elements of a repeated field; empty where it is missing."""
    value = resource.get(name)
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def concept(value: Any) -> str:
    """A CodeableConcept or Coding in words: its text, else a display, else a code."""
    if not isinstance(value, Mapping):
        return ""
    if value.get("text"):
        return nfc(str(value["text"]))
    codings = several(value, "coding") or [value]
    for name in ("display", "code"):
        for coding in codings:
            if coding.get(name):
                return nfc(str(coding[name]))
    return ""


def code(value: Any) -> str:
    """The first code of a CodeableConcept or Coding."""
    if not isinstance(value, Mapping):
        return ""
    codings = several(value, "coding") or [value]
    return next((str(coding["code"]) for coding in codings if coding.get("code")), "")


def when(resource: Json) -> str:
    """The clinical time as FHIR text; "" where the resource has none."""
    for path in _TIMES.get(str(resource.get("resourceType")), _OTHER_TIMES):
        value = dig(resource, path)
        if isinstance(value, str) and value:
            return value
    return ""


def sort_key(value: str) -> str:
    """A FHIR time as local text that sorts; a partial date stands at its beginning."""
    if len(value) > 10:
        return formats.local(datetime.fromisoformat(value)).strftime("%Y-%m-%dT%H:%M:%S")
    return value


def quantity(value: Any, language: Language) -> str:
    """A Quantity with its unit; the precision as it came."""
    if not isinstance(value, Mapping) or value.get("value") is None:
        return ""
    unit = str(value.get("unit") or value.get("code") or "").replace("\u03bc", "\u00b5")
    unit = unit.replace("mm[Hg]", "mmHg").replace("10*", "10^")
    comparator = str(value.get("comparator") or "")
    amount = formats.number(Decimal(str(value["value"])), language)
    if unit in {"{score}", "1"}:
        unit = ""
    return f"{comparator}{amount}{formats.NO_BREAK + unit if unit else ''}"


def reference_range(observation: Json, language: Language) -> str:
    """The reference range as the laboratory gave it; "" where it gave none."""
    for given in several(observation, "referenceRange"):
        if given.get("text"):
            return nfc(str(given["text"]))
        low, high = (_bare(given.get(name), language) for name in ("low", "high"))
        if low and high:
            return f"{low}–{high}"
        if low or high:
            return f"≥ {low}" if low else f"≤ {high}"
    return ""


def _bare(value: Any, language: Language) -> str:
    if not isinstance(value, Mapping) or value.get("value") is None:
        return ""
    return formats.number(Decimal(str(value["value"])), language)


def out_of_range(observation: Json) -> str:
    """ "high", "low" or "abnormal" by the laboratory's flag, else by its range; "" if neither."""
    for interpretation in several(observation, "interpretation"):
        flag = code(interpretation).upper()
        if flag in {"H", "HH", "HU", ">"}:
            return "high"
        if flag in {"L", "LL", "LU", "<"}:
            return "low"
        if flag in {"A", "AA", "POS", "DET"}:
            return "abnormal"
        if flag in {"N", "NEG", "ND"}:
            return ""
    value = dig(observation, "valueQuantity.value")
    if value is None:
        return ""
    for given in several(observation, "referenceRange"):
        low, high = dig(given, "low.value"), dig(given, "high.value")
        if low is not None and Decimal(str(value)) < Decimal(str(low)):
            return "low"
        if high is not None and Decimal(str(value)) > Decimal(str(high)):
            return "high"
    return ""


def _blood_pressure(observation: Json, language: Language) -> str:
    """Systolic over diastolic (LOINC 8480-6, 8462-4), as it is written everywhere."""
    by_code = {code(part.get("code")): part for part in several(observation, "component")}
    if set(by_code) != {"8480-6", "8462-4"}:
        return ""
    over, under = (by_code[each].get("valueQuantity") for each in ("8480-6", "8462-4"))
    lower = quantity(under, language)
    return f"{_bare(over, language)}/{lower}" if over and lower else ""


def value(observation: Json, language: Language) -> str:
    """An Observation's value, or its components' values, in words."""
    if observation.get("valueQuantity"):
        return quantity(observation["valueQuantity"], language)
    if observation.get("valueCodeableConcept"):
        return concept(observation["valueCodeableConcept"])
    for name in ("valueString", "valueInteger", "valueDateTime", "valueTime"):
        if observation.get(name) is not None:
            return nfc(str(observation[name]))
    if "valueBoolean" in observation:
        return "+" if observation["valueBoolean"] else "−"
    pressure = _blood_pressure(observation, language)
    if pressure:
        return pressure
    parts = [
        f"{concept(part.get('code'))} {value(part, language)}"
        for part in several(observation, "component")
        if value(part, language)
    ]
    return "; ".join(parts)
