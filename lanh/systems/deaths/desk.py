"""Notices of death as lists and pages show them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from lanh.core.forms import Form
from lanh.core.lists import STATE, Row
from lanh.core.text import Language
from lanh.core.ui import formats
from lanh.kit import Column, Filter, List, Paper, Record, Section, View, form
from lanh.systems.deaths import known, rules
from lanh.systems.deaths.flow import DOCTORS, KEY, NOTICE
from lanh.systems.deaths.notice import told
from lanh.systems.deaths.printing import TEMPLATE, paper_facts
from lanh.systems.deaths.words import WORDS

NOTICE_FORM = form(
    __file__, "death-notice", DOCTORS, about="Patient", workflow=KEY, transition="resubmit",
    contexts=known.contexts, facts=known.facts, rules=rules.judge, index=known.index,
    moves=("resubmit",),
)  # fmt: skip
FORM: Form = NOTICE_FORM.form
_STATUSES = ("preliminary", "final", "amended", "entered-in-error")
_INCLUDE = ("Composition:entry", "Composition:subject")


def _moment(text: str | None) -> str:
    return formats.fhir_moment(text or "")


def _name(row: Row, _language: Language) -> str | None:
    found = told(*row)["person"]["name"]
    return None if found is None else str(found)


def _died(row: Row, _language: Language) -> str | None:
    events = row[0].get("event") or [{}]
    return _moment(events[0].get("period", {}).get("start"))


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
    List(
        queue.name,
        queue.title,
        (*NOTICES.columns[:3], STATE),
        queues=frozenset({queue.name}),
        include=("Composition:subject",),
    )
    for queue in NOTICE.queues
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


Lines: TypeAlias = "list[tuple[str, str]]"


def _rows(language: Language, *rows: tuple[str, Any]) -> Lines:
    """The questions that were answered, with their answers: those by their linkIds."""
    return [(_label(link, language), said) for link, said in rows if said]


def _deceased(found: Mapping[str, Any], language: Language) -> Lines:
    person = found["person"]
    sex = f"sex.{person['sex']}"
    return _rows(
        language,
        ("name", person["name"]),
        ("sex-shown", WORDS[sex].say(language) if sex in WORDS else None),
        ("born", formats.fhir_day(person["born"] or "")),
        ("number", person["number"]),
        ("residence", person["residence"]),
        ("relative", found["relative"]),
    )


def _death(found: Mapping[str, Any], language: Language) -> Lines:
    return _rows(
        language,
        ("died", _moment(found["died"])),
        ("place", _words(found["place"])),
        ("manner", _words(found["manner"])),
        ("author", found["doctor"]),
    )


def _part(key: str) -> Callable[[Mapping[str, Any], Language], Lines]:
    def said(found: Mapping[str, Any], language: Language) -> Lines:
        rows = []
        for each in found[key]:
            interval = each["interval"] or {}
            length = f", {interval['value']} {interval['unit']}" if interval else ""
            began = f", {_moment(each['began'])}" if each["began"] else ""
            words = f"{_words(each)} ({each.get('code')}){length}{began}"
            rows.append((each.get("letter", ""), words))
        return rows

    return said


def _underlying(found: Mapping[str, Any], language: Language) -> Lines:
    return _rows(
        language,
        ("underlying", _with_code(found["underlying"])),
        ("external-code", _with_code(found["external"])),
        ("external-words", found["happened"]),
    )


def _examined(found: Mapping[str, Any], language: Language) -> Lines:
    surgery = found["surgery"]
    return _rows(
        language,
        ("surgery", _yes(bool(surgery), language)),
        *(("operated", formats.fhir_day(each["on"] or "")) for each in surgery),
        *(("operation-reason", each["reason"]) for each in surgery),
        ("autopsy", _yes(found["autopsy"], language)),
        ("autopsy-used", _yes(found["autopsy_used"], language)),
    )


_BIRTH = (
    "multiple", "stillborn", "hours-lived", "weight", "gestation", "mother-age", "mother-condition",
)  # fmt: skip


def _perinatal(found: Mapping[str, Any], language: Language) -> Lines:
    held = found["perinatal"]
    return _rows(language, *((link, _answer(held.get(link), language)) for link in _BIRTH))


def _maternal(found: Mapping[str, Any], language: Language) -> Lines:
    return _rows(
        language,
        ("timing", _words(found["pregnancy"])),
        ("contributed", _yes(found["contributed"], language)),
    )


def _care(found: Mapping[str, Any], language: Language) -> Lines:
    stay = found["stay"]
    return _rows(
        language,
        ("admitted", _moment(stay.get("admitted"))),
        ("intensive-days", _answer(stay.get("intensive-days"), language)),
    )


def _answer(value: Any, language: Language) -> str:
    if isinstance(value, bool):
        return _yes(value, language)
    if isinstance(value, Mapping):
        return _with_code(value)
    return "" if value is None else str(value)


def _yes(value: bool | None, language: Language) -> str:
    return "" if value is None else WORDS["said.yes" if value else "said.no"].say(language)


def _words(coded: Mapping[str, Any] | None) -> str:
    return str((coded or {}).get("words") or "")


def _with_code(coded: Mapping[str, Any] | None) -> str:
    return f"{_words(coded)} ({coded.get('code')})" if coded else ""


_SAID: dict[str, Callable[[Mapping[str, Any], Language], Lines]] = {
    "deceased": _deceased,
    "death": _death,
    "part-1": _part("lines"),
    "part-2": _part("others"),
    "underlying": _underlying,
    "examined": _examined,
    "perinatal": _perinatal,
    "maternal": _maternal,
    "care": _care,
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
