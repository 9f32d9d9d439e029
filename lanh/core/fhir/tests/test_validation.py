"""Validation: each class of fault is refused, at its place, with a reason in two languages."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from lanh.core import fhir
from lanh.core.fhir.issues import catalogue
from lanh.core.fhir.tests.samples import sample, samples

Change = Callable[[dict[str, Any]], Any]


@pytest.mark.parametrize("resource", samples(), ids=lambda r: r["resourceType"])
def test_the_samples_are_valid(resource: dict[str, Any]) -> None:
    assert fhir.validate(resource) == []


def put(*path: Any) -> Change:
    """Sets the value at a path; the last item is the value."""

    def change(resource: dict[str, Any]) -> None:
        *way, last, value = path
        holder: Any = resource
        for step in way:
            holder = holder[step]
        holder[last] = value

    return change


def drop(*path: Any) -> Change:
    def change(resource: dict[str, Any]) -> None:
        *way, last = path
        holder: Any = resource
        for step in way:
            holder = holder[step]
        del holder[last]

    return change


_BIG = "x" * 65
FAULTS: list[tuple[str, str, Change, str, str]] = [
    # what, type, change, issue code, expression
    ("unknown field", "Observation", put("colour", "red"), "structure", "Observation.colour"),
    ("unknown nested field", "Observation", put("code", "coding", 0, "colour", "x"), "structure",
     "Observation.code.coding[0].colour"),
    ("sibling of what is no primitive", "Observation", put("_code", {"id": "x"}), "structure",
     "Observation._code"),
    ("empty sibling", "Observation", put("_status", {}), "structure", "Observation.status"),
    ("object for list", "Patient", put("name", {"family": "x"}), "structure", "Patient.name"),
    ("list for object", "Observation", put("code", [{"text": "x"}]), "structure",
     "Observation.code"),
    ("list for text", "Patient", put("gender", ["male"]), "structure", "Patient.gender"),
    ("text for object", "Observation", put("code", "x"), "structure", "Observation.code"),
    ("number for text", "Patient", put("birthDate", 1980), "structure", "Patient.birthDate"),
    ("text for boolean", "Patient", put("deceasedBoolean", "no"), "structure",
     "Patient.deceased"),
    ("text for number", "Observation", put("valueQuantity", "value", "1"), "structure",
     "Observation.value.value"),
    ("null", "Patient", put("gender", None), "structure", "Patient.gender"),
    ("null in a list", "Patient", put("name", 0, "given", ["a", None]), "structure",
     "Patient.name[0].given[1]"),
    ("code outside", "Observation", put("status", "finished"), "code-invalid",
     "Observation.status"),
    ("code outside in a list", "Patient", put("name", 0, "use", "x"), "code-invalid",
     "Patient.name[0].use"),
    ("concept outside", "Condition", put("clinicalStatus", "coding", 0, "code", "gone"),
     "code-invalid", "Condition.clinicalStatus"),
    ("currency", "Claim", put("total", "currency", "VNĐ"), "code-invalid",
     "Claim.total.currency"),
    ("malformed date", "Patient", put("birthDate", "31/01/1980"), "value", "Patient.birthDate"),
    ("impossible date", "Patient", put("birthDate", "1981-02-29"), "value", "Patient.birthDate"),
    ("impossible day", "Observation", put("effectiveDateTime", "2026-04-31T08:00:00+07:00"),
     "value", "Observation.effective"),
    ("no zone", "Observation", put("issued", "2026-01-31T08:00:00"), "value",
     "Observation.issued"),
    ("missing primitive", "Observation", drop("status"), "required", "Observation.status"),
    ("missing object", "Observation", drop("code"), "required", "Observation.code"),
    ("missing choice", "Immunization", drop("occurrenceDateTime"), "required",
     "Immunization.occurrence"),
    ("missing nested", "Claim", drop("insurance", 0, "focal"), "required",
     "Claim.insurance[0].focal"),
    ("missing list", "Claim", drop("insurance"), "required", "Claim.insurance"),
    ("two value[x]", "Observation", put("valueString", "x"), "structure", "Observation.value"),
    ("two value[x] in a part", "Observation", put("component", 0, "valueString", "x"),
     "structure", "Observation.component[0].value"),
    ("two value[x] in an extension", "Patient", put("extension", 0, "valueString", "x"),
     "structure", "Patient.extension[0].value"),
    ("obs-6", "Observation", put("dataAbsentReason", {"text": "x"}), "invariant", "Observation"),
    ("obs-7", "Observation", put("component", 0, "code", "coding",
     [{"system": "http://loinc.org", "code": "718-7"}]), "invariant", "Observation"),
    ("pat-1", "Patient", put("contact", [{"gender": "male"}]), "invariant", "Patient.contact[0]"),
    ("per-1", "Encounter", put("period", "end", "2026-01-30"), "invariant", "Encounter.period"),
    ("per-1 inside a data type", "Patient", put("identifier", 0, "period", "end", "2019"),
     "invariant", "Patient.identifier[0].period"),
    ("qty-3", "Observation", drop("valueQuantity", "system"), "invariant", "Observation.value"),
    ("cpt-2", "Patient", drop("telecom", 0, "system"), "invariant", "Patient.telecom[0]"),
    ("obs-3", "Observation", put("referenceRange", [{"age": {"low": {"value": 1}}}]),
     "invariant", "Observation.referenceRange[0]"),
    ("con-4", "Condition", put("clinicalStatus", "coding", 0, "code", "active"), "invariant",
     "Condition"),
    ("con-5", "Condition", put("verificationStatus", "coding", 0, "code", "entered-in-error"),
     "invariant", "Condition"),
    ("tim-2", "MedicationRequest", drop("dosageInstruction", 0, "timing", "repeat", "periodUnit"),
     "invariant", "MedicationRequest.dosageInstruction[0].timing.repeat"),
    ("org-1", "Organization", drop("name"), "invariant", "Organization"),
    ("org-2", "Organization", put("address", 0, "use", "home"), "invariant",
     "Organization.address[0]"),
    ("org-3", "Organization", put("telecom", 0, "use", "home"), "invariant",
     "Organization.telecom[0]"),
    ("bdl-3", "Bundle", drop("entry", 0, "request"), "invariant", "Bundle"),
    ("bad id", "Patient", put("id", "a b"), "value", "Patient.id"),
    ("long id", "Patient", put("id", _BIG), "value", "Patient.id"),
    ("empty id", "Patient", put("id", ""), "value", "Patient.id"),
    ("empty list", "Patient", put("name", []), "structure", "Patient.name"),
    ("empty extension list", "Patient", put("extension", []), "structure", "Patient.extension"),
    ("empty object", "Patient", put("name", [{}]), "structure", "Patient.name[0]"),
    ("empty text", "Patient", put("name", 0, "family", ""), "value", "Patient.name[0].family"),
    ("blank text", "Patient", put("name", 0, "family", " "), "value", "Patient.name[0].family"),
    ("control character", "Patient", put("name", 0, "family", "a\x00"), "value",
     "Patient.name[0].family"),
    ("wrong target", "Observation", put("subject", "reference", "Practitioner/d1"), "value",
     "Observation.subject.reference"),
    ("wrong target by address", "Observation",
     put("subject", "reference", "http://a.vn/fhir/Practitioner/d1"), "value",
     "Observation.subject.reference"),
    ("wrong target by type", "Observation", put("subject", {"type": "Practitioner"}), "value",
     "Observation.subject.reference"),
    ("unknown target", "Observation", put("subject", "reference", "Person1/d1"), "value",
     "Observation.subject.reference"),
    ("no reference", "Observation", put("subject", "reference", "p1"), "value",
     "Observation.subject.reference"),
    ("local reference to nothing", "Observation", put("subject", "reference", "#p1"),
     "invariant", "Observation"),
    ("contained without id", "MedicationRequest", drop("contained", 0, "id"), "required",
     "MedicationRequest.contained[0]"),
    ("contained unused", "MedicationRequest", put("medicationReference", "reference",
     "Medication/x"), "invariant", "MedicationRequest.contained[0]"),
    ("contained with versionId", "MedicationRequest", put("contained", 0, "meta",
     {"versionId": "1"}), "invariant", "MedicationRequest.contained[0].meta.versionId"),
    ("fault in contained", "MedicationRequest", put("contained", 0, "status", "x"),
     "code-invalid", "MedicationRequest.contained[0].status"),
    ("contained of no type", "MedicationRequest", put("contained", 0, "resourceType", "X"),
     "structure", "MedicationRequest.contained[0].resourceType"),
    ("extension without url", "Patient", drop("extension", 0, "url"), "required",
     "Patient.extension[0].url"),
    ("extension without value", "Patient", drop("extension", 0, "valueCoding"), "invariant",
     "Patient.extension[0]"),
    ("extension with both", "Patient", put("extension", 0, "extension",
     [{"url": "x", "valueCode": "y"}]), "invariant", "Patient.extension[0]"),
    ("whole number with point", "Claim", put("item", 0, "sequence", Decimal("1.0")), "value",
     "Claim.item[0].sequence"),
    ("not positive", "Claim", put("item", 0, "sequence", 0), "value", "Claim.item[0].sequence"),
    ("too great", "Claim", put("item", 0, "sequence", 2**31), "value", "Claim.item[0].sequence"),
    ("script in narrative", "Patient", put("text", "div",
     '<div xmlns="http://www.w3.org/1999/xhtml"><script>x</script></div>'), "invariant",
     "Patient.text.div"),
    ("handler in narrative", "Patient", put("text", "div",
     '<div xmlns="http://www.w3.org/1999/xhtml"><p onclick="x">x</p></div>'), "invariant",
     "Patient.text.div"),
    ("empty narrative", "Patient", put("text", "div",
     '<div xmlns="http://www.w3.org/1999/xhtml"> </div>'), "invariant", "Patient.text.div"),
    ("broken narrative", "Patient", put("text", "div", "<div>x"), "invariant",
     "Patient.text.div"),
    ("fault in an entry", "Bundle", put("entry", 0, "resource", "gender", "x"), "code-invalid",
     "Bundle.entry[0].resource.gender"),
    ("entry of no type", "Bundle", drop("entry", 0, "resource", "resourceType"), "required",
     "Bundle.entry[0].resource.resourceType"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "kind", "change", "code", "expression"), FAULTS,
                         ids=[row[0] for row in FAULTS])  # fmt: skip
def test_each_fault_is_refused_at_its_place(
    what: str, kind: str, change: Change, code: str, expression: str
) -> None:
    resource = sample(kind)
    change(resource)
    issues = fhir.validate(resource)
    assert (code, expression) in [(i.code, i.expression) for i in issues]
    for issue in issues:
        assert issue.severity == "error"
        assert issue.message.vi != issue.message.en
        assert expression.split("[")[0].split(".")[0] in issue.message.vi


FINE: list[tuple[str, str, Change]] = [
    ("extension for a required primitive", "Observation",
     lambda r: (r.pop("status"), r.update(_status={"extension": [
         {"url": "http://x", "valueCode": "unknown"}]}))),
    ("extensions beside a list", "Patient", lambda r: r["name"][0].update(
        given=["a", None], _given=[None, {"extension": [{"url": "u", "valueCode": "x"}]}])),
    ("id of an element", "Patient", put("name", 0, "id", "n1")),
    ("absolute reference", "Observation", put("subject", "reference", "http://a.vn/r4/Patient/1")),
    ("urn", "Observation", put("subject", "reference",
                               "urn:uuid:c757873d-ec9a-4326-a141-556f43239520")),
    ("versioned reference", "Observation", put("subject", "reference", "Patient/p1/_history/2")),
    ("conditional reference", "Observation", put("subject", "reference",
                                                 "Patient?identifier=urn:id|1")),
    ("logical reference", "Observation", put("subject", {"identifier": {"value": "1"}})),
    ("display only", "Observation", put("subject", {"display": "một người"})),
    ("other precision of ends", "Encounter", put("period", {"start": "2026-01-31",
                                                            "end": "2026-01"})),
    ("narrative with entity", "Patient", put("text", "div",
     '<div xmlns="http://www.w3.org/1999/xhtml">a&nbsp;b<br/></div>')),
    ("leap day", "Patient", put("birthDate", "2000-02-29")),
    ("text in Vietnamese", "Patient", put("name", 0, "family", "Đặng")),
    ("fraction with many digits", "Observation", put("valueQuantity", "value",
                                                     Decimal("1.000000000000000000001"))),
]  # fmt: skip


@pytest.mark.parametrize(("what", "kind", "change"), FINE, ids=[row[0] for row in FINE])
def test_what_the_standard_allows_is_accepted(what: str, kind: str, change: Change) -> None:
    resource = sample(kind)
    change(resource)
    assert [i.message.en for i in fhir.validate(resource)] == []


@pytest.mark.parametrize("value", [None, [], "x", 1, {}, {"resourceType": "Patientt"},
                                   {"resourceType": 1}, {"resourceType": "Resource"}])  # fmt: skip
def test_what_is_no_resource_is_refused(value: Any) -> None:
    assert len(fhir.validate(value)) == 1


def test_all_faults_are_told_up_to_a_limit() -> None:
    resource = sample("Patient")
    resource["name"] = [{"use": "x"} for _ in range(500)]
    resource["gender"] = "x"
    assert len(fhir.validate(resource)) == 100


def test_messages_say_all_their_words_in_both_languages() -> None:
    for key in catalogue():
        vi, en = catalogue()[key].parameters()
        assert vi == en
        assert catalogue()[key].vi != catalogue()[key].en


def test_an_outcome_carries_both_languages_and_is_itself_valid() -> None:
    resource = sample("Patient")
    resource["gender"] = "x"
    outcome = fhir.operation_outcome(fhir.validate(resource), "vi")
    assert fhir.validate(outcome) == []
    row = outcome["issue"][0]
    assert row["expression"] == ["Patient.gender"]
    assert "không được phép" in row["details"]["text"]
    content = row["details"]["_text"]["extension"][0]["extension"][1]["valueString"]
    assert "not allowed" in content
    assert fhir.validate(fhir.operation_outcome([], "en")) == []
