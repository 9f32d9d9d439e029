"""A form of twenty questions about a bed, a sheet of it with faults of twenty kinds, a sender."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from lanh.core import forms
from lanh.core.database import Plan
from lanh.core.forms import Form, read_form, read_notation
from lanh.core.lists import RowRefused, SheetForm, Taken
from lanh.core.lists.tests.beds import KINDS, SYSTEM
from lanh.core.store import Store, transaction
from lanh.core.text import Language, Message, Words

_LOCATION = "http://hl7.org/fhir/StructureDefinition/Location"


def _question(name: str, kind: str, vi: str, en: str, **more: Any) -> dict[str, Any]:
    return {"linkId": name, "type": kind, "text": {"vi": vi, "en": en}, **more}


def _coded(code: str, vi: str, en: str) -> dict[str, Any]:
    return {"valueCoding": {"system": KINDS, "code": code, "display": {"vi": vi, "en": en}}}


_QUESTIONS = [
    _question("number", "string", "Số giường", "Bed number", required=True, maxLength=8,
              definition=f"{_LOCATION}#Location.name",
              extension={"regex": "G[0-9]+"}),
    _question("kind", "choice", "Loại giường", "Kind", required=True,
              answerOption=[_coded("adult", "Người lớn", "Adult"),
                            _coded("child", "Trẻ em", "Child")]),
    _question("beds", "integer", "Số chỗ", "Places", required=True,
              extension={"minValue": 1, "maxValue": 9}),
    _question("since", "date", "Từ ngày", "Since", required=True),
    _question("oxygen", "boolean", "Có ôxy", "Oxygen"),
    _question("weight", "decimal", "Tải trọng", "Load",
              extension={"maxDecimalPlaces": 1, "maxValue": 500}),
    _question("at", "time", "Giờ kiểm tra", "Checked at"),
    _question("checked", "dateTime", "Ngày giờ kiểm tra", "Checked on"),
    _question("site", "url", "Trang web", "Web page"),
    _question("note", "text", "Ghi chú", "Note", maxLength=30),
]  # fmt: skip


def bed_form() -> Form:
    """The form."""
    source = {
        "resourceType": "Questionnaire",
        "url": "urn:test:forms:bed",
        "version": "1",
        "language": "vi",
        "status": "active",
        "title": {"vi": "Giường", "en": "Bed"},
        "item": [
            {
                "linkId": "bed",
                "type": "group",
                "text": {"vi": "Giường", "en": "Bed"},
                "extension": {"definitionExtract": _LOCATION},
                "item": _QUESTIONS,
            }
        ],
    }
    return read_form(read_notation(json.dumps(source)))


SHEET = SheetForm("beds", bed_form())
HEADS = [each["text"]["vi"] for each in _QUESTIONS]
_FIRST_DAY = date(2020, 1, 1)


def good(at: int) -> list[str]:
    """The cells of a row that can be taken; none is like another."""
    day = _FIRST_DAY + timedelta(days=at % 2000)
    return [f"G{at}", "Trẻ em" if at % 4 == 0 else "người lớn", str(at % 9 + 1),
            f"{day:%d/%m/%Y}", ("Có", "không", "")[at % 3], "12,5", "7:30", "05/03/2026 08:15",
            "https://example.org/bed", f"ghi chú {at}"]  # fmt: skip


# (place of the cell, what stands there): a fault each, but for the last two, which are the row's.
FAULTS: list[tuple[int, str]] = [
    (0, ""), (0, "giường"), (0, "G123456789"), (1, ""), (1, "khổng lồ"), (2, ""), (2, "0"),
    (2, "10"), (2, "nhiều"), (2, "1,5"), (3, ""), (3, "31/02/2026"), (3, "2026"[:3]),
    (4, "có lẽ"), (5, "1.234"), (5, "12,55"), (5, "501"), (6, "25:00"), (7, "05/03/2026 8h99"),
    (8, "không phải"), (9, "x" * 31),
]  # fmt: skip


def bad(at: int, kind: int) -> list[str]:
    """The cells of a row with a fault of a kind."""
    cells = good(at)
    place, text = FAULTS[kind]
    cells[place] = text
    return cells


class Sender:
    """Judges and writes a row, as a desk does. `rule` may refuse one for a reason of its own."""

    def __init__(
        self,
        store: Store,
        rule: Callable[[str], str | None] = lambda _: None,
        language: Language = "vi",
    ) -> None:
        self.store, self.form, self.rule, self.language = store, SHEET.form, rule, language
        self.sent = 0

    def __call__(self, fields: Mapping[str, Sequence[str]], key: str) -> Plan[Taken]:
        assert 16 <= len(key) <= 64
        received = forms.read_fields(self.form, fields, language=self.language)
        summary = forms.judge(received.tree, read=received.problems)
        if summary.blocking:
            return Taken(None, summary.problems)
        response = received.tree.response()
        bundle = forms.extract(self.form, {**response, "status": "completed"})
        kept = {**response, "status": "completed", "authored": "2026-03-05T08:00:00+07:00"}
        entry = {"fullUrl": f"urn:uuid:{uuid.uuid4()}", "resource": kept,
                 "request": {"method": "POST", "url": "QuestionnaireResponse"}}  # fmt: skip
        whole = {**bundle, "entry": [*bundle["entry"], entry]}
        result = yield from transaction.execute(self.store, whole, SYSTEM)
        self.sent += 1
        name = fields["q/bed/number"][0]
        reason = self.rule(name)
        if reason is not None:  # after writing: nothing of it may stay
            raise RowRefused(Message(Words(reason, reason)))
        first = result.entries[0].outcome
        assert first is not None
        return Taken(f"{first.type}/{first.id}")
