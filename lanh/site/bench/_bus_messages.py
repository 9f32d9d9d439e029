"""The messages of the bus's benchmark, from numbers: the same number is the same message."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice

from lanh.connectors.hl7v2 import message_header, write
from lanh.core import fhir
from lanh.site.bench._synthetic import patient_records
from lanh.site.demonstration.messages import messages
from lanh.site.demonstration.population import generate

FACILITY = "97001"
APPLICATION = "HIS-BENCH"
_BUNDLE = 20_000  # bytes
_SENT = datetime(2026, 11, 20, 1, tzinfo=UTC)
_A_CLAIM = 8  # made-up people for each claim package, and some more


def bundle(number: int) -> bytes:
    """A transaction Bundle of about 20 kB: records of one patient, put under their own ids."""
    resources = patient_records(number)
    entries, size = [], 0
    for resource in resources:
        name = f"{resource['resourceType']}/{resource['id']}"
        entry = {"resource": resource, "request": {"method": "PUT", "url": name}}
        size += len(fhir.dumps(entry)) + 1
        if size > _BUNDLE:
            break
        entries.append(entry)
    whole = {"resourceType": "Bundle", "id": f"b{number}", "type": "transaction", "entry": entries}
    return fhir.dumps(whole)


def oru(number: int) -> bytes:
    """An ORU^R01 of one OBR and three OBX about a patient of its own."""
    at = _SENT + timedelta(seconds=number)
    header = message_header(
        "ORU^R01", "ORU_R01", f"R{number}", application=APPLICATION, facility=FACILITY, sent=at
    )
    person = ["PID", 1, None, [f"BN{number}", None, None, "BV", "MR"], None,
              ["NGUYỄN", f"VĂN MẪU {number}"], None, "19800517", "M"]  # fmt: skip
    order = ["OBR", 1, None, f"F{number}", ["24323-8", "Sinh hóa", "LN"], None, None, at,
             *[None] * 14, at, None, "LAB", "F"]  # fmt: skip
    figures = [
        ["OBX", place, "NM", [code, title, "LN"], None, value, [unit, None, "UCUM"], span, "N",
         None, None, "F", None, None, at]
        for place, (code, title, value, unit, span) in enumerate((
            ("2345-7", "Glucose", "5.60", "mmol/L", "3.9-6.4"),
            ("2160-0", "Creatinin", "88", "umol/L", "62-106"),
            ("2823-3", "Kali", "4.1", "mmol/L", "3.5-5.0"),
        ), 1)
    ]  # fmt: skip
    return write([header, person, order, *figures])


def claims(count: int) -> Iterator[bytes]:
    """Claim packages of one episode each, of made-up hospitals (XML1 to XML5 as they apply)."""
    made = messages(generate(max(1000, count * _A_CLAIM), 3, date(2026, 11, 20)))
    return islice((each.body for each in made if each.format == "claims"), count)
