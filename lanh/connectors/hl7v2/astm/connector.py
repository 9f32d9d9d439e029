"""The connector of analysers: their records to results, by the mapping of HL7 v2 results.

LIS02-A2 and HL7 v2 chapter 7 share their fields (P and PID, O and OBR, R and OBX), so an order with
its results is put as ORU^R01 and mapped as one; faults are told by the analyser's own record.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from lanh.connectors.hl7v2.astm import records
from lanh.connectors.hl7v2.astm.records import Ordered, Person, Report
from lanh.connectors.hl7v2.connector import judge_message
from lanh.connectors.hl7v2.reader import Segment, Value
from lanh.connectors.hl7v2.reader import read as read_hl7
from lanh.connectors.hl7v2.words import WORDS
from lanh.connectors.hl7v2.writer import Repeats, write
from lanh.core.bus import Judged, Part, Submission
from lanh.core.fhir import Issue

MEDIA_TYPE = "application/x-astm-e1394"
_LOINC = re.compile(r"\d{1,7}-\d")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")
_LIMITED = re.compile(r"([<>]=?)\s*(\d+\.?\d*|\.\d+)")
_PLACE = re.compile(r"(PID|OBR|OBX|SPM)(?:\[(\d+)\])?(?:-(\d+))?(?:\.\d+)*")
_RECORDS = {"PID": "P", "OBR": "O", "OBX": "R", "SPM": "O"}
# Fields of HL7 v2 to those of the analyser's record
_FIELDS = {
    "PID": {3: 3, 5: 6, 7: 8, 8: 9}, "SPM": {2: 3, 4: 16, 17: 8, 18: 15},
    "OBR": {3: 3, 4: 5, 6: 7, 7: 8, 25: 26},
    "OBX": {3: 3, 5: 4, 6: 5, 7: 6, 8: 7, 11: 9, 14: 13},
}  # fmt: skip
_ORDER_STATES = {"F", "C", "P", "X", "I"}
_RESULT_STATES = {"F": "F", "P": "P", "C": "C", "X": "X", "I": "I", "S": "S", "V": "F", "R": "F",
                  "": "F"}  # fmt: skip


class AstmConnector:
    """Messages of laboratory analysers; each patient of one is a part."""

    name = "astm"
    media_types = (MEDIA_TYPE, "text/astm")

    def recognises(self, head: bytes) -> bool:
        """Whether the body begins with a header record: H and four delimiters."""
        return re.match(rb"H[^A-Za-z0-9\s]{4}", head) is not None

    def judge(self, submission: Submission) -> Judged:
        """Read and map a message. The key is the header's message id (H-3) with its sender."""
        try:
            report = records.read(submission.content)
        except records.Unreadable as error:
            return Judged(issues=[error.issue])
        judged = Judged()
        header = report.header
        if header[3][1]:
            judged.key = f"{header[5].raw}\n{header[3][1]}"
        if not report.people:
            key = "astm-query" if report.asked else "astm-empty"
            code = "not-supported" if report.asked else "required"
            place = "Q" if report.asked else "P"
            judged.issues.append(Issue("error", code, place, WORDS.message(key)))
            return judged
        owner = submission.sender.owner
        judged.parts = [
            _part(report, submission.content, owner, index) for index in range(len(report.people))
        ]
        return judged


def _part(report: Report, content: bytes, owner: str, index: int) -> Part:
    person = report.people[index]
    message = write(_segments(report, person, content))
    part = judge_message(read_hl7(message)[0], owner, index)
    part.type = "ASTM"
    part.source_id = person.orders[0].order[3][1] or None if person.orders else None
    part.issues = [_told(issue, person) for issue in part.issues]
    return part


def _told(issue: Issue, person: Person) -> Issue:
    """A fault by the record and field that the analyser sent."""
    found = _PLACE.fullmatch(issue.expression)
    if found is None:
        return issue
    name, number, place = found.group(1), int(found.group(2) or 1), int(found.group(3) or 0)
    record = _RECORDS[name]
    sent: list[Segment] = [person.patient]
    if record == "O":
        sent = [ordered.order for ordered in person.orders]
    elif record == "R":
        sent = [result for ordered in person.orders for result, _ in ordered.results]
    field = _FIELDS[name].get(place, 0)
    at = sent[number - 1].at(field) if number <= len(sent) else record
    return Issue(issue.severity, issue.code, at, issue.message)


def _segments(report: Report, person: Person, content: bytes) -> list[list[Any]]:
    header = report.header
    control = header[3][1] or hashlib.sha256(content).hexdigest()[:20]
    segments: list[list[Any]] = [
        ["MSH", header[5][1], None, None, None, None, None, ["ORU", "R01", "ORU_R01"], control,
         "P", "2.5.1", None, None, None, None, None, "UNICODE UTF-8"],
        _person(person.patient),
    ]  # fmt: skip
    for number, ordered in enumerate(person.orders, start=1):
        segments += _order(ordered, number)
    return segments


def _parts(value: Value) -> list[str | None]:
    return [value[place] or None for place in range(1, len(value) + 1)]


def _person(record: Segment) -> list[Any]:
    """P: practice id (3), laboratory id (4), third id (5), name, birth, sex, address, phone."""
    numbers = [[value, None, None, None, kind] for value, kind in (
        (record[3][1], "MR"), (record[4][1], "PI"), (record[5][1], "PT")) if value]  # fmt: skip
    return [
        "PID", 1, None, Repeats(numbers) if numbers else None, None, _parts(record[6]), None,
        record[8][1] or None, record[9][1] or None,
    ]  # fmt: skip


def _test(value: Value) -> list[str | None] | None:
    """A universal test id: a LOINC code with its name, or the maker's own code (component 4)."""
    if _LOINC.fullmatch(value[1]):
        return [value[1], value[2] or None, "LN"]
    own = value[4] or value[1]
    return [own, value[2] or own, "L"] if own or value[2] else None


def _order(ordered: Ordered, number: int) -> list[list[Any]]:
    order = ordered.order
    tests = [test for value in order.all(5) if (test := _test(value))]
    if not tests:
        tests = [test for result, _ in ordered.results if (test := _test(result[3]))]
    code = tests[0] if tests else None
    if len(tests) > 1:
        names = list(dict.fromkeys(str(test[1] or test[0]) for test in tests))
        code = [tests[0][0], ", ".join(names), tests[0][2]]
    done = [result[13][1] for result, _ in ordered.results if result[13][1]]
    told = order[26][1].upper()
    state = told if told in _ORDER_STATES else ("F" if ordered.results else "I")
    request: list[Any] = [
        "OBR", number, None, order[3][1] or order[4][1] or None, code, order[6][1] or None,
        order[7][1] or None, order[8][1] or None,
    ]  # fmt: skip
    request += [None] * 14 + [max(done) if done else None, None, "LAB", state]
    segments = [request, *(["NTE", 1, None, note] for note in ordered.notes)]
    for index, (result, notes) in enumerate(ordered.results, start=1):
        segments.append(_result(result, index))
        segments += [["NTE", 1, None, note] for note in notes]
    if order[3][1] or order[16][1]:
        specimen: list[Any] = ["SPM", 1, [order[3][1] or None], None, _parts(order[16])[:1]]
        specimen += [None] * 12 + [order[8][1] or None, order[15][1] or None]
        segments.append(specimen)
    return segments


def _result(record: Segment, index: int) -> list[Any]:
    text = record[4][1] or record[4].text
    kind, value = "ST", text or None
    shown: Any = value
    limited = _LIMITED.fullmatch(text)
    if _NUMBER.fullmatch(text):
        kind = "NM"
    elif limited:
        kind, shown = "SN", [limited.group(1), limited.group(2)]
    flags = [flag[1] for flag in record.all(7) if flag[1]]
    state = record[9][1].upper()
    units = record[5].text or None
    return [
        "OBX", index, kind, _test(record[3]), None, shown, [units], record[6].text or None,
        Repeats(flags) if flags else None, None, None, _RESULT_STATES.get(state, "F"), None, None,
        record[13][1] or record[12][1] or None,
    ]  # fmt: skip
