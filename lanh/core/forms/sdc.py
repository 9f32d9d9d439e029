"""The extensions by which forms behave: those of R4 and of the Structured Data Capture guide.

The guide is pinned: HL7 Structured Data Capture 4.0.0 (STU 4, for R4, of 2026-03-24). What of it
changes how a form behaves and is not known here is refused when a form is loaded, never ignored.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

from lanh.core.text import Words

Json: TypeAlias = dict[str, Any]

SDC_VERSION = "4.0.0"
"""The version of HL7's Structured Data Capture guide that this engine follows."""

CORE = "http://hl7.org/fhir/StructureDefinition/"
SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"
OWN = "urn:lanh:extension:form-"
"""Under this stand the extensions that neither R4 nor the guide has."""
TRANSLATION = CORE + "translation"
FHIRPATH = "text/fhirpath"
QUERY = "application/x-fhir-query"
_CONTROLS = "http://hl7.org/fhir/questionnaire-item-control"
UCUM = "http://unitsofmeasure.org"


class Known(NamedTuple):
    """An extension: its address, how its value is written in the short notation (the key of
    value[x], or a kind that `notation` knows), whether it may repeat."""

    url: str
    value: str
    several: bool = False


KNOWN: dict[str, Known] = {
    "hidden": Known(CORE + "questionnaire-hidden", "valueBoolean"),
    "itemControl": Known(CORE + "questionnaire-itemControl", "control"),
    "choiceOrientation": Known(CORE + "questionnaire-choiceOrientation", "valueCode"),
    "displayCategory": Known(CORE + "questionnaire-displayCategory", "valueCodeableConcept"),
    "supportLink": Known(CORE + "questionnaire-supportLink", "valueUri", True),
    "sliderStepValue": Known(CORE + "questionnaire-sliderStepValue", "valueInteger"),
    "optionPrefix": Known(CORE + "questionnaire-optionPrefix", "valueString"),
    "optionExclusive": Known(CORE + "questionnaire-optionExclusive", "valueBoolean"),
    "minOccurs": Known(CORE + "questionnaire-minOccurs", "valueInteger"),
    "maxOccurs": Known(CORE + "questionnaire-maxOccurs", "valueInteger"),
    "unit": Known(CORE + "questionnaire-unit", "unit"),
    "unitOption": Known(CORE + "questionnaire-unitOption", "unit", True),
    "unitValueSet": Known(CORE + "questionnaire-unitValueSet", "valueCanonical"),
    "referenceResource": Known(CORE + "questionnaire-referenceResource", "valueCode", True),
    "targetConstraint": Known(CORE + "targetConstraint", "constraint", True),
    "constraint": Known(CORE + "questionnaire-constraint", "constraint", True),
    "minValue": Known(CORE + "minValue", "bound"),
    "maxValue": Known(CORE + "maxValue", "bound"),
    "minLength": Known(CORE + "minLength", "valueInteger"),
    "maxDecimalPlaces": Known(CORE + "maxDecimalPlaces", "valueInteger"),
    "regex": Known(CORE + "regex", "valueString"),
    "entryFormat": Known(CORE + "entryFormat", "valueString"),
    "mimeType": Known(CORE + "mimeType", "valueCode", True),
    "maxSize": Known(CORE + "maxSize", "valueDecimal"),
    "variable": Known(CORE + "variable", "variable", True),
    "minQuantity": Known(SDC + "minQuantity", "valueQuantity"),
    "maxQuantity": Known(SDC + "maxQuantity", "valueQuantity"),
    "launchContext": Known(SDC + "launchContext", "context", True),
    "calculatedExpression": Known(SDC + "calculatedExpression", "expression"),
    "initialExpression": Known(SDC + "initialExpression", "expression"),
    "enableWhenExpression": Known(SDC + "enableWhenExpression", "expression"),
    "answerExpression": Known(SDC + "answerExpression", "expression"),
    "itemPopulationContext": Known(SDC + "itemPopulationContext", "named"),
    "itemExtractionContext": Known(SDC + "itemExtractionContext", "valueCode"),
    "definitionExtract": Known(SDC + "definitionExtract", "extract", True),
    "definitionExtractValue": Known(SDC + "definitionExtractValue", "assign", True),
    "extractAllocateId": Known(SDC + "extractAllocateId", "valueString", True),
    "openLabel": Known(SDC + "openLabel", "valueString"),
    "shortText": Known(SDC + "shortText", "valueString"),
    "givenRows": Known(OWN + "given-rows", "valueBoolean"),
}

# What only says how a form may look, who would fill it in, how answers are scored, or where codes
# could be asked for: it changes no answer, and nothing is done with it.
_PASSED = frozenset({
    *(SDC + name for name in (
        "collapsible", "columnCount", "width", "keyboard", "entryMode", "performerType",
        "preferredTerminologyServer", "choiceColumn", "endpoint",
    )),
    *(CORE + "questionnaire-" + name for name in ("usageMode", "ordinalValue", "fhirType")),
})  # fmt: skip

_DYNAMIC = ("cqf-expression", "cqf-calculatedValue")
"""Expressions in place of a text or limit (CQF): none is computed here."""

URLS = frozenset(known.url for known in KNOWN.values()) | _PASSED
OWNED = (CORE + "questionnaire-", SDC, OWN)
"""Addresses that begin so change how a form behaves; unknown ones among them are refused."""


def dynamic(value: Any) -> bool:
    """Whether a text or limit is to be computed (cqf-expression), anywhere in a value."""
    if isinstance(value, dict):
        url = value.get("url")
        own = isinstance(url, str) and url.startswith(CORE) and url[len(CORE) :] in _DYNAMIC
        return own or any(dynamic(each) for key, each in value.items() if key != "item")
    return isinstance(value, list) and any(map(dynamic, value))


def rows(holder: Any, name: str) -> list[Json]:
    """The objects of a list in an object."""
    found = holder.get(name) if type(holder) is dict else None
    return [row for row in found if type(row) is dict] if type(found) is list else []


def extensions(holder: Json, name: str) -> list[Json]:
    """The extensions of a short name on an element."""
    url = KNOWN[name].url
    return [row for row in rows(holder, "extension") if row.get("url") == url]


def value_of(holder: Json) -> tuple[str, Any] | None:
    """A choice `value[x]` as (key in JSON, value)."""
    for key, value in holder.items():
        if key.startswith("value") and key != "value":
            return key, value
    return None


def values(holder: Json, name: str) -> list[Any]:
    """The simple values of an extension of a short name."""
    found = (value_of(row) for row in extensions(holder, name))
    return [value[1] for value in found if value is not None]


def value(holder: Json, name: str) -> Any:
    """The only simple value of an extension, or None."""
    found = values(holder, name)
    return found[0] if found else None


def parts(extension: Json) -> dict[str, Any]:
    """The parts of a complex extension by their short urls: the last of each."""
    found: dict[str, Any] = {}
    for row in rows(extension, "extension"):
        given = value_of(row)
        if given is not None:
            found[str(row.get("url"))] = given[1]
    return found


def part(extension: Json, name: str) -> Json | None:
    """A part of a complex extension as written."""
    return next((r for r in rows(extension, "extension") if r.get("url") == name), None)


def translation(holder: Json, name: str, language: str) -> str | None:
    """The translation of a text element into a language (R4 translation extension)."""
    sibling = holder.get("_" + name)
    for row in rows(sibling, "extension"):
        if row.get("url") == TRANSLATION:
            given = parts(row)
            if str(given.get("lang", "")).partition("-")[0] == language:
                content = given.get("content")
                return content if isinstance(content, str) else None
    return None


def words(holder: Json, name: str, language: str) -> Words | None:
    """A text element in both languages, where `language` is that of the resource itself.

    A text without translation stands for both: the loader refuses those that need one.
    """
    text = holder.get(name)
    if not isinstance(text, str):
        return None
    other = "en" if language == "vi" else "vi"
    second = translation(holder, name, other) or text
    return Words(text, second) if language == "vi" else Words(second, text)


def control(code: str) -> Json:
    """The value of itemControl for a code."""
    return {"coding": [{"system": _CONTROLS, "code": code}]}


def unit(given: Any) -> Any:
    """A unit as a Coding: UCUM's where only a code is given."""
    if isinstance(given, str):
        return {"system": UCUM, "code": given, "display": given}
    return given


def control_of(item: Json) -> str | None:
    """The code of an item's itemControl."""
    found = value(item, "itemControl")
    return next((str(c.get("code")) for c in rows(found, "coding")), None)
