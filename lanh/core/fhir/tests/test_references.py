"""References: found, read, rewritten; and the patient a resource belongs to."""

from __future__ import annotations

from typing import Any

import pytest

from lanh.core import fhir
from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.tests.samples import sample

_URN = "urn:uuid:c757873d-ec9a-4326-a141-556f43239520"


def test_every_reference_is_found_with_its_path() -> None:
    found = dict(fhir.references(sample("Encounter")))
    assert found == {
        ("subject",): {"reference": "Patient/p1"},
        ("participant", 0, "individual"): {"reference": "Practitioner/d1"},
        ("serviceProvider",): {"reference": "Organization/o1"},
    }


def test_a_found_reference_is_the_one_inside() -> None:
    resource = sample("Encounter")
    for _, reference in fhir.references(resource):
        reference["reference"] = "x"
    assert resource["subject"] == {"reference": "x"}


def test_references_without_their_paths_are_the_same_in_the_same_order() -> None:
    resource = {**sample("Encounter"), "contained": [sample("Observation")]}
    found = [reference for _, reference in fhir.references(resource)]
    assert list(map(id, fhir.reference_elements(resource))) == list(map(id, found))


def test_the_patient_of_a_resource_by_what_its_references_stand_for() -> None:
    resource = {"resourceType": "Observation", "subject": {"reference": _URN}}
    assert fhir.patient_of(resource) is None
    assert fhir.patient_of(resource, {_URN: "Patient/9"}.get) == "9"
    assert resource["subject"] == {"reference": _URN}
    visit = {"resourceType": "Encounter", "subject": {"reference": _URN}}
    assert fhir.patient_of(visit, {_URN: "Patient/9"}.get) == "9"


def test_references_are_rewritten_where_the_mapping_says_so() -> None:
    resource: dict[str, Any] = {
        "resourceType": "Observation",
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": _URN}],
        "subject": {"reference": _URN, "display": _URN},
        "encounter": {"reference": "Encounter/1"},
        "meta": {"source": _URN},
        "instantiatesUri": [_URN],
        "text": {"div": f'<div><a href="{_URN}">{_URN}</a></div>'},
        "extension": [{"url": "x", "valueUri": _URN}],
        "contained": [{"resourceType": "Patient", "link": [{"other": {"reference": _URN}}]}],
    }
    count = fhir.rewrite_references(resource, {_URN: "Patient/9"}.get)
    assert count == 6
    assert resource["subject"] == {"reference": "Patient/9", "display": _URN}
    assert resource["encounter"] == {"reference": "Encounter/1"}
    assert resource["identifier"][0]["value"] == _URN
    assert resource["instantiatesUri"] == ["Patient/9"]
    assert resource["text"]["div"] == f'<div><a href="Patient/9">{_URN}</a></div>'
    assert resource["contained"][0]["link"][0]["other"]["reference"] == "Patient/9"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Patient/1", ("Patient", "1")), ("Patient/1/_history/2", ("Patient", "1")),
     ("Patients/1", None), ("Patient", None), ("Patient/", None), ("#1", None),
     ("http://a/Patient/1", None), ("Patient/1/2", None), (_URN, None)],
)  # fmt: skip
def test_reading_a_reference(text: str, expected: tuple[str, str] | None) -> None:
    assert fhir.parse_reference(text) == expected


@pytest.mark.parametrize(
    ("resource", "expected"),
    [(sample("Patient"), "p1"), (sample("Observation"), "p1"), (sample("Immunization"), "p1"),
     (sample("Claim"), "p1"), (sample("Organization"), None),
     ({"resourceType": "Coverage", "beneficiary": {"reference": "Patient/b"},
       "subscriber": {"reference": "Patient/s"}}, "b"),
     ({"resourceType": "Observation", "subject": {"reference": "Group/1"}}, None),
     ({"resourceType": "Observation", "subject": {"reference": "Group/1"},
       "performer": [{"reference": "Patient/me"}]}, "me"),
     ({"resourceType": "Observation", "performer": [{"reference": "Patient/author"}],
       "subject": {"reference": "Patient/about"}}, "about"),
     ({"resourceType": "Appointment", "participant": [
         {"actor": {"reference": "Practitioner/1"}}, {"actor": {"reference": "Patient/2"}}]}, "2"),
     ({"resourceType": "Schedule", "actor": [{"reference": "Patient/3"}]}, "3"),
     ({"resourceType": "Observation", "subject": {"reference": "http://a/Patient/1"}}, None),
     ({"resourceType": "Observation", "subject": "x", "performer": [None]}, None),
     ({"resourceType": "Nothing"}, None), ({}, None)],
)  # fmt: skip
def test_the_patient_a_resource_belongs_to(resource: dict[str, Any], expected: str | None) -> None:
    assert fhir.patient_of(resource) == expected


def test_every_type_of_the_compartment_can_be_asked() -> None:
    for kind in definitions().compartment("Patient"):
        assert fhir.patient_of({"resourceType": kind, "id": "x"}) == (
            "x" if kind == "Patient" else None
        )
