"""A hospital whose system speaks HL7 v2 wrongly in five ways, and what mends each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from lanh.connectors.hl7v2 import message_header, write
from lanh.site.demonstration.messages import OutgoingMessage, client_id

_NAMES = ("NGUYỄN", "TRẦN", "LÊ", "PHẠM", "HOÀNG")

MENDS: Mapping[str, Mapping[str, str]] = {
    "processing-unknown MSH-11": {"LIVE": "P"},
    "version-not-supported MSH-12": {"9.9": "2.5.1"},
    "not-supported MSH-9.2": {"A99": "A04"},
    "vaccine-time-missing RXA-3": {"31/10/2026": "20261031"},
    "vaccine-code-missing RXA-5.1": {"": "20"},
}
"""What each fault is called in the worklist, and what is to stand there instead."""


def faulty_messages(facility: str, count: int, sent: datetime) -> Iterator[OutgoingMessage]:
    """`count` messages of one facility, a fifth for each fault, each about a patient of its own.

    `sent` is the moment of the first; its day and minute are in the message ids, so that another
    run sends new messages.
    """
    for number in range(count):
        moment = sent + timedelta(seconds=number)
        body = write(_message(facility, number, moment))
        yield OutgoingMessage(client_id(facility), "hl7v2", "application/hl7-v2", body, 2)


def _message(facility: str, number: int, sent: datetime) -> Sequence[Sequence[Any]]:
    fault = number % 5
    kind = "VXU^V04" if fault > 2 else "ADT^A04"
    structure = "VXU_V04" if fault > 2 else "ADT_A01"
    header = message_header(
        kind, structure, f"{sent:%y%m%d%H%M}-{number}",
        application="HIS-MAU", facility=facility, sent=sent,
    )  # fmt: skip
    if fault == 0:
        header[9] = "LIVE"
    elif fault == 1:
        header[10] = "9.9"
    elif fault == 2:
        header[7] = ["ADT", "A99", "ADT_A01"]
    patient = f"LOI{sent:%y%m%d%H%M}{number}"
    name = [_NAMES[number % len(_NAMES)], f"VĂN MẪU {number}"]
    person = ["PID", 1, None, [patient, None, None, "BV", "MR"], None, name, None,
              f"{1950 + number % 60}0517", "MF"[number % 2]]  # fmt: skip
    if fault <= 2:
        visit = ["PV1", 1, "O", *[None] * 16, f"V{patient}", *[None] * 24, sent]
        return [header, person, visit]
    day = "31/10/2026" if fault == 3 else "20261031"
    code = "20" if fault == 3 else None
    given = ["RXA", 0, 1, day, None, [code, None if code is None else "DTaP", "CVX"], "0.5",
             ["mL", None, "UCUM"], None, ["00", "Mới", "NIP001"]]  # fmt: skip
    given += [None] * 10 + ["CP", "A"]
    return [header, person, ["ORC", "RE", None, f"M{patient}"], given]
