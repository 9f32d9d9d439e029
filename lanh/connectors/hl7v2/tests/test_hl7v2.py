"""HL7 v2: reading, mapping, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lanh.connectors.hl7v2 import Hl7v2Connector, Repeats, Unreadable, read, write
from lanh.connectors.hl7v2.tests import services
from lanh.connectors.hl7v2.tests.sample import admission, header, person, result, visit
from lanh.connectors.hl7v2.times import clock, date_time
from lanh.core import fhir
from lanh.core.access import Access, Purpose, Subject
from lanh.core.bus import Judged, Sender, Submission

_ACCESS = Access(Subject("system", "his", "his"), Purpose.TREATMENT, facility="97001")
_SENDER = Sender("his", _ACCESS, "97001", {"97001": None})


def judge(content: bytes) -> Judged:
    return Hl7v2Connector().judge(Submission(_SENDER, content, "text/plain", "hl7v2"))


def bodies(content: bytes) -> dict[str, dict[str, Any]]:
    """The last body of each type."""
    found = {}
    for part in judge(content).parts:
        assert not part.refused, [issue.message.en for issue in part.issues]
        for draft in part.drafts:
            assert fhir.validate({**(draft.body or {}), **draft.initial, "id": draft.id}) == []
            found[draft.type] = {**draft.initial, **(draft.body or {})}
    return found


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2026", "2026"),
        ("202603", "2026-03"),
        ("20260301", "2026-03-01"),
        ("2026030108", "2026-03-01T08:00:00+07:00"),
        ("202603010830", "2026-03-01T08:30:00+07:00"),
        ("20260301083015.250", "2026-03-01T08:30:15.250+07:00"),
        ("20260301013000+0000", "2026-03-01T01:30:00+00:00"),
        ("20260230", None),
        ("202603012530", None),
        ("٢٠٢٦", None),
        ("nay", None),
        ("", None),
    ],
)
def test_times(given: str, expected: str | None) -> None:
    assert date_time(given) == expected


def test_clock_times() -> None:
    assert clock("0830") == "08:30:00" and clock("2560") is None


def test_custom_delimiters_escapes_and_repetitions() -> None:
    text = "MSH*%#!@*HIS*97001*****ADT%A08*1*P*2.5\nPID*1**BN1%%%%MR#BN2%%%%PI**LE%A!F!B!R!!X41!"
    (message,) = read(text.encode())
    pid = message.first("PID")
    assert pid is not None
    assert [value[1] for value in pid.all(3)] == ["BN1", "BN2"]
    assert pid[5][2] == "A*B#A"
    assert message.kind == ("ADT", "A08")


def test_what_the_writer_writes_is_read_back() -> None:
    strange = "a|b^c&d~e\\f\r\ng"
    content = write([header("ADT^A01", "1"), ["PID", Repeats([[strange, ("x", "y")], ["z"]])]])
    pid = read(content)[0].first("PID")
    assert pid is not None
    assert pid.all(1)[0][1] == strange.replace("\r\n", "\n")
    assert pid.all(1)[0][2, 2] == "y" and pid.all(1)[1][1] == "z"


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_any_line_end_is_taken(end: str) -> None:
    assert not judge(admission().replace(b"\r", end.encode())).parts[0].refused


def test_character_sets() -> None:
    latin = admission().decode().replace("UNICODE UTF-8", "8859/1").replace("TRẦN", "É")
    name = read(latin.replace("THỊ THỬ", "Ü").encode("latin-1"))[0].first("PID")
    assert name is not None and name[5][1] == "É"
    silent = admission().replace(b"UNICODE UTF-8", b"")
    judged = judge(silent)
    assert judged.issues[0].severity == "warning" and not judged.parts[0].refused
    with pytest.raises(Unreadable):
        read(admission().replace(b"UNICODE UTF-8", b"KS X 1001"))
    with pytest.raises(Unreadable):
        read(admission().replace(b"UNICODE UTF-8", b"") + b"\xff\xfe")


def test_an_admission_becomes_patient_and_visit() -> None:
    more: list[list[Any]] = [
        ["AL1", 1, "DA", ["70618", "Penicillin", "RxNorm"], "SV", "Mề đay"],
        ["DG1", 1, None, ["J18.9", "Viêm phổi", "I10"], None, "20260301", "F"],
        ["IN1", 1, "BHYT", "BHXH", "Bảo hiểm xã hội", *[None] * 31, "ZZ4970000000001"],
        ["PR1", 1, None, ["47.0", "Cắt ruột thừa", "I9C"], None, "20260301100000"],
        ["NK1", 1, ["TRẦN", "VĂN BỐ"], ["FTH", "Bố", "HL70063"]],
    ]
    found = bodies(admission("M1", "A01", *more))
    assert set(found) == {
        "Patient", "Encounter", "AllergyIntolerance", "Condition", "Coverage", "Procedure",
    }  # fmt: skip
    patient, encounter = found["Patient"], found["Encounter"]
    assert patient["name"][0]["text"] == "TRẦN THỊ THỬ" and patient["gender"] == "female"
    assert patient["identifier"][0]["system"] == "urn:lanh:id:patient:97001"
    assert patient["contact"][0]["name"]["text"] == "TRẦN VĂN BỐ"
    assert encounter["status"] == "in-progress" and encounter["class"]["code"] == "IMP"
    assert encounter["period"]["start"] == "2026-03-01T08:30:00+07:00"
    assert found["Coverage"]["identifier"][0]["system"] == "urn:lanh:id:insurance-card"
    assert found["AllergyIntolerance"]["criticality"] == "high"


def test_what_else_is_told_of_person_visit_and_specimen() -> None:
    who = person(PID_6=["PHẠM"], PID_15=["vi", "Tiếng Việt", "HL70296"], PID_26=["VN", "Việt Nam"])
    stay = visit(PV1_5="TN1", PV1_16="VIP", PV1_38="A", PV1_50="V1b")
    more = ["PV2", None, None, ["R10", "Đau bụng"], *[None] * 7, 3, *[None] * 13, ["1", "Cấp cứu"]]
    found = bodies(write([header("ADT^A01", "M1"), ["EVN", "A01"], who, stay, more]))
    patient, encounter = found["Patient"], found["Encounter"]
    urls = [each["url"].rpartition("/")[2] for each in patient["extension"]]
    assert urls == ["patient-mothersMaidenName", "patient-citizenship"]
    assert patient["communication"][0]["language"]["text"] == "Tiếng Việt"
    told = encounter["hospitalization"]
    assert told["preAdmissionIdentifier"]["value"] == "TN1" and told["dietPreference"]
    assert [each["value"] for each in encounter["identifier"]] == ["V1", "V1b"]
    assert encounter["length"]["value"] == Decimal(3)
    assert encounter["priority"]["text"] == "Cấp cứu"
    spm: list[Any] = ["SPM", 1, ["S1"], None, ["M", "Máu"], *[None] * 7, [2, "mL"]]
    spm += [None] * 4 + [["20260301083000", "20260301083500"], None, None, "Y"]
    request = ["OBR", 1, None, "F", ["1", "y", "L"]]
    specimen = bodies(write([header("ORU^R01", "1"), person(), request, spm]))["Specimen"]
    assert specimen["collection"]["collectedPeriod"]["end"] == "2026-03-01T08:35:00+07:00"
    assert specimen["status"] == "available"
    assert specimen["collection"]["quantity"]["value"] == Decimal(2)


@pytest.mark.parametrize(
    ("event", "status"),
    [("A03", "finished"), ("A05", "planned"), ("A11", "cancelled"), ("A13", "in-progress")],
)
def test_events_decide_the_state_of_the_visit(event: str, status: str) -> None:
    part = judge(admission("M1", event)).parts[0]
    encounter = next(d for d in part.drafts if d.type == "Encounter")
    assert encounter.body is not None and encounter.body["status"] == status


def test_an_update_says_nothing_about_the_state() -> None:
    part = judge(admission("M1", "A08")).parts[0]
    encounter = next(d for d in part.drafts if d.type == "Encounter")
    assert encounter.body is not None and "status" not in encounter.body
    assert encounter.initial == {"status": "in-progress"}


def test_a_result_becomes_report_observation_and_specimen() -> None:
    found = bodies(result())
    observation = found["Observation"]
    assert observation["valueQuantity"] == {
        "value": Decimal("5.60"), "unit": "mmol/L", "system": "http://unitsofmeasure.org",
        "code": "mmol/L",
    }  # fmt: skip
    assert str(observation["valueQuantity"]["value"]) == "5.60"
    assert observation["referenceRange"][0]["high"]["value"] == Decimal("6.4")
    assert observation["note"] == [{"text": "Nhịn ăn"}]
    assert observation["status"] == "final"
    assert found["DiagnosticReport"]["result"][0]["reference"].startswith("Observation/")
    assert found["Specimen"]["type"]["text"] == "Máu"


def _value(kind: str, value: Any, unit: Any = None) -> dict[str, Any]:
    obx = ["OBX", 1, kind, ["1", "x", "L"], None, value, unit, *[None] * 4, "F"]
    segments = [header("ORU^R01", "1"), person(), ["OBR", 1, None, "F", ["1", "y", "L"]], obx]
    observation = bodies(write(segments))["Observation"]
    return {k: v for k, v in observation.items() if k.startswith(("value", "dataAbsent"))}


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("NM", "7", {"valueQuantity": {"value": Decimal(7)}}),
        ("NM", "7,5", {"valueString": "7,5"}),
        ("SN", ["<", "5"], {"valueQuantity": {"value": Decimal(5), "comparator": "<"}}),
        ("SN", [None, "1", "-", "2"],
         {"valueRange": {"low": {"value": Decimal(1)}, "high": {"value": Decimal(2)}}}),
        ("SN", [None, "1", ":", "128"],
         {"valueRatio": {"numerator": {"value": Decimal(1)},
                         "denominator": {"value": Decimal(128)}}}),
        ("ST", "Âm tính", {"valueString": "Âm tính"}),
        ("TX", Repeats(["một", "hai"]), {"valueString": "một\nhai"}),
        ("DT", "20260301", {"valueDateTime": "2026-03-01"}),
        ("TM", "0830", {"valueTime": "08:30:00"}),
        ("CWE", ["260385009", "Negative", "SCT"], {"valueCodeableConcept": {
            "coding": [{"system": "http://snomed.info/sct", "code": "260385009",
                        "display": "Negative"}], "text": "Negative"}}),
        ("XX", "gì đó", {"valueString": "gì đó"}),
        ("NM", None, {"dataAbsentReason": {"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/data-absent-reason",
            "code": "unknown"}]}}),
    ],
)  # fmt: skip
def test_values(kind: str, value: Any, expected: dict[str, Any]) -> None:
    assert _value(kind, value) == expected


def test_a_document_stands_in_the_report() -> None:
    obx = ["OBX", 1, "ED", ["1", "Kết quả", "L"], None,
           [None, "application", "pdf", "Base64", "JVBERg=="]]  # fmt: skip
    segments = [header("ORU^R01", "1"), person(), ["OBR", 1, None, "F", ["1", "y", "L"]], obx]
    form = bodies(write(segments))["DiagnosticReport"]["presentedForm"][0]
    assert form["contentType"] == "application/pdf" and form["data"] == "JVBERg=="


@pytest.mark.parametrize(
    ("content", "expression"),
    [
        (write([header("ADT^A01", "1")]), "PID"),
        (write([header("ADT^A01", "1"), ["PID", 1]]), "PID-3"),
        (write([header("ADT^A01", ""), person()]), "MSH-10"),
        (write([header("ZZZ^Z01", "1"), person()]), "MSH-9"),
        (write([header("ADT^A99", "1"), person()]), "MSH-9.2"),
        (write([header("SIU^S12", "1"), person()]), "SCH"),
        (write([header("ORU^R01", "1"), person()]), "OBR"),
        (write([header("ADT^A40", "1"), person()]), "MRG"),
        (write([header("ADT^A40", "1"), person(), ["MRG", None]]), "MRG-1"),
        (write([header("ADT^A40", "1"), person(), ["MRG", ["BN1"]]]), "MRG-1.1"),
    ],
)
def test_refusals_name_the_place(content: bytes, expression: str) -> None:
    part = judge(content).parts[0]
    assert part.refused and expression in [issue.expression for issue in part.issues]
    assert all(issue.message.vi and issue.message.en for issue in part.issues)


def test_a_merge_leaves_the_old_record_behind_a_link() -> None:
    segments = [header("ADT^A40", "1"), person(), ["MRG", ["BN0"]]]
    first, second = judge(write(segments)).parts[0].drafts
    assert second.body is not None and second.body["active"] is False
    assert second.body["link"][0]["other"]["reference"] == f"Patient/{first.id}"


def test_people_without_a_number_are_kept_apart() -> None:
    one = judge(write([header("ADT^A01", "1"), person(None), visit(None)])).parts[0]
    two = judge(write([header("ADT^A01", "2"), person(None), visit(None)])).parts[0]
    assert one.drafts[0].id != two.drafts[0].id
    assert "PID-3" in [issue.expression for issue in one.issues]


def test_a_batch_has_a_part_a_message() -> None:
    content = b"FHS|^~\\&|x\rBHS|^~\\&|x\r" + admission("1") + result("2") + b"BTS|2\rFTS|1\r"
    assert [part.type for part in judge(content).parts] == ["ADT^A01", "ORU^R01"]


def test_local_segments_are_told() -> None:
    part = judge(admission("M1", "A01", ["ZVN", "1"])).parts[0]
    assert any("ZVN" in issue.message.en for issue in part.issues) and not part.refused


_ALPHABET = st.characters(codec="utf-8")
_MAKERS: list[Callable[[], bytes]] = [admission, result, *services.MAKERS]


@given(st.lists(st.text(_ALPHABET, max_size=30), max_size=12), st.sampled_from(_MAKERS))
@settings(max_examples=80, deadline=None)
def test_any_text_is_judged_and_never_raises(lines: list[str], make: Any) -> None:
    judge(b"\r".join([make().rstrip(b"\r"), *(line.encode() for line in lines)]))
    judge("\r".join(lines).encode())


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_any_field_is_judged_and_never_raises(data: st.DataObject) -> None:
    lines = data.draw(st.sampled_from(_MAKERS))().decode().split("\r")
    place = data.draw(st.integers(0, len(lines) - 2))
    fields = lines[place].split("|")
    which = data.draw(st.integers(1, len(fields)))
    fields += [""] * (which + 1 - len(fields))
    fields[which] = data.draw(st.text(_ALPHABET, max_size=40) | st.sampled_from(['""', "^^^", "~"]))
    lines[place] = "|".join(fields)
    for part in judge("\r".join(lines).encode()).parts:
        for draft in part.drafts:
            assert draft.id
