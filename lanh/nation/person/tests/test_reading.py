"""Numbers, cards, names: what is read from them, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanh.nation import naming
from lanh.nation.person import (
    PersonalNumber,
    features_of,
    insurance_card,
    insurance_number,
    masked,
    read_scan,
    understand,
)
from lanh.nation.person.features import FACILITY, INSURANCE, PERSONAL


@pytest.mark.parametrize(
    ("text", "sex", "year"),
    [
        ("099 090 123 456", "male", 1990),
        ("099-190-123-456", "female", 1990),
        ("099301000001", "female", 2001),
        ("099200000001", "male", 2000),
    ],
)
def test_a_personal_number_tells_sex_and_year(text: str, sex: str, year: int) -> None:
    number = PersonalNumber.parse(text)
    assert number is not None
    assert (number.sex, number.birth_year) == (sex, year)
    assert number.warnings(sex, f"{year}-05-01") == []
    assert len(number.warnings("female" if sex == "male" else "male", "1900-05-01")) == 2


@pytest.mark.parametrize("text", ["", "12345", "0990901234567", "09909012345x", "٠٩٩٠٩٠١٢٣٤٥٦"])
def test_what_is_no_personal_number(text: str) -> None:
    assert PersonalNumber.parse(text) is None


def test_a_card_carries_the_insurance_number() -> None:
    assert insurance_card("ZZ 4 01 0123456789") == "ZZ4010123456789"
    assert insurance_number("ZZ4010123456789") == "0123456789"
    assert insurance_number("0123456789") == "0123456789"
    assert insurance_number("ZZ6010123456789") is None


def test_a_chip_card_is_read_with_and_without_further_fields() -> None:
    text = "099090123456|011234567|Đặng Minh Khôi|14031990|Nam|Phường Ba Đình, Hà Nội|01012022"
    for line in (text, text + "|0990123|x"):
        scan = read_scan(line)
        assert scan is not None
        assert (scan.personal_number, scan.birth_date, scan.sex) == (
            "099090123456",
            "1990-03-14",
            "male",
        )
        assert scan.name == "Đặng Minh Khôi"


def test_a_paper_insurance_card_is_read() -> None:
    name, address = ("Đỗ Thị Hà".encode().hex(), "Cầu Giấy".encode().hex())
    scan = read_scan(f"ZZ4010123456789|{name}|02/11/1985|2|{address}|01-001|01/01/2020|-")
    assert scan is not None
    assert (scan.card, scan.insurance, scan.name, scan.sex, scan.birth_date) == (
        "ZZ4010123456789",
        "0123456789",
        "Đỗ Thị Hà",
        "female",
        "1985-11-02",
    )


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    read_scan(text)
    understand(text)
    read_scan("099090123456|" + text)


@pytest.mark.parametrize(
    ("text", "kind", "count"),
    [
        ("Đặng Minh Khôi", "name", 3),
        ("dang minh 1990", "name", 3),
        ("dang minh 14031990", "name", 3),
        ("dang minh 14.3.1990", "name", 3),
        ("099090123456", "number", 1),
        ("ZZ4010123456789", "insurance", 1),
        ("0123456789", "insurance", 1),
        ("099090123456|x|A|14031990|Nam|Y|01012022", "card", 1),
        ("   ", "nothing", 0),
        ("1990", "nothing", 0),
    ],
)
def test_a_search_text_is_taken_for(text: str, kind: str, count: int) -> None:
    wanted = understand(text)
    assert (wanted.kind, len(wanted.parameters)) == (kind, count)


def test_features_of_a_patient() -> None:
    features = features_of(
        {
            "resourceType": "Patient",
            "id": "p",
            "identifier": [
                {"system": naming.PERSONAL_NUMBER, "value": "099 190 123 456"},
                {"system": naming.PERSONAL_NUMBER, "value": "123", "use": "official"},
                {"system": naming.INSURANCE_CARD, "value": "ZZ4010123456789"},
                {"system": naming.patient_number("99001"), "value": "17"},
                {"system": "urn:other", "value": "17"},
            ],
            "name": [{"family": "Đỗ", "given": ["Thị", "Hà"]}],
            "gender": "female",
            "birthDate": "1990-03-14",
            "telecom": [{"system": "phone", "value": "+84 900 000 001"}],
            "address": [
                {"extension": [{"url": naming.COMMUNE_EXTENSION, "valueCoding": {"code": "00004"}}]}
            ],
        }
    )
    assert (features.name, features.written) == ("do thi ha", "Đỗ Thị Hà")
    assert (features.place, features.phone) == ("00004", "0900000001")
    assert features.values(PERSONAL) == {"099190123456"}
    assert features.values(INSURANCE) == {"0123456789"}
    assert features.values(FACILITY) == {f"{naming.patient_number('99001')}|17"}


def test_temporary_cards_and_placeholder_names_identify_nobody() -> None:
    features = features_of(
        {
            "id": "p",
            "identifier": [{"system": naming.INSURANCE_CARD, "value": "TE1010123456789"}],
            "name": [{"text": "Con bà Đỗ Thị Hà"}],
        }
    )
    assert (features.name, features.identifiers) == ("", ())


def test_masked_numbers_show_their_end() -> None:
    assert masked("099190123456") == "••••••••3456"
    assert masked("") == ""
