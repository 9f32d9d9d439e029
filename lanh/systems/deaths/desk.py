"""Notices of death as lists and pages show them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lanh.core.forms import Form
from lanh.core.lists import Row
from lanh.core.text import Language
from lanh.kit import Column, Filter, List, Paper, Record, Section, View, form
from lanh.systems.deaths import known, rules
from lanh.systems.deaths.flow import DOCTORS, KEY, NOTICE
from lanh.systems.deaths.notice import told
from lanh.systems.deaths.printing import TEMPLATE, moment, paper_facts
from lanh.systems.deaths.words import WORDS

NOTICE_FORM = form(
    __file__, "death-notice", DOCTORS, about="Patient", workflow=KEY, transition="resubmit",
    contexts=known.contexts, facts=known.facts, rules=rules.judge, index=known.index,
    moves=("resubmit",),
)  # fmt: skip
FORM: Form = NOTICE_FORM.form
_STATUSES = ("preliminary", "final", "amended", "entered-in-error")
_INCLUDE = ("Composition:entry", "Composition:subject")


def _name(row: Row, _language: Language) -> str | None:
    found = told(*row)["person"]["name"]
    return None if found is None else str(found)


def _died(row: Row, _language: Language) -> str | None:
    events = row[0].get("event") or [{}]
    return moment(events[0].get("period", {}).get("start"))


def _doctor(row: Row, _language: Language) -> str | None:
    return next((each.get("display") for each in row[0].get("author", ())), None)


def _status(row: Row, language: Language) -> str | None:
    status = f"status.{row[0].get('status')}"
    return WORDS[status].say(language) if status in WORDS else None


NOTICES = List(
    key="notices",
    title=WORDS["deaths.notices"],
    columns=(
        Column("name", WORDS["column.name"], _name, main=True),
        Column("died", WORDS["column.died"], _died, sort="period"),
        Column("doctor", WORDS["column.doctor"], _doctor),
        Column("status", WORDS["column.status"], _status),
    ),
    resource_type="Composition",
    fixed=(("type", "http://loinc.org|64297-5"),),
    include=("Composition:subject",),
    filters=(
        Filter(
            "status", WORDS["column.status"], "status", "choice",
            tuple((each, WORDS[f"status.{each}"]) for each in _STATUSES),
        ),
        Filter("died", WORDS["filter.died"], "period", "date"),
    ),
    views=tuple(
        View(each, WORDS[f"status.{each}"], {"status": each}) for each in _STATUSES[:2]
    ),
    order="-period",
)  # fmt: skip
QUEUES = tuple(
    List(queue.name, queue.title, (), queues=frozenset({queue.name})) for queue in NOTICE.queues
)


def _lines(part: str) -> Callable[..., Sequence[tuple[str, str]]]:
    """The lines of one section of the notice: each entry with its question's words."""

    def lines(
        composition: Mapping[str, Any],
        records: Mapping[str, Mapping[str, Any]],
        language: Language,
    ) -> list[tuple[str, str]]:
        found = told(composition, records)
        return list(_SAID[part](found, language))

    return lines


def _label(link: str, language: Language) -> str:
    item = FORM.item(link)
    return item.label(language) if item is not None else link


def _death(found: Mapping[str, Any], language: Language) -> Sequence[tuple[str, str]]:
    return [
        (_label("name", language), found["person"]["name"] or ""),
        (_label("died", language), moment(found["died"]) or ""),
        (_label("place", language), _words(found["place"])),
        (_label("manner", language), _words(found["manner"])),
        (_label("author", language), found["doctor"] or ""),
    ]


def _part(key: str) -> Callable[[Mapping[str, Any], Language], Sequence[tuple[str, str]]]:
    def said(found: Mapping[str, Any], language: Language) -> Sequence[tuple[str, str]]:
        rows = []
        for each in found[key]:
            interval = each["interval"] or {}
            length = f", {interval['value']} {interval['unit']}" if interval else ""
            rows.append((each.get("letter", ""), f"{_words(each)} ({each.get('code')}){length}"))
        return rows

    return said


def _underlying(found: Mapping[str, Any], language: Language) -> Sequence[tuple[str, str]]:
    rows = [(_label("underlying", language), _with_code(found["underlying"]))]
    if found["external"]:
        rows.append((_label("external-code", language), _with_code(found["external"])))
    if found["happened"]:
        rows.append((_label("external-words", language), found["happened"]))
    return rows


def _words(coded: Mapping[str, Any] | None) -> str:
    return str((coded or {}).get("words") or "")


def _with_code(coded: Mapping[str, Any] | None) -> str:
    return f"{_words(coded)} ({coded.get('code')})" if coded else ""


_SAID: dict[str, Callable[[Mapping[str, Any], Language], Sequence[tuple[str, str]]]] = {
    "death": _death,
    "part-1": _part("lines"),
    "part-2": _part("others"),
    "underlying": _underlying,
}


def _title(composition: Mapping[str, Any], language: Language) -> str:
    died = _died((composition, {}), language)
    return f"{WORDS['paper.title'].say(language)}, {died}" if died else ""


NOTICE_RECORD = Record(
    "Composition",
    _title,
    tuple(Section(WORDS[f"section.{part}"], _lines(part)) for part in _SAID),
    form="death-notice",
    include=_INCLUDE,
    papers=(Paper("notice", WORDS["paper.notice"], TEMPLATE, paper_facts, signed=True),),
    personal=True,
)
