"""A filled form of 60 questions sent at a desk, beside the bare transaction that it results in.

Twelve of the questions become an Observation each, the others stay in the response; some are
conditional, some computed, one is a rule over two. The bare transaction writes the same Bundle
(twelve Observations, the response) with its audit and feed entries, and nothing else: no draft,
no judging, no extraction.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lanh.core.access import Access, CustodianIn, Grant, Purpose, Subject
from lanh.core.database import Plan, SyncDatabase
from lanh.core.desks import Desk, DeskForm, Desks, RecordView, Section, Sent, Visitor
from lanh.core.forms import read_form
from lanh.core.store import Context, Store, transaction
from lanh.core.text import Words
from lanh.core.workflow import Definitions, Workflow
from lanh.nation.calendar import packaged
from lanh.nation.local_time import VIETNAM
from lanh.site.bench import Figure
from lanh.site.bench._measure import Span, measured

_EXTRACT = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-definitionExtract"
_ASSIGN = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-definitionExtractValue"
_COMPUTE = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression"
_OBSERVATION = "http://hl7.org/fhir/StructureDefinition/Observation"
_READINGS, _CHOICES, _TEXTS, _COUNTS = 12, 20, 14, 12
_RUNS = 40
_TURNS, _READS = 11, 8


def _words(text: str) -> Words:
    return Words(text, text)


def _said(text: str, name: str = "text") -> dict[str, Any]:
    """A text in both languages, as a published Questionnaire has it."""
    translated = [{"url": "lang", "valueCode": "en"}, {"url": "content", "valueString": text}]
    url = "http://hl7.org/fhir/StructureDefinition/translation"
    return {name: text, f"_{name}": {"extension": [{"url": url, "extension": translated}]}}


def _assigned(element: str, **value: Any) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [
        {"url": "definition", "valueUri": f"{_OBSERVATION}#Observation.{element}"}
    ]
    key, held = next(iter(value.items()))
    name = "fixed-value" if key != "expression" else "expression"
    if key == "expression":
        expression = {"language": "text/fhirpath", "expression": held}
        parts.append({"url": name, "valueExpression": expression})
    else:
        parts.append({"url": name, key: held})
    return {"url": _ASSIGN, "extension": parts}


def _reading(number: int) -> dict[str, Any]:
    code = {"system": "urn:lanh:bench", "code": f"r{number}"}
    return {
        "linkId": f"r{number}",
        "type": "decimal",
        **_said(f"Số đo {number}"),
        "required": True,
        "definition": f"{_OBSERVATION}#Observation.value[x]:valueQuantity.value",
        "extension": [
            {
                "url": _EXTRACT,
                "extension": [{"url": "definition", "valueCanonical": _OBSERVATION}],
            },
            _assigned("status", valueCode="final"),
            _assigned("code.coding", valueCoding=code),
            _assigned(
                "effectiveDateTime",
                expression="%resource.item.where(linkId = 'day').answer.value",
            ),
        ],
    }


def _choice(number: int) -> dict[str, Any]:
    options = [
        {"valueCoding": {"system": "urn:lanh:bench", "code": code, **_said(code, "display")}}
        for code in ("no", "little", "much")
    ]
    item = {"linkId": f"c{number}", "type": "choice", **_said(f"Triệu chứng {number}")}
    return {**item, "answerOption": options}


def _text(number: int) -> dict[str, Any]:
    item = {"linkId": f"t{number}", "type": "string", **_said(f"Mô tả {number}"), "maxLength": 200}
    condition = {"question": f"c{number}", "operator": "!=", "answerCoding": {
        "system": "urn:lanh:bench", "code": "no"}}  # fmt: skip
    return {**item, "enableWhen": [condition]}


def _count(number: int) -> dict[str, Any]:
    return {"linkId": f"n{number}", "type": "integer", **_said(f"Số lần {number}")}


def form_source() -> dict[str, Any]:
    """The Questionnaire: 60 questions."""
    total = "%resource.item.where(linkId.startsWith('n')).answer.value.aggregate($this + $total, 0)"
    compute = {"language": "text/fhirpath", "expression": total}
    items = [
        {"linkId": "day", "type": "date", **_said("Ngày khám"), "required": True},
        *(_reading(n) for n in range(_READINGS)),
        *(_choice(n) for n in range(_CHOICES)),
        *(_text(n) for n in range(_TEXTS)),
        *(_count(n) for n in range(_COUNTS)),
        {
            "linkId": "total",
            "type": "integer",
            **_said("Tổng"),
            "readOnly": True,
            "extension": [{"url": _COMPUTE, "valueExpression": compute}],
        },
    ]
    return {
        "resourceType": "Questionnaire",
        "url": "https://lanh.example/forms/bench-60",
        "version": "1",
        "language": "vi",
        "status": "active",
        **_said("Phiếu khám 60 câu", "title"),
        "item": items,
    }


def fields(number: int) -> dict[str, list[str]]:
    """What somebody typed, other values each time."""
    made = {"q/day": [f"{number % 28 + 1}/3/2026"]}
    made |= {f"q/r{n}": [f"{36 + (number + n) % 40 / 10:.1f}"] for n in range(_READINGS)}
    codes = ("no", "little", "much")
    made |= {f"q/c{n}": [f"urn:lanh:bench|{codes[(number + n) % 2 + 1]}"] for n in range(_CHOICES)}
    made |= {f"q/t{n}": [f"Đau nhẹ, lần {number}, mục {n}"] for n in range(_TEXTS)}
    return made | {f"q/n{n}": [str((number * n) % 9)] for n in range(_COUNTS)}


def _lines(
    resource: Mapping[str, Any], _included: Mapping[str, Mapping[str, Any]], _language: str
) -> list[tuple[str, str]]:
    return [("", str(resource["valueQuantity"]["value"]))]


def _desk() -> Desk:
    roles = frozenset({"nurse"})
    form = DeskForm("exam", read_form(form_source()), roles)
    view = RecordView(
        "Observation", lambda _r, _l: "r", (Section(_words("r"), _lines),), form="exam"
    )
    return Desk("bench", _words("b"), _words("b"), roles, forms=(form,), records=(view,))


def _visitor() -> Visitor:
    rights = frozenset({"read", "search", "history", "create", "update"})
    grant = Grant("nurse", rights, None, CustodianIn(frozenset({"97001"})))  # type: ignore[arg-type]
    access = Access(
        Subject("person", "bench", "bench"), Purpose.OPERATIONS, (grant,), "97001", "99001"
    )
    at = datetime(2026, 3, 20, 9, 0, tzinfo=VIETNAM)
    return Visitor("bench", "nurse", access, "en", at, "97001")


def submissions(database: SyncDatabase, server: int) -> list[Figure]:
    """CPU of this process and of PostgreSQL, an operation; and a record's page beside a read."""
    store, who = Store(), _visitor()
    desks = Desks((_desk(),), store=store, workflow=Workflow(Definitions(()), packaged()))
    context = Context(who.access, "urn:lanh:bench", "97001", "99001")
    sent: list[Sent] = []
    roots = (os.getpid(), server)
    send, bare = Span(), Span()
    for number in range(-3, _RUNS):
        screen = database.transact(desks.begin("bench", "exam", who))
        with measured(*roots) as span:
            done = database.transact(
                desks.send(screen.draft, who, fields(number + 3), screen.submission)
            )
        if not isinstance(done, Sent):
            raise ValueError(str(done.page.faults))
        # In turns, so that a busy minute falls on both.
        bundle = _bundle(database, store, who, done)
        with measured(*roots) as alone:
            database.transact(transaction.execute(store, bundle, context))
        if number >= 0:
            sent.append(done)
            for whole, part in ((send, span), (bare, alone)):
                whole.cpu += part.cpu
                whole.wall += part.wall
    per = 1000 / _RUNS
    submit = Figure(
        "submit_60_questions", send.cpu * per, p50_ms=send.wall * per,
        baseline=f"bare transaction {bare.cpu * per:.3g} ms", ratio=send.cpu / bare.cpu,
    )  # fmt: skip
    return [submit, _page(database, desks, store, who, sent, roots)]


def _bundle(database: SyncDatabase, store: Store, who: Visitor, sent: Sent) -> dict[str, Any]:
    """The transaction that a sending resulted in, to be written once more as new records."""
    keys = [tuple(each.split("/")) for each in sent.written]
    rows = database.transact(store.read_many([(k, n) for k, n in keys], Context(who.access)))
    entries = []
    for row in rows:
        resource = row.resource()
        resource.pop("id")
        resource.pop("meta", None)
        resource.pop("identifier", None)
        entries.append({"resource": resource, "request": {"method": "POST", "url": row.type}})
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def _page(
    database: SyncDatabase,
    desks: Desks,
    store: Store,
    who: Visitor,
    sent: list[Sent],
    roots: tuple[int, ...],
) -> Figure:
    context = Context(who.access)

    def read(record: str) -> Plan[object]:
        kind, _, name = record.partition("/")
        return (yield from store.read(kind, name, context))

    # The clock of a process counts hundredths of seconds, so that each turn takes tenths at least.
    turns: list[tuple[Span, Span]] = []
    for _ in range(_TURNS + 1):
        with measured(*roots) as span:
            for each in sent:
                database.transact(desks.record("bench", each.record, who))
        with measured(*roots) as alone:
            for _ in range(_READS):
                for each in sent:
                    database.transact(read(each.record))
        turns.append((span, alone))
    pages = sorted(span.cpu * 1000 / len(sent) for span, _ in turns[1:])
    walls = sorted(span.wall * 1000 / len(sent) for span, _ in turns[1:])
    reads = sorted(alone.cpu * 1000 / len(sent) / _READS for _, alone in turns[1:])
    middle = _TURNS // 2
    spread = f"{pages[1]:.3g} to {pages[-2]:.3g} ms in {_TURNS} turns"
    return Figure(
        "record_page", pages[middle], p50_ms=walls[middle],
        baseline=f"one read {reads[middle]:.3g} ms; page {spread}",
        ratio=pages[middle] / reads[middle],
    )  # fmt: skip
