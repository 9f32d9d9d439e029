"""A notice from the doctor's form to the outbox: rules, signatures, the way, corrections."""

from __future__ import annotations

import json
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from lanh.core.database import SyncDatabase
from lanh.core.desks import DeskError, FormScreen, Sent
from lanh.core.signing import verify_xml
from lanh.core.workflow import evidence_of
from lanh.nation import codes
from lanh.systems.deaths.tests.scene import (
    CODES,
    DOCTOR,
    ELSEWHERE,
    HEAD,
    ICD,
    NOW,
    OTHER_DOCTOR,
    UCUM,
    Hospital,
    trust,
)


@pytest.fixture
def hospital(database: SyncDatabase) -> Hospital:
    return Hospital(database)


def test_a_notice_is_written_signed_and_sent(hospital: Hospital) -> None:
    about = hospital.admit()
    sent = hospital.noticed(about)
    composition = hospital.read(sent.record).resource()
    assert composition["type"]["coding"][0]["code"] == "64297-5"
    assert composition["subject"] == {"reference": about}
    assert composition["custodian"]["identifier"]["value"] == "99001"
    assert {ref.partition("/")[0] for ref in sent.written} == {
        "Composition", "Observation", "QuestionnaireResponse",
    }  # fmt: skip
    case = hospital.case(sent).case
    assert case.state == "signing"
    assert case.due == NOW + timedelta(hours=6)  # 4 working hours, lunch between
    hospital.sign(sent, DOCTOR, "doctor")
    with pytest.raises(DeskError):
        hospital.act(sent, "send")  # the head has not signed
    hospital.sign(sent, HEAD, "head")
    assert "deceasedDateTime" not in hospital.read(about).resource()
    assert hospital.act(sent, "send") == "sent"
    assert hospital.read(about).resource()["deceasedDateTime"] == "2026-03-02T07:15:00+07:00"
    assert hospital.read(sent.record).resource()["status"] == "final"
    (payload,) = hospital.outbox()
    message = json.loads(payload)
    found = verify_xml(message["body"].encode(), trust(), NOW)
    assert len(found) == 2 and all(each.valid for each in found)
    assert {each.signed[0].element.get("record") for each in found} == {composition["id"]}
    assert message["record"] == sent.record
    assert len(hospital.outbox("event:person-died")) == 1


def test_nobody_signs_for_another(hospital: Hospital) -> None:
    sent = hospital.noticed()
    with pytest.raises(DeskError):
        hospital.sign(sent, DOCTOR, "head")
    with pytest.raises(DeskError):
        hospital.sign(sent, OTHER_DOCTOR, "doctor")  # no key
    case = hospital.case(sent).case
    hospital.sign(sent, DOCTOR, "doctor")
    evidence = hospital.database.read(evidence_of(case.id))["doctor"]
    with pytest.raises(DeskError) as refused:
        hospital.run(
            hospital.desks.sign(
                "deaths", case.id, "head", HEAD, evidence, revision=case.revision
            )
        )  # fmt: skip
    assert "không đăng ký" in str(refused.value.message.vi)


def test_doubts_are_sent_past_with_a_reason(hospital: Hospital) -> None:
    about = hospital.admit()
    held = sorted(each.code for each in codes.concepts("icd10"))
    vague = next(code for code in held if code.startswith("R"))
    only: dict[str, list[str] | None] = {
        "q/causes/line:0/line-code": [f"{ICD}|{vague}"],
        "q/causes/line:1#row": None,
        "q/causes/line:1/line-code": None,
        "q/causes/line:1/line-interval": None,
        "q/causes/line:1/line-interval#unit": None,
        "q/main/underlying": [f"{ICD}|{vague}"],
    }
    first = hospital.send(about, only)
    assert isinstance(first, FormScreen)
    assert any("không rõ" in words for _, words in first.warnings)
    done = hospital.sent_on(first, only, accept_warnings=True, reason="Không có hồ sơ cũ")
    assert isinstance(done, Sent)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"q/death/died": ["02/03/2030 07:15"]}, "tương lai"),
        ({"q/death/died": ["02/03/1949 07:15"]}, "trước ngày sinh"),
        ({"q/care/stay/admitted": ["02/03/2026 08:15"]}, "sau lúc chết"),
        ({"q/main/underlying": None}, ""),
        ({"q/death/manner": None}, ""),
    ],
)
def test_what_cannot_be_is_refused(
    hospital: Hospital, changes: dict[str, list[str] | None], said: str
) -> None:
    screen = hospital.send(hospital.admit(), changes)
    assert isinstance(screen, FormScreen)
    told = " ".join(str(each) for each in screen.page.faults)
    assert told and said in told


def test_the_same_person_is_not_told_dead_twice(hospital: Hospital) -> None:
    hospital.noticed()
    twin = hospital.admit(1, ELSEWHERE)  # the same number: the same person
    screen = hospital.send(twin, who=ELSEWHERE)
    assert isinstance(screen, FormScreen)
    assert any("99001" in str(each) for each in screen.page.faults)


def test_likeness_is_asked_about(hospital: Hospital) -> None:
    hospital.told()
    alike = hospital.admit(1, ELSEWHERE, identifier=[])
    screen = hospital.send(alike, who=ELSEWHERE)
    assert isinstance(screen, FormScreen)
    assert screen.warnings or screen.page.faults


def test_the_head_returns_and_the_doctor_submits_again(hospital: Hospital) -> None:
    sent = hospital.noticed()
    hospital.sign(sent, DOCTOR, "doctor")
    with pytest.raises(DeskError):
        hospital.act(sent, "return")  # without a reason
    assert hospital.act(sent, "return", reason="Thiếu nguyên nhân trung gian") == "returned"
    screen = hospital.run(hospital.desks.correct("deaths", sent.record, hospital.now(DOCTOR)))
    hospital.later(minutes=30)
    done = hospital.sent_on(
        screen, {"q/causes/line:0/line-interval": ["6"]}, reason="Sửa khoảng thời gian"
    )
    assert isinstance(done, Sent), (done.page.faults, done.warnings)
    assert done.record == sent.record
    case = hospital.case(sent)
    assert case.case.state == "signing"
    assert not any(each.signed_at for each in case.signatures)  # what was signed is no more
    record = hospital.run(hospital.desks.record("deaths", sent.record, DOCTOR))
    assert len(record.versions) == 2 and record.versions[0].reason == "Sửa khoảng thời gian"
    assert case.case.due == NOW + timedelta(hours=6)  # the clock did not begin anew


def test_withdrawn_the_patient_is_not_dead(hospital: Hospital) -> None:
    about = hospital.admit()
    sent = hospital.noticed(about)
    assert hospital.act(sent, "withdraw", reason="Nhầm người") == "withdrawn"
    assert hospital.read(sent.record).resource()["status"] == "entered-in-error"
    assert "deceasedDateTime" not in hospital.read(about).resource()


@pytest.mark.parametrize(
    ("born", "changes", "said"),
    [
        (
            "2026-03-01",
            {"q/death/infant": ["true"], "q/perinatal/birth/hours-lived": ["20"],
             "q/perinatal/birth/weight": ["900"], "q/perinatal/birth/weight#unit": [f"{UCUM}|g"],
             "q/perinatal/birth/gestation": ["26"], "q/perinatal/birth/multiple": ["true"],
             "q/care/stay/admitted": ["01/03/2026 10:00"], "q/main/underlying": [f"{ICD}|J18.9"],
             "q/causes/line:1#row": None, "q/causes/line:1/line-code": None,
             "q/causes/line:1/line-interval": None, "q/causes/line:1/line-interval#unit": None},
            ("900", "26", "20"),
        ),
        (
            "1996-03-02",
            {"q/maternal/pregnancy/timing": [f"{CODES}:death-pregnancy|within-42-days"],
             "q/maternal/pregnancy/contributed": ["true"]},
            ("42 ngày",),
        ),
    ],
)  # fmt: skip
def test_what_is_asked_of_newborns_and_women_is_on_page_and_paper(
    hospital: Hospital, born: str, changes: dict[str, list[str] | None],
    said: tuple[str, ...], tmp_path: Path,
) -> None:  # fmt: skip
    about = hospital.admit(birthDate=born)
    sent = hospital.noticed(about, changes=changes, accept_warnings=True, reason="Đã hội chẩn")
    page = hospital.run(hospital.desks.record("deaths", sent.record, DOCTOR))
    told = " ".join(f"{label} {value}" for _, lines in page.sections for label, value in lines)
    paper = hospital.run(hospital.desks.paper("deaths", sent.record, "notice", DOCTOR))
    (tmp_path / "paper.pdf").write_bytes(paper)
    printed = subprocess.run(
        ["pdftotext", "-layout", "paper.pdf", "-"], cwd=tmp_path, capture_output=True, check=True
    ).stdout.decode()
    for each in said:
        assert each in told and each in printed
    assert f"{born[8:]}/03/{born[:4]}" in told


def test_another_facility_sees_nothing(hospital: Hospital) -> None:
    sent = hospital.noticed()
    with pytest.raises(DeskError):
        hospital.run(hospital.desks.record("deaths", sent.record, ELSEWHERE))
