"""Rows of spreadsheets as sendings of a form: each judged and written as a page's answers are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from lanh.core import forms
from lanh.core.database import Plan
from lanh.core.desks import drafting, sending
from lanh.core.desks.errors import DeskError, told
from lanh.core.desks.ports import Ports, person_of
from lanh.core.desks.screens import Sent, Visitor
from lanh.core.forms import Form, Problem, Tree, ValueSets, field_name
from lanh.core.lists import (
    Import,
    RowRefused,
    SheetForm,
    Table,
    Taken,
    begin_import,
    empty_sheet,
)
from lanh.core.text import fold


def begin(
    ports: Ports,
    desk: str,
    key: str,
    visitor: Visitor,
    content: bytes | Table,
    sheet: SheetForm | None,
) -> Import:
    """A spreadsheet whose rows are sent as a form, its columns found. Rows are the same whoever
    of a facility sends them. Raises NotFound, Forbidden, lists.ListRefused."""
    _, form = drafting.form_at(ports, desk, key, visitor)
    wanted = sheet or SheetForm(f"{desk}.{key}", form.form)

    def send(fields: Mapping[str, Sequence[str]], submission: str) -> Plan[Taken]:
        try:
            taken = yield from told(_send(ports, desk, key, visitor, fields, submission))
        except DeskError as error:
            raise RowRefused(error.message) from error
        return taken

    scope = visitor.facility or visitor.access.facility
    return begin_import(
        wanted, content, send, person_of(visitor), visitor.language,
        scope=f"facility:{scope}" if scope else None,
    )  # fmt: skip


def empty(ports: Ports, desk: str, key: str, visitor: Visitor, sheet: SheetForm | None) -> bytes:
    """The workbook to fill in. Raises NotFound, Forbidden."""
    _, form = drafting.form_at(ports, desk, key, visitor)
    return empty_sheet(sheet or SheetForm(f"{desk}.{key}", form.form), visitor.language)


def _send(
    ports: Ports,
    desk: str,
    key: str,
    visitor: Visitor,
    fields: Mapping[str, Sequence[str]],
    submission: str,
) -> Plan[Taken]:
    """Take a row, or tell what is wrong with it. What its columns leave out begins as on the page;
    a warning, which nobody has seen, holds the row up."""
    open_ = yield from drafting.undrafted(ports, desk, key, visitor)
    form = open_.form.form
    begun = forms.field_texts(Tree(form, open_.response), visitor.language)
    said = yield from _codes(ports, form, visitor, fields)
    own = {name: list(held) for name, held in {**begun, **fields, **said}.items()}
    judged = yield from sending.judge(ports, open_, visitor, own)
    if judged.summary.problems:
        return Taken(None, judged.summary.problems)
    done = yield from sending.settle(ports, open_, judged, visitor, own, submission, "")
    if isinstance(done, Sent):
        return Taken(done.record)
    return Taken(None, (_error(done.problem),))


def _codes(
    ports: Ports, form: Form, visitor: Visitor, fields: Mapping[str, Sequence[str]]
) -> Plan[dict[str, list[str]]]:
    """Fields in which a code or its words stand alone, as the codes that are meant."""
    found: dict[str, list[str]] = {}
    for item in form.every():
        name = field_name(form, item)
        if item.value_set is None or ports.value_sets is None or name not in fields:
            continue
        said = []
        for text in fields[name]:
            token = None if "|" in text else (yield from _meant(ports.value_sets, item.value_set,
                                                                text, visitor))  # fmt: skip
            said.append(token or text)
        found[name] = said
    return found


def _meant(port: ValueSets, value_set: str, text: str, visitor: Visitor) -> Plan[str | None]:
    """The one code of a set whose code or words these are; None where none is, or several."""
    on = visitor.at.date()
    near = yield from port.find(value_set, text[:200], on, language=visitor.language, count=20)
    wanted = fold(text)
    exact = [each for each in near.rows if each.code == text] or [
        each for each in near.rows if fold(each.display) == wanted
    ]
    return f"{exact[0].system}|{exact[0].code}" if len(exact) == 1 else None


def _error(problem: Problem) -> Problem:
    return replace(problem, severity="error")
