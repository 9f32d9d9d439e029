"""The parts of a person's page: timeline entries, short lists, tables."""

from __future__ import annotations

from collections.abc import Sequence

from lanh.core import ui
from lanh.core.ui import formats
from lanh.core.web.pages import say
from lanh.core.web.record import events, facts
from lanh.core.web.services import Opened, PatientLink, Record
from lanh.core.web.visit import Visit
from lanh.core.web.words import WORDS

_SHORT = 6


def flag_word(visit: Visit, result: facts.Result) -> ui.Html:
    """High, low or abnormal: a word with its sign, never colour alone."""
    if not result.flag:
        return ui.NOTHING
    sign = {"high": "up", "low": "down"}.get(result.flag, "alert")
    return ui.tag("span", ui.icon(sign), say(visit, f"flag.{result.flag}"), class_="high")


def _value(visit: Visit, result: facts.Result) -> ui.Html:
    return ui.join(ui.tag("b", result.value), " ", flag_word(visit, result))


_FEW = 3


def _inline(visit: Visit, result: facts.Result, named: bool) -> ui.Html:
    limits = say(visit, "chart.limits", range=result.range) if result.range else ""
    return ui.tag(
        "span",
        f"{result.name} " if named else ui.NOTHING,
        _value(visit, result),
        ui.tag("span", f" {limits}", class_="muted") if limits else ui.NOTHING,
        class_="piece",
    )


def _result_lines(visit: Visit, event: events.Event) -> ui.Html:
    """A few values in one line; more in a table that opens."""
    if not event.lines:
        return ui.NOTHING
    if len(event.lines) <= _FEW:
        named = len(event.lines) > 1
        values = [_inline(visit, result, named) for result in event.lines]
        return ui.tag("p", values, class_="line")
    columns = [
        ui.Column(say(visit, "chart.test"), main=True),
        ui.Column(say(visit, "chart.value"), numeric=True),
        ui.Column(say(visit, "chart.range"), numeric=True),
    ]
    rows: list[list[ui.Child]] = [
        [line.name, _value(visit, line), line.range] for line in event.lines
    ]
    return ui.tag(
        "details",
        ui.tag("summary", say(visit, "chart.show_values", count=len(rows))),
        ui.table(event.title, columns, rows, dense=True),
    )


def _within(visit: Visit, event: events.Event, with_messages: bool) -> ui.Html:
    """What happened at a visit, a line each; its own message where it came by another."""
    if not event.within:
        return ui.NOTHING
    lines = [
        ui.tag(
            "li",
            ui.icon(events.KINDS[part.kind]),
            ui.tag(
                "div",
                ui.tag("span", part.title or say(visit, f"kind.{part.kind}"), class_="part"),
                ui.tag("span", f" {part.line}", class_="muted") if part.line else ui.NOTHING,
                _result_lines(visit, part),
                ui.tag("p", provenance(visit, part.record, with_messages), class_="source")
                if part.record.receipt != event.record.receipt
                else ui.NOTHING,
            ),
        )
        for part in event.within
    ]
    return ui.tag("ul", lines, class_="within")


def provenance(visit: Visit, record: Record, with_messages: bool) -> ui.Html:
    """By which message the record came, and when."""
    if record.receipt is None:
        return ui.tag("span", say(visit, "chart.entered", at=formats.moment(record.updated)))
    words = say(visit, "chart.received", at=formats.moment(record.updated))
    short = say(visit, "chart.message", id=record.receipt[-6:])
    link = ui.tag("a", short, href=f"/messages/{record.receipt}") if with_messages else short
    return ui.tag("span", words, " · ", link)


def entry(visit: Visit, event: events.Event, with_messages: bool) -> ui.TimelineEntry:
    """An event as the timeline shows it."""
    record = event.record
    day = formats.fhir_day(event.when) or say(visit, "chart.no_date")
    hour = event.sort_key[11:16]
    kind = say(visit, f"kind.{event.kind}")
    return ui.TimelineEntry(
        sort_day=event.sort_key[:10],
        when=day,
        title=event.title or kind,
        line=event.line,
        source=record.facility_name or record.facility or say(visit, "chart.no_facility"),
        kind=f"{kind} · {hour}" if hour else kind,
        symbol=events.KINDS[event.kind],
        mark="attention" if event.attention else "done",
        provenance=provenance(visit, record, with_messages),
        details=ui.join(_result_lines(visit, event), _within(visit, event, with_messages)),
    )


def _short_list(items: Sequence[tuple[ui.Child, ui.Child]], empty: str) -> ui.Html:
    if not items:
        return ui.tag("p", empty, class_="muted")
    return ui.tag(
        "ul",
        [
            ui.tag("li", ui.tag("span", left), ui.tag("span", right, class_="muted small"))
            for left, right in items
        ],
        class_="short",
    )


def problems(visit: Visit, records: Sequence[Record]) -> ui.Html:
    """Conditions that hold."""
    found = facts.problems(records)[:_SHORT]
    items: list[tuple[ui.Child, ui.Child]] = [
        (words, say(visit, "chart.since", day=formats.fhir_day(since)) if since else "")
        for words, since in found
    ]
    return _short_list(items, say(visit, "chart.no_problems"))


def recent_medicines(visit: Visit, records: Sequence[Record]) -> ui.Html:
    """The latest of each medicine."""
    latest: dict[str, facts.Medicine] = {}
    for medicine in facts.medicines(records, visit.language):
        latest.setdefault(medicine.name, medicine)
    items: list[tuple[ui.Child, ui.Child]] = [
        (
            ui.join(ui.tag("b", medicine.name), f" {medicine.dose or medicine.quantity}".rstrip()),
            formats.fhir_day(medicine.when),
        )
        for medicine in list(latest.values())[:_SHORT]
    ]
    return _short_list(items, say(visit, "chart.no_medicines"))


def recent_results(visit: Visit, records: Sequence[Record]) -> ui.Html:
    """The latest value of each test, those out of range first."""
    latest: dict[str, facts.Result] = {}
    for result in facts.results(records, visit.language):
        latest.setdefault(result.name, result)
    worst_first = sorted(latest.values(), key=lambda result: not result.flag)[:_SHORT]
    items: list[tuple[ui.Child, ui.Child]] = [
        (
            ui.join(f"{result.name} ", _value(visit, result)),
            " · ".join(part for part in (result.range, formats.fhir_day(result.when)) if part),
        )
        for result in worst_first
    ]
    return _short_list(items, say(visit, "chart.no_results"))


def source_summary(visit: Visit, links: Sequence[PatientLink]) -> ui.Html:
    """Which facilities' Patients are linked here, in short."""
    items: list[tuple[ui.Child, ui.Child]] = [
        (link.facility_name or link.facility, link.rule_name.say(visit.language))
        for link in links[:_SHORT]
    ]
    return _short_list(items, "")


def medicine_table(visit: Visit, records: Sequence[Record]) -> ui.Html:
    """Every medicine with its dose, amount, day and facility."""
    columns = [
        ui.Column(say(visit, "chart.medicine"), main=True),
        ui.Column(say(visit, "chart.dose")),
        ui.Column(say(visit, "chart.quantity"), numeric=True),
        ui.Column(say(visit, "chart.day")),
        ui.Column(say(visit, "chart.facility")),
    ]
    rows: list[list[ui.Child]] = [
        [
            medicine.name,
            medicine.dose,
            medicine.quantity,
            formats.fhir_day(medicine.when),
            medicine.record.facility_name or medicine.record.facility,
        ]
        for medicine in facts.medicines(records, visit.language)
    ]
    if not rows:
        return ui.empty_state(say(visit, "chart.no_medicines"), say(visit, "chart.nothing_sent"))
    return ui.table(say(visit, "chart.medicines"), columns, rows)


def result_table(visit: Visit, results: Sequence[facts.Result]) -> ui.Html:
    """Values with range and flag."""
    columns = [
        ui.Column(say(visit, "chart.test"), main=True),
        ui.Column(say(visit, "chart.value"), numeric=True),
        ui.Column(say(visit, "chart.judged")),
        ui.Column(say(visit, "chart.range"), numeric=True),
        ui.Column(say(visit, "chart.time")),
        ui.Column(say(visit, "chart.facility")),
    ]
    rows: list[list[ui.Child]] = [
        [
            result.name,
            result.value,
            flag_word(visit, result),
            result.range,
            formats.fhir_moment(result.when),
            result.record.facility_name or result.record.facility,
        ]
        for result in results
    ]
    if not rows:
        return ui.empty_state(say(visit, "chart.no_results"), say(visit, "chart.nothing_sent"))
    return ui.table(say(visit, "chart.results"), columns, rows)


def source_table(visit: Visit, links: Sequence[PatientLink]) -> ui.Html:
    """The links with rule, evidence and who decided."""
    columns = [
        ui.Column(say(visit, "chart.facility"), main=True),
        ui.Column(say(visit, "links.rule")),
        ui.Column(say(visit, "links.evidence")),
        ui.Column(say(visit, "links.score"), numeric=True),
        ui.Column(say(visit, "links.decided")),
    ]
    rows: list[list[ui.Child]] = [
        [
            link.facility_name or link.facility,
            link.rule_name.say(visit.language),
            evidence(visit, link),
            formats.number(link.score, visit.language, 2) if link.score is not None else "",
            f"{formats.moment(link.decided_at)} · {decided_by(visit, link)}",
        ]
        for link in links
    ]
    return ui.table(say(visit, "chart.sources"), columns, rows)


def feature(visit: Visit, code: str) -> str:
    """What links are compared by, in words."""
    return visit.services.link_words(f"feature.{code}").say(visit.language)


def evidence(visit: Visit, link: PatientLink) -> ui.Html:
    """What spoke for the link and against it, feature by feature."""
    found = [
        (feature(visit, name), visit.services.link_words(f"finding.{value}").say(visit.language))
        for name, value in link.evidence.items()
    ]
    return ui.join(
        [
            ui.tag("span", ui.tag("span", f"{name}: ", class_="muted"), value, class_="piece")
            for name, value in found
        ]
    )


def decided_by(visit: Visit, link: PatientLink) -> str:
    """Who decided: the rules, or the steward."""
    return say(visit, "links.by_rules") if link.decided_by == "rules" else link.decided_by


def opening_table(visit: Visit, lines: Sequence[Opened]) -> ui.Html:
    """The access log in words that a citizen reads."""
    if not lines:
        return ui.empty_state(say(visit, "openings.none"), say(visit, "openings.why_none"))
    columns = [
        ui.Column(say(visit, "openings.when")),
        ui.Column(say(visit, "openings.who"), main=True),
        ui.Column(say(visit, "openings.where")),
        ui.Column(say(visit, "openings.purpose")),
        ui.Column(say(visit, "openings.what")),
    ]
    rows: list[list[ui.Child]] = []
    for line in lines:
        role = line.role_name.say(visit.language) if line.role_name else ""
        known = f"purpose.{line.purpose}"
        action = f"action.{line.action}"
        rows.append(
            [
                formats.moment(line.at),
                ui.join(
                    line.who, ui.tag("span", role, class_="muted small under") if role else None
                ),
                line.facility_name,
                say(visit, known) if known in WORDS else line.purpose,
                say(visit, action) if action in WORDS else line.action,
            ]
        )
    return ui.table(say(visit, "chart.openings"), columns, rows)
