"""What a larger hospital's system sends: ADT for admission and discharge, ORU for results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from lanh.connectors.hl7v2 import Repeats, message_header, write
from lanh.nation import codes, naming
from lanh.site.demonstration.model import Episode, Finding, Recorded, Staff
from lanh.site.demonstration.results import reference, tests_of

APPLICATION = "HIS-MAU"


def messages(episode: Episode, record: Recorded, edition: str) -> Iterator[bytes]:
    """The messages of one episode in order of time.

    A stay is A01, one ORU for each laboratory service, A03; a visit is A04, ORUs, A03. Who is still
    there has no A03 yet. `edition` makes the control ids of one generated set differ from those
    of another.
    """
    arrival = "A01" if episode.inpatient else "A04"
    yield _adt(arrival, "ADT_A01", episode, record, episode.start, edition, done=False)
    for service in episode.services:
        tests = {test.code for test in tests_of(service.code)}
        found = [finding for finding in episode.findings if finding.test in tests]
        if found:
            yield _oru(service.code, found, episode, record, edition)
    if not episode.open:
        yield _adt("A03", "ADT_A03", episode, record, episode.end, edition, done=True)


def batch(messages: Sequence[bytes], facility: str, name: str) -> bytes:
    """Several messages as one batch (BHS ... BTS), as a system sends what it held back."""
    head = f"BHS|^~\\&|{APPLICATION}|{facility}|LANH|LANH|||||{name}\r".encode()
    return head + b"".join(messages) + f"BTS|{len(messages)}\r".encode()


def _header(
    kind: str, structure: str, episode: Episode, sent: datetime, mark: str, edition: str
) -> list[Any]:
    control = f"{edition}.{episode.key}.{mark}"
    facility = episode.facility.code
    sent += timedelta(minutes=1)
    return message_header(
        kind, structure, control, application=APPLICATION, facility=facility, sent=sent
    )


def _adt(
    event: str,
    structure: str,
    episode: Episode,
    record: Recorded,
    at: datetime,
    edition: str,
    *,
    done: bool,
) -> bytes:
    segments: list[list[Any]] = [
        _header(f"ADT^{event}", structure, episode, at, event, edition),
        ["EVN", None, at],
        _pid(record, episode if done else None),
        _pv1(episode, done=done),
        ["PV2", None, None, [None, episode.reason]],
        *_allergies(episode, event),
    ]
    codes_known = episode.diagnoses if done else episode.diagnoses[:1]
    kind = "F" if done else "A"
    for number, code in enumerate(codes_known, 1):
        title = codes.concept("icd10", code).display.vi
        segment: list[Any] = ["DG1", number, None, [code, title, "I10"], None, at, kind]
        segment += [None] * 8 + [number, _xcn(episode.doctor)]
        segments.append(segment)
    if record.person.card is not None and episode.insured:
        insurance: list[Any] = ["IN1", 1, ["BHYT", "Bảo hiểm y tế"], "BHXH", "Bảo hiểm xã hội"]
        segments.append([*insurance, *[None] * 31, record.person.card])
    return write(segments)


def _allergies(episode: Episode, event: str) -> Iterator[list[Any]]:
    """AL1 at an admission, of what the patient had told before."""
    asked = episode.person.asked
    if event != "A01" or asked is None or asked.at >= episode.start:
        return
    for number, allergy in enumerate(asked.allergies, 1):
        allergen = codes.concept("allergens", allergy.allergen)
        kind = "DA" if allergen.properties["category"] == "medication" else "FA"
        name = [allergen.code, allergen.display.vi, naming.ALLERGEN]
        onset = allergy.onset and str(allergy.onset)
        yield ["AL1", number, kind, name, allergy.grade, allergy.reaction, onset]


def _pid(record: Recorded, last: Episode | None) -> list[Any]:
    family, *given = record.name.split()
    numbers: list[Any] = [[record.patient_number, None, None, record.facility.code, "MR"]]
    if record.number is not None:
        numbers.append([record.number, None, None, "VN", "NI"])
    if record.person.card is not None:
        numbers.append([record.person.insurance_number, None, None, "BHXH", "SB"])
    place = record.place
    street = [record.line, None, place.commune_name, place.province_name, None, "VNM", "H", None,
              None, place.commune]  # fmt: skip
    segment: list[Any] = ["PID", 1, None, Repeats(numbers), None,
                          [family, " ".join(given) or None, None, None, None, None, "L"], None,
                          record.birth, "M" if record.sex == "male" else "F", None, None, street,
                          None, record.phone and [record.phone, "PRN", "CP"]]  # fmt: skip
    if last is not None and last.died:
        segment += [None] * 15 + [last.end, "Y"]
    return segment


def _xcn(staff: Staff) -> list[Any]:
    family, *given = staff.name.split()
    authority = (None, naming.PRACTITIONER_LICENCE, "URI")
    return [staff.licence, family, " ".join(given), None, None, "BS", None, None, authority]


def _pv1(episode: Episode, *, done: bool) -> list[Any]:
    kind = "I" if episode.inpatient else "E" if episode.emergency else "O"
    department = codes.concept("departments", episode.department).display.vi
    care = codes.concept("care_types", episode.care_type).display.vi
    segment: list[Any] = ["PV1", 1, kind, [episode.department], "E" if episode.emergency else "R"]
    segment += [None, None, _xcn(episode.doctor), None, None]
    segment += [[episode.department, department, naming.DEPARTMENT], *[None] * 7]
    segment += [[episode.care_type, care, naming.CARE_TYPE], episode.key]
    disposition = None if not done else "20" if episode.died else "01"
    segment += [*[None] * 16, disposition, *[None] * 7, episode.start]
    return [*segment, episode.end] if done else segment


def _oru(
    service: str, found: Sequence[Finding], episode: Episode, record: Recorded, edition: str
) -> bytes:
    title = codes.concept("services", service).display.vi
    ready = found[0].at
    order = f"{episode.key}.{service}"
    observed = episode.start + timedelta(minutes=20)
    segments: list[list[Any]] = [
        _header("ORU^R01", "ORU_R01", episode, ready, service, edition),
        _pid(record, None),
        _pv1(episode, done=False),
        ["ORC", "RE", None, order],
        ["OBR", 1, None, order, [service, title, naming.SERVICE], None, None, observed,
         *[None] * 8, _xcn(episode.doctor), *[None] * 5, ready, None, "LAB", "F"],
    ]  # fmt: skip
    segments += [_obx(number, finding, episode) for number, finding in enumerate(found, 1)]
    return write(segments)


def _obx(number: int, finding: Finding, episode: Episode) -> list[Any]:
    test = codes.concept("laboratory", finding.test)
    numeric = isinstance(finding.value, Decimal)
    unit = str(test.properties["ucum"]) if numeric else None
    limits = reference(test, episode.person.sex == "female")
    return [
        "OBX", number, "NM" if numeric else "ST", [finding.test, test.display.vi, "LN"], None,
        finding.value, unit and [unit, unit, "UCUM"], limits and f"{limits[0]}-{limits[1]}",
        finding.flag or None, None, None, "F", None, None, finding.at,
    ]  # fmt: skip
