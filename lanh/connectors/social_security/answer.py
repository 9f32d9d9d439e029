"""What the gateway says: a code, a transaction number, a time, words. Read bounded and strictly."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

LARGEST = 262_144
ACCEPTED = "200"
UNAUTHORISED = "401"


class AnswerUnreadable(ValueError):
    """The bytes are no answer of the gateway."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`code` is maKetQua; `number` maGiaoDich; `at` thoiGianTiepNhan as it came; `words` thongDiep.

    Codes of the hundreds 200 to 599 are HTTP's sense: 200 is taken, 401 a session that ended, 5xx a
    fault of the gateway; anything else says that it will not take the package as it is.
    """

    code: str
    number: str = ""
    at: str = ""
    words: str = ""

    @property
    def accepted(self) -> bool:
        """Whether the package was taken."""
        return self.code == ACCEPTED

    @property
    def passing(self) -> bool:
        """Whether the same package may be taken later: nothing is wrong with it."""
        return len(self.code) == 3 and self.code.startswith("5")


def read_object(content: bytes) -> dict[str, Any]:
    """The JSON object of an answer. Raises AnswerUnreadable."""
    if len(content) > LARGEST:
        raise AnswerUnreadable("too large")
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise AnswerUnreadable("not JSON") from None
    if not isinstance(found, dict):
        raise AnswerUnreadable("not an object")
    return found


def read_answer(content: bytes) -> Answer:
    """The answer to a package. Raises AnswerUnreadable."""
    found = read_object(content)
    code = found.get("maKetQua")
    if not isinstance(code, (str, int)) or isinstance(code, bool) or not str(code).strip():
        raise AnswerUnreadable("no maKetQua")
    number, at, words = (
        str(found.get(name) or "") for name in ("maGiaoDich", "thoiGianTiepNhan", "thongDiep")
    )
    return Answer(str(code).strip()[:20], number[:100], at[:40], words[:2000])
