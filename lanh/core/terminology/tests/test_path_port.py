"""The terminology as FHIRPath asks it, with a database and without."""

from __future__ import annotations

from datetime import date

from lanh.core import terminology
from lanh.core.database import SyncDatabase
from lanh.core.fhir.path import Environment, compile_path
from lanh.core.terminology import CodeSystem, Concept, PathTerminology, Terminology
from lanh.core.terminology.tests.samples import DAY
from lanh.core.text import Words

GENDERS = "http://hl7.org/fhir/ValueSet/administrative-gender"
GENDER = "http://hl7.org/fhir/administrative-gender"
UNITS = "http://hl7.org/fhir/ValueSet/ucum-units"
ICD = "urn:test:icd"


def test_packaged_sets_answer_without_a_database() -> None:
    port = PathTerminology(Terminology(lambda: DAY))
    assert port.member_of(GENDERS, GENDER, "male") is True
    assert port.member_of(GENDERS, None, "male") is True
    assert port.member_of(GENDERS, GENDER, "m") is False
    assert port.member_of(GENDERS, "urn:else", "male") is False
    assert port.member_of(UNITS, "http://unitsofmeasure.org", "kg") is True
    assert port.member_of("urn:none", GENDER, "male") is None
    acts = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
    assert port.subsumes(acts, "_ActEncounterCode", "AMB") is True
    assert port.subsumes(acts, "AMB", "_ActEncounterCode") is False
    assert port.subsumes("urn:none", "a", "b") is None


def test_an_expression_asks_it() -> None:
    environment = Environment(terminology=PathTerminology(Terminology(lambda: DAY)))
    path = compile_path(f"Patient.gender.memberOf('{GENDERS}')")
    for gender, expected in (("male", [True]), ("man", [False])):
        patient = {"resourceType": "Patient", "gender": gender}
        assert path(patient, environment=environment) == expected


def test_a_part_of_a_system_leaves_open_what_it_does_not_hold(database: SyncDatabase) -> None:
    part = CodeSystem(ICD, "T", "1", Words("Bệnh", "Diseases"), date(2020, 1, 1), "fragment",
                      (Concept("A00", Words("Tả", "Cholera")),))  # fmt: skip
    database.transact(terminology.load(part, DAY))
    port = PathTerminology(Terminology(lambda: DAY), database.read)
    assert port.member_of(f"{ICD}?fhir_vs", ICD, "A00") is True
    assert port.member_of(f"{ICD}?fhir_vs", ICD, "B99") is None
