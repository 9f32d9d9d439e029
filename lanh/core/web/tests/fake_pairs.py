"""Made-up doubtful pairs behind the port; identifiers that cannot be real."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from lanh.core.access import Access
from lanh.core.database import Plan
from lanh.core.text import Message, Words
from lanh.core.web.services import (
    Answer,
    DecisionRefused,
    Pair,
    PairsPage,
    PairVerdict,
    Side,
    Weighed,
)

OPENED = datetime(2026, 10, 18, 3, 0, tzinfo=UTC)
_WARNING = Message(
    Words(
        "Năm sinh trong số định danh là 1990, khác với ngày sinh đã ghi. Kiểm tra lại giấy tờ.",
        "The birth year in the personal number is 1990, unlike the birth date. Check the papers.",
    )
)
_EVIDENCE = (
    Weighed("prior", "block", -6.0),
    Weighed("name", "close", 3.5),
    Weighed("birth", "swapped", 4.5),
    Weighed("sex", "same", 1.0),
    Weighed("place", "different", -2.0),
    Weighed("phone", "same", 6.0),
)


def _pair(number: int) -> Pair:
    one = {
        "name": "Đặng Minh Khôi", "birth": "1990-03-05", "sex": "male",
        "place": "Xã Mường Thử, Tỉnh Thí Điểm", "phone": "0600000123",
        "personal-number": "099090012345", "insurance-number": "9900000001",
    }  # fmt: skip
    other = one | {
        "name": "ĐẶNG MINH KHỐI", "birth": "1990-05-03", "personal-number": "099090012354",
        "place": "Phường Mẫu, Tỉnh Thí Điểm", "insurance-number": "",
    }  # fmt: skip
    return Pair(
        id=number,
        revision=1,
        waiting=True,
        linked=number == 2,
        one=Side(f"patient-{number}", f"person-{number}", "Trạm Y tế xã Mường Thử", one),
        other=Side(
            f"patient-{number}b", f"person-{number}b", "Bệnh viện Đa khoa Thử Nghiệm", other,
            ("Trung tâm Y tế Mẫu", "Trạm Y tế xã Mường Thử"), (_WARNING,),
        ),
        rule_name=Words("Trùng thông tin nhân thân", "Demographics agree"),
        score=0.9922,
        evidence=_EVIDENCE,
        opened_at=OPENED + timedelta(days=number),
    )  # fmt: skip


@dataclass
class FakePairs:
    """Twenty-seven pairs; number 9 is out of reach. `overtaken` makes every decision too late."""

    decided_on: list[tuple[int, str, str]] = field(default_factory=list)
    overtaken: bool = False
    _pairs: dict[int, Pair] = field(default_factory=lambda: {n: _pair(n) for n in range(1, 28)})

    def counts(self, access: Access) -> Plan[PairsPage]:
        yield from ()
        waiting = [pair for pair in self._pairs.values() if pair.waiting]
        return PairsPage((), len(waiting), self._later(), 20)

    def _later(self) -> int:
        return sum(1 for pair in self._pairs.values() if self._standing(pair) == "later")

    @staticmethod
    def _standing(pair: Pair) -> str:
        return next((v.answer for v in pair.verdicts if v.undone_at is None), "")

    def waiting(
        self, access: Access, limit: int, cursor: str | None, *, later: bool = False
    ) -> Plan[PairsPage]:
        counts = yield from self.counts(access)
        wanted = "later" if later else ""
        found = [p for p in self._pairs.values() if p.waiting and self._standing(p) == wanted]
        found = [pair for pair in found if pair.id > int(cursor or 0)]
        following = str(found[limit - 1].id) if len(found) > limit else None
        return replace(counts, pairs=found[:limit], next_cursor=following)

    def decided(self, access: Access, limit: int, cursor: str | None) -> Plan[PairsPage]:
        counts = yield from self.counts(access)
        found = [pair for pair in self._pairs.values() if self._standing(pair)]
        return replace(counts, pairs=found)

    def pair(self, id: int, access: Access) -> Plan[Pair | None]:
        yield from ()
        return None if id == 9 else self._pairs.get(id)

    def beside(self, id: int, access: Access) -> Plan[tuple[int | None, int | None]]:
        yield from ()
        others = [p.id for p in self._pairs.values() if p.waiting and p.id != id]
        before = [number for number in others if number < id]
        after = [number for number in others if number > id]
        return before[-1] if before else None, next(iter(after or others), None)

    def last_own(self, access: Access) -> Plan[tuple[int, PairVerdict] | None]:
        yield from ()
        standing: Sequence[tuple[int, PairVerdict]] = [
            (pair.id, verdict)
            for pair in self._pairs.values()
            for verdict in pair.verdicts
            if verdict.undone_at is None and verdict.own
        ]
        return max(standing, key=lambda each: each[1].id, default=None)

    def decide(
        self, id: int, revision: int, answer: Answer, reason: str, access: Access
    ) -> Plan[bool]:
        yield from ()
        pair = self._pairs[id]
        if self.overtaken or revision != pair.revision or not pair.waiting:
            words = Words("Người khác vừa quyết định cặp này.", "Somebody else has just decided.")
            raise DecisionRefused(Message(words), overtaken=True)
        self.decided_on.append((id, answer, reason))
        verdict = PairVerdict(
            len(self.decided_on), answer, reason, OPENED, access.subject.name, own=True
        )
        self._pairs[id] = replace(
            pair, verdicts=(verdict, *pair.verdicts), waiting=answer == "later", revision=2
        )
        return True

    def undo(self, verdict: int, reason: str, access: Access) -> Plan[bool]:
        yield from ()
        for pair in self._pairs.values():
            for each in pair.verdicts:
                if each.id == verdict and each.undone_at is None:
                    undone = replace(
                        each, undone_at=OPENED, undone_by="Phạm Ngọc Ánh", undone_reason=reason
                    )
                    self._pairs[pair.id] = replace(
                        pair, verdicts=(undone,), waiting=True, revision=pair.revision + 1
                    )
                    return True
        return False
