"""Which Patients are infants, and what that means for linking them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from lanh.core.matching import Candidate, decide
from lanh.nation import naming
from lanh.nation.person.features import FACILITY, PERSONAL, POLICY, features_of

TODAY = date(2026, 10, 1)


def patient(id: str = "p", name: str = "Lê Thu An", **said: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "resourceType": "Patient",
        "id": id,
        "name": [{"text": name}],
        "birthDate": "2026-09-20",
        "gender": "female",
        "telecom": [{"system": "phone", "value": "0900000001"}],
        "address": [
            {"extension": [{"url": naming.COMMUNE_EXTENSION, "valueCoding": {"code": "99901"}}]}
        ],
    }
    return body | said


def mother(number: str = "099190000001") -> list[dict[str, Any]]:
    return [
        {
            "url": naming.MOTHER_EXTENSION,
            "valueIdentifier": {"system": naming.PERSONAL_NUMBER, "value": number},
        }
    ]


def number(value: str, system: str = naming.PERSONAL_NUMBER, **said: str) -> dict[str, Any]:
    return {"system": system, "value": value, **said}


def person_of(new: dict[str, Any], *known: dict[str, Any]) -> tuple[str | None, str]:
    candidates = [Candidate(features_of(each, TODAY), f"P{each['id']}") for each in known]
    decision = decide(features_of(new, TODAY), candidates, POLICY)
    return decision.person_id, decision.rule


@pytest.mark.parametrize(
    ("body", "infant"),
    [
        (patient(), True),
        (patient(birthDate="2025-10-01"), True),
        (patient(birthDate="2025-09-30"), False),
        (patient(birthDate="2020"), False),
        (patient(birthDate="2026"), False),
        (patient(birthDate="2026", extension=mother()), True),
        (patient(birthDate="2026", multipleBirthInteger=2), True),
        (patient(name="Con bà Lê Thị B", birthDate="2026"), True),
        (patient(birthDate="2026", identifier=[number("TE1990000000001", naming.INSURANCE_CARD)]),
         True),
        (patient(birthDate="2021-01-01", identifier=[
            number("TE1990000000001", naming.INSURANCE_CARD)]), False),
        (patient(birthDate="1990-01-01", extension=mother()), False),
    ],
)  # fmt: skip
def test_who_is_an_infant(body: dict[str, Any], infant: bool) -> None:
    assert features_of(body, TODAY).infant is infant


@pytest.mark.parametrize(
    "name", ["Con bà Nguyễn A", "CON CỦA A", "Bé trai", "Chưa đặt tên", "Vô danh 1", "Trẻ sơ sinh"]
)
def test_placeholder_names_are_no_names(name: str) -> None:
    assert features_of(patient(name=name)).name == ""


def test_a_newborn_of_two_facilities_is_linked_by_its_mother() -> None:
    born = patient("a", "Con bà Lê Thị B", extension=mother())
    seen = patient("b", extension=mother())
    assert person_of(seen, born) == ("Pa", "newborn")
    assert person_of(seen, patient("a", "Con bà Lê Thị B")) == (None, "new")
    assert person_of(seen, patient("a", extension=mother("099190000002"))) == (None, "new")


def test_twins_of_one_facility_stay_two() -> None:
    system = naming.patient_number("99001")
    first = patient("a", "Con bà Lê Thị B", extension=mother(), identifier=[number("1", system)])
    second = patient("b", "Con bà Lê Thị B", extension=mother(), identifier=[number("2", system)])
    assert person_of(second, first) == (None, "new")
    assert person_of({**first, "id": "c"}, first) == ("Pa", FACILITY)


def test_a_baby_under_its_mothers_patient_number_is_not_the_mother() -> None:
    system = naming.patient_number("99001")
    parent = patient("m", "Lê Thị B", birthDate="1995-02-02", identifier=[number("7", system)])
    baby = patient("b", "Lê Thị B", identifier=[number("7", system)])
    assert person_of(baby, parent) == (None, "new")


def test_a_person_without_a_number_is_known_by_name_birth_sex_and_home() -> None:
    grown = {"birthDate": "1980-05-17"}
    assert person_of(patient("b", **grown), patient("a", **grown)) == ("Pa", "demographics")
    moved = patient("a", address=[], telecom=[], **grown)
    assert person_of(patient("b", **grown), moved) == (None, "new")


def test_a_number_that_replaced_another_keeps_the_person() -> None:
    old = patient("a", "Lê Văn C", birthDate="1980-01-02", identifier=[number("099080000001")])
    renewed = patient(
        "b",
        "Lê Thị C",
        birthDate="1981-01-02",
        identifier=[number("099181000001"), number("099080000001", use="old")],
    )
    assert person_of(renewed, old) == ("Pa", PERSONAL)
    assert person_of(old, renewed) == ("Pb", PERSONAL)
