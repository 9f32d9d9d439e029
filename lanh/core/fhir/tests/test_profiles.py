"""Profiles: what each kind of row in a differential refuses, where, and what it lets pass."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from lanh.core.fhir.tests.profiling import BASE, CORE, Row, element, extension, found, profile, rule
from lanh.core.fhir.tests.samples import sample

V3 = "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus"
MARITAL = "http://hl7.org/fhir/ValueSet/marital-status"
USE = "http://hl7.org/fhir/ValueSet/name-use"
UCUM = "http://unitsofmeasure.org"


def patient(**changes: Any) -> Row:
    """The sample Patient with changes; None removes."""
    resource = sample("Patient") | changes
    return {key: value for key, value in resource.items() if value is not None}


def observation(**changes: Any) -> Row:
    resource = sample("Observation") | changes
    return {key: value for key, value in resource.items() if value is not None}


def concept(code: str, system: str = V3) -> Row:
    return {"coding": [{"system": system, "code": code}]}


OK: list[tuple[str, str]] = []
# what, rows of the differential, resource, expected (code, expression)
CASES: list[tuple[str, list[Row], Row, list[tuple[str, str]]]] = [
    ("min kept", [element("Patient.birthDate", min=1)], patient(), OK),
    ("min broken", [element("Patient.birthDate", min=1)], patient(birthDate=None),
     [("required", "Patient.birthDate")]),
    ("min of a list", [element("Patient.name", min=2)], patient(), [("required", "Patient.name")]),
    ("min of an absent list", [element("Patient.link", min=1)], patient(),
     [("required", "Patient.link")]),
    ("min met by an extension alone", [element("Patient.birthDate", min=1)],
     patient(birthDate=None, _birthDate={"extension": [{"url": "http://x", "valueCode": "a"}]}),
     OK),
    ("max kept", [element("Patient.name", max="1")], patient(), OK),
    ("max broken", [element("Patient.telecom", max="1")],
     patient(telecom=[{"value": "1", "system": "phone"}, {"value": "2", "system": "phone"}]),
     [("structure", "Patient.telecom")]),
    ("max 0", [element("Patient.gender", max="0")], patient(), [("structure", "Patient.gender")]),
    ("max 0 of a choice", [element("Patient.deceased[x]", max="0")], patient(),
     [("structure", "Patient.deceased")]),
    ("min of a nested element only where its parent is", [element("Patient.contact.gender", min=1)],
     patient(contact=None), OK),
    ("min of a nested element", [element("Patient.contact.gender", min=1)], patient(),
     [("required", "Patient.contact[0].gender")]),
    ("min inside a data type", [element("Patient.name.family", min=1)],
     patient(name=[{"text": "x"}, {"family": "y"}]), [("required", "Patient.name[0].family")]),
    ("min of a choice", [element("Patient.multipleBirth[x]", min=1)], patient(),
     [("required", "Patient.multipleBirth")]),
    ("type of a choice kept", [element("Patient.deceased[x]", type=[{"code": "boolean"}])],
     patient(), OK),
    ("type of a choice broken", [element("Patient.deceased[x]", type=[{"code": "boolean"}])],
     patient(deceasedBoolean=None, deceasedDateTime="2026"), [("structure", "Patient.deceased")]),
    ("shortcut of a choice allows that type alone",
     [element("Patient.deceasedDateTime", min=0)], patient(), [("structure", "Patient.deceased")]),
    ("shortcut with min", [element("Patient.deceasedDateTime", min=1)],
     patient(deceasedBoolean=None), [("required", "Patient.deceased")]),
    ("two shortcuts", [element("Patient.deceasedDateTime"), element("Patient.deceasedBoolean")],
     patient(), OK),
    ("inside a shortcut", [element("Observation.valueQuantity.code", fixedCode="mg")],
     observation(), [("value", "Observation.value.code")]),
    ("fixed code", [element("Patient.gender", fixedCode="female")], patient(), OK),
    ("other code", [element("Patient.gender", fixedCode="male")], patient(),
     [("value", "Patient.gender")]),
    ("fixed boolean", [element("Patient.active", fixedBoolean=True)], patient(active=False),
     [("value", "Patient.active")]),
    ("fixed false is not 0", [element("Patient.active", fixedBoolean=False)],
     patient(active=False), OK),
    ("fixed, absent", [element("Patient.active", fixedBoolean=True)], patient(), OK),
    ("fixed object, the same", [element("Patient.maritalStatus",
                                        fixedCodeableConcept=concept("M"))],
     patient(maritalStatus=concept("M")), OK),
    ("fixed object with more", [element("Patient.maritalStatus",
                                        fixedCodeableConcept=concept("M"))],
     patient(maritalStatus=concept("M") | {"text": "x"}), [("value", "Patient.maritalStatus")]),
    ("pattern with more", [element("Patient.maritalStatus",
                                   patternCodeableConcept=concept("M"))],
     patient(maritalStatus={"coding": [{"system": V3, "code": "S"},
                                       {"system": V3, "code": "M", "display": "Married"}]}), OK),
    ("pattern broken", [element("Patient.maritalStatus", patternCodeableConcept=concept("M"))],
     patient(maritalStatus=concept("S")), [("value", "Patient.maritalStatus")]),
    ("pattern of each", [element("Patient.identifier",
                                 patternIdentifier={"system": "urn:id"})],
     patient(identifier=[{"system": "urn:id", "value": "1"}, {"system": "urn:x", "value": "1"}]),
     [("value", "Patient.identifier[1]")]),
    ("pattern of a string", [element("Patient.name.family", patternString="Nguyễn")],
     patient(), OK),
    ("pattern of a number", [element("Observation.value[x]", patternQuantity={"value": 13.5})],
     observation(valueQuantity={"value": Decimal("13.50")}), OK),
    ("required set kept", [element("Patient.maritalStatus",
                                   binding={"strength": "required", "valueSet": MARITAL})],
     patient(maritalStatus=concept("M")), OK),
    ("required set broken", [element("Patient.maritalStatus",
                                     binding={"strength": "required", "valueSet": MARITAL})],
     patient(maritalStatus=concept("XX")), [("code-invalid", "Patient.maritalStatus")]),
    ("required set, wrong system", [element("Patient.maritalStatus",
                                            binding={"strength": "required", "valueSet": MARITAL})],
     patient(maritalStatus=concept("M", "urn:x")), [("code-invalid", "Patient.maritalStatus")]),
    ("required set, text alone", [element("Patient.maritalStatus",
                                          binding={"strength": "required", "valueSet": MARITAL})],
     patient(maritalStatus={"text": "M"}), [("code-invalid", "Patient.maritalStatus")]),
    ("required set with version", [element("Patient.maritalStatus", binding={
        "strength": "required", "valueSet": MARITAL + "|4.0.1"})],
     patient(maritalStatus=concept("M")), OK),
    ("required set of a Coding", [element("Encounter.class", binding={
        "strength": "required", "valueSet": MARITAL})], sample("Encounter"),
     [("code-invalid", "Encounter.class")]),
    ("required set of a Quantity", [element("Observation.valueQuantity", binding={
        "strength": "required", "valueSet": "http://hl7.org/fhir/ValueSet/units-of-time"})],
     observation(), [("code-invalid", "Observation.value")]),
    ("required set of a code", [element("Patient.language", binding={
        "strength": "required", "valueSet": USE})], patient(language="vi"),
     [("code-invalid", "Patient.language")]),
    ("extensible set is no error", [element("Patient.maritalStatus", binding={
        "strength": "extensible", "valueSet": MARITAL})], patient(maritalStatus=concept("X")), OK),
    ("set that nobody can list", [element("Patient.maritalStatus", binding={
        "strength": "required", "valueSet": "http://example.vn/vs"})],
     patient(maritalStatus=concept("X")), OK),
    ("rule kept", [element("Patient", constraint=[rule("p-1", "name.exists()")])], patient(), OK),
    ("rule broken", [element("Patient", constraint=[rule("p-1", "photo.exists()")])], patient(),
     [("invariant", "Patient")]),
    ("rule of an element", [element("Patient.name", constraint=[rule("n-1", "given.count() > 2")])],
     patient(), [("invariant", "Patient.name[0]")]),
    ("rule with %resource", [element("Patient.name", constraint=[
        rule("n-1", "%resource.active = true")])], patient(active=False),
     [("invariant", "Patient.name[0]")]),
    ("rule of severity warning is no error", [element("Patient", constraint=[
        rule("p-1", "photo.exists()", "warning")])], patient(), OK),
    ("rule whose answer is empty", [element("Patient", constraint=[rule("p-1", "active")])],
     patient(), [("invariant", "Patient")]),
    ("target kept", [element("Patient.generalPractitioner", type=[
        {"code": "Reference", "targetProfile": [CORE + "Practitioner"]}])],
     patient(generalPractitioner=[{"reference": "Practitioner/1"}]), OK),
    ("target broken", [element("Patient.generalPractitioner", type=[
        {"code": "Reference", "targetProfile": [CORE + "Practitioner"]}])],
     patient(generalPractitioner=[{"reference": "Organization/1"}]),
     [("value", "Patient.generalPractitioner[0].reference")]),
    ("target of a urn stays open", [element("Patient.generalPractitioner", type=[
        {"code": "Reference", "targetProfile": [CORE + "Practitioner"]}])],
     patient(generalPractitioner=[{"reference": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520"}]),
     OK),
    ("maxLength kept", [element("Patient.name.family", maxLength=6)], patient(), OK),
    ("maxLength broken", [element("Patient.name.family", maxLength=5)], patient(),
     [("too-long", "Patient.name[0].family")]),
    ("minValue of a date", [element("Patient.birthDate", minValueDate="1990-01-01")], patient(),
     [("value", "Patient.birthDate")]),
    ("maxValue of a date", [element("Patient.birthDate", maxValueDate="1990-01-01")], patient(),
     OK),
    ("maxValue of a quantity", [element("Observation.valueQuantity", maxValueQuantity={
        "value": 10, "system": UCUM, "code": "g/dL"})], observation(),
     [("value", "Observation.value")]),
    ("minValue of a quantity in other units is not judged",
     [element("Observation.valueQuantity", minValueQuantity={
         "value": 100, "system": UCUM, "code": "g/L"})], observation(), OK),
    ("maxValue of an integer", [element("Patient.multipleBirthInteger", maxValueInteger=3)],
     patient(multipleBirthInteger=4), [("value", "Patient.multipleBirth")]),
    ("mustSupport asks for nothing", [element("Patient.photo", mustSupport=True)], patient(), OK),
    ("element of a contained data type", [element("Patient.contact.name.use", min=1,
                                                  fixedCode="usual")], patient(),
     [("required", "Patient.contact[0].name.use")]),
    ("element of a primitive", [element("Patient.birthDate.extension", min=1)], patient(),
     [("required", "Patient.birthDate.extension")]),
]  # fmt: skip


@pytest.mark.parametrize(("what", "rows", "resource", "expected"), CASES,
                         ids=[case[0] for case in CASES])  # fmt: skip
def test_each_row_is_judged(
    what: str, rows: list[Row], resource: Row, expected: list[tuple[str, str]]
) -> None:
    assert found(resource, profile("P", *rows, of=resource["resourceType"])) == expected


def test_warnings_are_told_where_asked_for() -> None:
    rows = [
        element("Patient", constraint=[rule("p-1", "photo.exists()", "warning")]),
        element("Patient.maritalStatus", binding={"strength": "extensible", "valueSet": MARITAL}),
    ]
    resource = patient(maritalStatus=concept("X", "urn:x"))
    resource["meta"] = {"profile": ["http://example.vn/unknown"]}
    told = found(resource, profile("P", *rows), warnings=True)
    assert ("invariant", "Patient") in told
    assert ("code-invalid", "Patient.maritalStatus") in told
    assert ("not-found", "Patient") in told
    assert ("not-found", "Patient.extension[0]") in told


def test_a_profile_for_another_type_fits_nothing() -> None:
    assert found(patient(), profile("P", of="Observation")) == [("structure", "Patient")]


def test_a_profile_on_a_profile_keeps_what_the_first_asks() -> None:
    first = profile("A", element("Patient.photo", min=1))
    second = profile("B", element("Patient.link", min=1), base=BASE + "A")
    told = found(patient(), second, first)
    assert sorted(told) == [("required", "Patient.link"), ("required", "Patient.photo")]


def test_profiles_that_derive_from_each_other_are_unknown() -> None:
    first = profile("A", element("Patient.photo", min=1), base=BASE + "B")
    second = profile("B", element("Patient.link", min=1), base=BASE + "A")
    assert found(patient(), first, second) == OK
    told = found(patient(), first, second, warnings=True)
    assert ("not-found", "Patient") in told


def test_a_data_type_may_have_a_profile() -> None:
    name = profile("Name", element("HumanName.family", min=1), of="HumanName")
    name["kind"] = "complex-type"
    rows = element("Patient.name", type=[{"code": "HumanName", "profile": [BASE + "Name"]}])
    assert found(patient(), profile("P", rows), name) == OK
    resource = patient(name=[{"text": "x"}])
    assert found(resource, profile("P", rows), name) == [("required", "Patient.name[0].family")]


def test_one_of_several_profiles_of_a_data_type_is_enough() -> None:
    known = []
    for part in ("family", "text"):
        known.append(profile(part, element(f"HumanName.{part}", min=1), of="HumanName"))
    urls = [row["url"] for row in known]
    rows = element("Patient.name", type=[{"code": "HumanName", "profile": urls}])
    assert found(patient(name=[{"text": "x"}]), profile("P", rows), *known) == OK
    resource = patient(name=[{"use": "usual"}])
    assert found(resource, profile("P", rows), *known) == [("structure", "Patient.name[0]")]


def test_a_contained_target_is_judged_by_the_profile_it_must_have() -> None:
    doctor = profile("Doctor", element("Practitioner.qualification", min=1), of="Practitioner")
    rows = element(
        "Patient.generalPractitioner",
        type=[{"code": "Reference", "targetProfile": [BASE + "Doctor"]}],
    )
    person: Row = {"resourceType": "Practitioner", "id": "d"}
    resource = patient(contained=[person], generalPractitioner=[{"reference": "#d"}])
    told = found(resource, profile("P", rows), doctor)
    assert told == [("value", "Patient.generalPractitioner[0].reference")]
    person["qualification"] = [{"code": {"text": "x"}}]
    assert found(resource, profile("P", rows), doctor) == OK


def test_items_in_items_are_judged_like_the_first() -> None:
    rows = element("Questionnaire.item.text", min=1)
    inner = {"linkId": "2", "type": "string"}
    form: Row = {
        "resourceType": "Questionnaire",
        "status": "draft",
        "item": [{"linkId": "1", "type": "group", "text": "x", "item": [inner]}],
    }
    # What a profile narrows of an element is not asked of those that refer to its definition,
    # unless the profile says that it is the element as narrowed here.
    assert found(form, profile("P", rows, of="Questionnaire")) == OK
    inside = element("Questionnaire.item.item", contentReference="#Questionnaire.item")
    told = found(form, profile("P", rows, inside, of="Questionnaire"))
    assert told == [("required", "Questionnaire.item[0].item[0].text")]
    inner["text"] = "y"
    assert found(form, profile("P", rows, of="Questionnaire")) == OK


def test_what_a_bundle_holds_may_have_a_profile() -> None:
    rows = element("Bundle.entry.resource", type=[{"code": "Patient", "profile": [BASE + "N"]}])
    named = profile("N", element("Patient.photo", min=1))
    resource = sample("Bundle")
    told = found(resource, profile("B", rows, of="Bundle"), named)
    assert told == [("required", "Bundle.entry[0].resource.photo")]
    resource["entry"][0]["resource"] = {"resourceType": "Group", "type": "person", "actual": True}
    told = found(resource, profile("B", rows, of="Bundle"), named)
    assert told == [("structure", "Bundle.entry[0].resource")]


def test_an_added_extension_is_judged_wherever_it_stands() -> None:
    known = extension("Blood", element("Extension.value[x]", type=[{"code": "code"}]))
    anything = profile("P")
    good = {"url": BASE + "Blood", "valueCode": "A"}
    assert found(patient(extension=[good]), anything, known) == OK
    told = found(patient(extension=[good | {"valueCode": "A", "id": "x"}]), anything, known)
    assert told == OK
    wrong = [{"url": BASE + "Blood", "valueString": "A"}]
    told = found(patient(extension=wrong), anything, known)
    assert told == [("structure", "Patient.extension[0].value")]
    told = found(observation(extension=[good]), profile("P", of="Observation"), known)
    assert told == [("structure", "Observation.extension[0]")]


def test_extensions_that_modify_stand_apart() -> None:
    known = extension("Not", element("Extension.value[x]", type=[{"code": "boolean"}]),
                      modifies=True)  # fmt: skip
    row = {"url": BASE + "Not", "valueBoolean": True}
    assert found(patient(modifierExtension=[row]), profile("P"), known) == OK
    told = found(patient(extension=[row]), profile("P"), known)
    assert told == [("structure", "Patient.extension[0]")]
