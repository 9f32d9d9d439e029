"""From resources as they came to lines of a timeline."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from lanh.core import ui
from lanh.core.text import Message, Words
from lanh.core.web.record import events, facts, reading
from lanh.core.web.services import Record

AT = datetime(2026, 10, 1, tzinfo=UTC)
BELOW = [{"high": {"value": 1}}]


def record(resource: dict[str, Any], receipt: str = "r1") -> Record:
    resource = {"id": f"x{id(resource)}", **resource}
    kind = resource["resourceType"]
    return Record(kind, resource["id"], 1, AT, resource, "99001", "Trạm", receipt)


def observation(name: str, value: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": name},
        "category": [{"coding": [{"code": "laboratory"}]}],
        "effectiveDateTime": "2026-09-01T08:00:00+07:00",
        "valueQuantity": {"value": Decimal(value), "unit": "mmol/L"},
        **more,
    }


VISIT = {
    "resourceType": "Encounter",
    "id": "v1",
    "class": {"code": "AMB"},
    "period": {"start": "2026-09-01T08:00:00+07:00"},
}
AT_VISIT = {"encounter": {"reference": "Encounter/v1"}}


@pytest.mark.parametrize(
    ("given", "flag"),
    [
        ({"interpretation": [{"coding": [{"code": "HH"}]}]}, "high"),
        ({"interpretation": [{"coding": [{"code": "L"}]}]}, "low"),
        ({"interpretation": [{"coding": [{"code": "POS"}]}]}, "abnormal"),
        ({"interpretation": [{"coding": [{"code": "N"}]}], "referenceRange": BELOW}, ""),
        ({"referenceRange": [{"low": {"value": 3}, "high": {"value": 4}}]}, "high"),
        ({"referenceRange": [{"low": {"value": 6}}]}, "low"),
        ({"referenceRange": [{"low": {"value": 3}, "high": {"value": 5}}]}, ""),
        ({}, ""),
    ],
)  # fmt: skip
def test_the_laboratorys_own_flag_goes_before_its_range(given: dict[str, Any], flag: str) -> None:
    assert reading.out_of_range(observation("Kali", "5", **given)) == flag


def test_values_keep_the_precision_they_came_with() -> None:
    assert reading.value(observation("Kali", "4.10"), "vi") == "4,10\xa0mmol/L"
    parts: dict[str, Any] = {"resourceType": "Observation", "component": [
        {"code": {"text": "Tâm thu"}, "valueQuantity": {"value": 120, "unit": "mmHg"}},
        {"code": {"text": "Tâm trương"}, "valueQuantity": {"value": 80, "unit": "mmHg"}},
    ]}  # fmt: skip
    assert reading.value(parts, "vi") == "Tâm thu 120\xa0mmHg; Tâm trương 80\xa0mmHg"
    for part, loinc in zip(parts["component"], ("8480-6", "8462-4"), strict=True):
        part["code"] = {"coding": [{"code": loinc}]}
        part["valueQuantity"]["unit"] = "mm[Hg]"
    assert reading.value(parts, "vi") == "120/80\xa0mmHg"


def test_results_of_one_time_are_one_event_with_the_abnormal_first() -> None:
    high = observation("Glucose", "9", interpretation=[{"coding": [{"code": "H"}]}])
    found = events.events([record(observation("Natri", "140")), record(high)], "vi")
    assert [event.title for event in found] == ["Xét nghiệm: 2 chỉ số"]
    assert found[0].attention
    assert [line.name for line in found[0].lines] == ["Glucose", "Natri"]
    assert found[0].line == "1 ngoài khoảng tham chiếu"


def test_a_visit_tells_its_diagnoses_and_holds_what_was_done() -> None:
    condition = {"resourceType": "Condition", "code": {"text": "Viêm họng cấp"}, **AT_VISIT}
    drug = {
        "resourceType": "MedicationRequest",
        "medicationCodeableConcept": {"text": "Amoxicilin"},
        "authoredOn": "2026-09-01",
        **AT_VISIT,
    }
    later = {
        "resourceType": "Immunization",
        "vaccineCode": {"text": "Sởi"},
        "occurrenceDateTime": "2026-09-05",
    }
    every = events.events([record(each) for each in (VISIT, condition, drug, later)], "vi")
    assert len(every) == 3
    nested = events.by_visit(every)
    assert [(event.title, event.line) for event in nested] == [
        ("Sởi", ""),
        ("Khám ngoại trú", "Viêm họng cấp"),
    ]
    assert [part.title for part in nested[1].within] == ["Amoxicilin"]


def test_a_claim_stands_with_its_visit_and_tells_its_total() -> None:
    claim: dict[str, Any] = {
        "resourceType": "Claim",
        "billablePeriod": {"start": "2026-09-01T08:00:00+07:00"},
        "item": [
            {"sequence": 1},
            {"sequence": 2, "encounter": [{"reference": "Encounter/v1"}]},
            {"sequence": 3, "encounter": [{"reference": "Encounter/v1"}]},
        ],
        "total": {"value": Decimal("1250000"), "currency": "VND"},
    }
    elsewhere = {**claim, "item": [{"sequence": 1, "encounter": [{"reference": "Encounter/x"}]}]}
    every = events.events([record(VISIT), record(claim), record(elsewhere)], "vi")
    nested = events.by_visit(every)
    assert len(nested) == 2
    (visit,) = [event for event in nested if event.kind == "visit"]
    assert [(part.title, part.line) for part in visit.within] == [
        ("Hồ sơ thanh toán BHYT", "Tổng 1.250.000\xa0VND")
    ]
    (alone,) = [event for event in nested if event.kind == "claim"]
    assert alone.record.facility_name == "Trạm"
    assert events.events([record({**claim, "status": "cancelled"})], "vi") == []


def test_a_document_stands_with_its_visit_by_its_kind_and_title() -> None:
    paper = {
        "resourceType": "DocumentReference",
        "status": "current",
        "type": {"text": "Giấy ra viện"},
        "date": "2026-09-03T09:00:00+07:00",
        "content": [{"attachment": {"title": "Giấy ra viện số 12"}}],
        "context": {"encounter": [{"reference": "Encounter/v1"}]},
    }
    (visit,) = events.by_visit(events.events([record(VISIT), record(paper)], "vi"))
    assert [(part.kind, part.title, part.line) for part in visit.within] == [
        ("document", "Giấy ra viện", "Giấy ra viện số 12")
    ]
    loose = {key: value for key, value in paper.items() if key not in ("context", "type")}
    (event,) = events.events([record(loose)], "vi")
    assert (event.title, event.when) == ("Giấy tờ", "2026-09-03T09:00:00+07:00")


def test_a_code_without_a_name_takes_the_name_another_record_gives_it() -> None:
    named = {"coding": [{"code": "03.1", "display": "Siêu âm"}]}
    order = {"resourceType": "ServiceRequest", "code": named}
    report = {"resourceType": "DiagnosticReport", "conclusion": "Bình thường",
              "issued": "2026-09-01",
              "code": {"coding": [{"code": "03.1"}]}}  # fmt: skip
    titles = {event.title for event in events.events([record(order), record(report)], "vi")}
    assert titles == {"Siêu âm"}


def test_a_report_that_only_collects_results_is_not_told_twice() -> None:
    result = observation("Natri", "140", id="o1")
    report = {
        "resourceType": "DiagnosticReport",
        "code": {"text": "Sinh hóa"},
        "result": [{"reference": "Observation/o1"}],
    }
    found = events.events([record(result), record(report)], "vi")
    assert [event.title for event in found] == ["Natri"]


def test_what_was_entered_in_error_is_not_told() -> None:
    wrong = {**observation("Natri", "140"), "status": "entered-in-error"}
    assert events.events([record(wrong)], "vi") == []


def test_partial_dates_and_no_date_find_their_place() -> None:
    days = ["2026-09-01T23:30:00Z", "2026-09", "", "2026-09-02"]
    given = [
        record(
            {
                "resourceType": "Procedure",
                "code": {"text": day or "?"},
                **({"performedDateTime": day} if day else {}),
            }
        )
        for day in days
    ]
    assert [event.title for event in events.events(given, "vi")] == [
        "2026-09-01T23:30:00Z", "2026-09-02", "2026-09", "?",
    ]  # fmt: skip


def test_allergies_worst_first_and_known_none() -> None:
    def allergy(name: str, **more: Any) -> Record:
        return record({"resourceType": "AllergyIntolerance", "code": {"text": name}, **more})

    gone = {"clinicalStatus": {"coding": [{"code": "resolved"}]}}
    refuted = {"verificationStatus": {"coding": [{"code": "refuted"}]}}
    given = [
        allergy("Tôm"),
        allergy("Penicillin", criticality="high"),
        allergy("Sữa", **gone),
        allergy("Lạc", **refuted),
    ]
    found, asked = facts.safety(given)
    assert ([each.substance for each in found], asked) == (["Penicillin", "Tôm"], True)
    none = record(
        {"resourceType": "AllergyIntolerance", "code": {"coding": [{"code": "716186003"}]}}
    )
    assert facts.safety([none]) == ([], True)
    assert facts.safety([]) == ([], False)


def test_a_line_says_that_a_substance_is_an_allergy() -> None:
    prawn = record({
        "resourceType": "AllergyIntolerance", "code": {"text": "Tôm"}, "onsetDateTime": "2020",
        "reaction": [{"manifestation": [{"text": "Mề đay"}]}],
    })  # fmt: skip
    none = record({
        "resourceType": "AllergyIntolerance", "recordedDate": "2021",
        "code": {"coding": [{"code": "no-known-allergies"}], "text": "Không ghi nhận dị ứng"},
    })  # fmt: skip
    lines = [(event.title, event.line) for event in events.events([prawn, none], "vi")]
    assert lines == [("Không ghi nhận dị ứng", ""), ("Dị ứng: Tôm", "Mề đay")]


def test_the_banner_takes_the_newest_word_and_fills_gaps() -> None:
    old = Record("Patient", "a", 1, datetime(2025, 1, 1, tzinfo=UTC),
                 {"name": [{"text": "Nguyễn Thị A"}], "gender": "female", "birthDate": "1990",
                  "telecom": [{"system": "phone", "value": "0900000001"}]})  # fmt: skip
    where = {"text": "Thôn 5", "city": "Xã Thử", "state": "Tỉnh Mẫu"}
    new = Record("Patient", "b", 1, AT,
                 {"name": [{"family": "Nguyễn", "given": ["Thị", "An"]}],
                  "birthDate": "1990-05-06",
                  "address": [where]})  # fmt: skip
    who = facts.person([old, new], {}, "vi")
    assert (who.name, who.sex, who.birth) == ("Nguyễn Thị An", "female", "1990-05-06")
    assert (who.phone, who.address) == ("0900000001", "Thôn 5, Xã Thử, Tỉnh Mẫu")


def test_the_banner_warns_of_a_number_that_disagrees_with_what_is_shown() -> None:
    body = {"resourceType": "Patient", "gender": "male", "birthDate": "1990-05-06",
            "identifier": [{"system": "s", "value": "1"}]}  # fmt: skip
    asked: list[tuple[str, ...]] = []

    def warned(*said: str) -> list[Message]:
        asked.append(said)
        return [Message(Words("Số khác ngày sinh.", "Unlike the birth date."))]

    who = facts.person([record(body)], {"s": "Số"}, "vi", number_warnings=warned)
    assert asked == [("s", "1", "male", "1990-05-06")]
    assert who.warnings == ["Số khác ngày sinh."]
    assert "Số khác ngày sinh." in ui.person_banner(who, AT.date(), "vi")
