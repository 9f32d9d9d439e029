"""A made-up bus behind the pages about messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from lanh.core.access import Access
from lanh.core.database import Plan
from lanh.core.text import Language, Message, Words
from lanh.core.web import services as ports

NOW = datetime(2026, 10, 20, 2, 30, tzinfo=UTC)
HOSPITAL = "Bệnh viện Đa khoa thử nghiệm"


@dataclass
class FakeBus:
    """Three receipts of one hospital, and one reason to mend; keeps what was asked."""

    mended: list[tuple[str, list[tuple[int, str, str]]]] = field(default_factory=list)
    ordered: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def receipts(
        self, access: Access, state: str | None, limit: int, cursor: str | None
    ) -> Plan[ports.Receipts]:
        yield from ()
        reason = Message(
            Words("Thiếu ngày sinh ở bản ghi thứ 2.", "Record 2 lacks the birth date.")
        )
        sender = HOSPITAL
        kinds = (("accepted", "fhir"), ("accepted-in-part", "claims-xml"), ("refused", "hl7v2"))
        lines = [
            ports.ReceiptLine(
                f"0199-aaaa-00000000000{n}", name, format_, NOW, sender, 5, min(n - 1, 1),
                reason if n > 1 else None,
            )
            for n, (name, format_) in enumerate(kinds, 1)
        ]  # fmt: skip
        counts = {"accepted": 1, "accepted-in-part": 1, "refused": 1}
        return ports.Receipts([line for line in lines if state in (None, line.state)], counts)

    def receipt(self, id: str, access: Access) -> Plan[Mapping[str, Any] | None]:
        yield from ()
        if id != "0199-aaaa-000000000002":
            return None
        issue = {
            "severity": "error", "code": "required", "expression": "Patient.birthDate",
            "vi": "Thiếu ngày sinh. Thêm NGAY_SINH dạng yyyymmdd rồi gửi lại.",
            "en": "The birth date is missing. Add it as yyyymmdd and send again.",
        }  # fmt: skip
        return {
            "id": id, "state": "accepted-in-part", "sender": HOSPITAL,
            "format": "claims-xml", "receivedAt": "2026-10-20T02:30:00+00:00",
            "parts": [
                {"index": 1, "type": "Encounter", "source id": "LK001", "outcome": "created",
                 "location": "Encounter/e1/_history/1", "issues": []},
                {"index": 2, "type": "Patient", "source id": "BN002", "outcome": "refused",
                 "location": None, "issues": [issue]},
            ],
            "unresolved": ["Practitioner/bs-77"], "issues": [],
        }  # fmt: skip

    def reasons(self, access: Access) -> Plan[Sequence[ports.Reason]]:
        yield from ()
        return [FAULTY_SEX]

    def reason(self, name: str, access: Access) -> Plan[ports.ReasonPage | None]:
        page = yield from self.receipts(access, None, 10, None)
        if name != FAULTY_SEX.name:
            return None
        return ports.ReasonPage(FAULTY_SEX, [("Nam", 2), ("", 1)], 3, page.lines)

    def fields(self, id: str, access: Access) -> Plan[Sequence[ports.FaultyField]]:
        yield from ()
        return [ports.FaultyField(2, "Patient.birthDate", "1990-13-01", FAULTY_SEX.text)]

    def mend(self, id: str, values: Sequence[tuple[int, str, str]], access: Access) -> str | None:
        self.mended.append((id, list(values)))
        return "0199-aaaa-000000000002"

    def order_replay(
        self, name: str, values: Mapping[str, str], access: Access
    ) -> Plan[str | None]:
        yield from ()
        self.ordered.append((name, dict(values)))
        return "replay-1"

    def replay(self, id: str, access: Access) -> Plan[ports.ReplayLine | None]:
        yield from ()
        return ports.ReplayLine(id, FAULTY_SEX.name, 3, 2, 1, 1, False)

    def scores(
        self, access: Access, place: str | None, asked: str | None, last: date, days: int
    ) -> Plan[ports.ScorePage | None]:
        yield from ()
        own = place is None and access.facility is not None
        if asked not in (None, "01"):
            return None
        line = ports.ScoreLine(
            "01", "Hà Nội", 40, Decimal("97.5"), Decimal(100), Decimal("62.5"), None
        )
        silent = [(HOSPITAL, NOW)]
        return ports.ScorePage(line, [] if own else [line], [line], [line], silent, asked, own)

    def sheet(self, name: str | None, language: Language, access: Access) -> Plan[bytes]:
        yield from ()
        return f"{name} {language}".encode()


FAULTY_SEX = ports.Reason(
    "sex-unknown PID-8", 3, 0, ["hl7v2"], "PID-8", NOW,
    Words("Giới tính “Nam” không có trong bảng 0001.", "Sex “Nam” is not in table 0001."),
)  # fmt: skip
