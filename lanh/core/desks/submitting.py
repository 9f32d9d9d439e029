"""Responses that a program sends at once, without a page and a draft: judged as a page's are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lanh.core import forms
from lanh.core.database import Plan
from lanh.core.desks import drafting, sending
from lanh.core.desks.definition import Json
from lanh.core.desks.errors import Invalid, NotTaken
from lanh.core.desks.ports import Ports
from lanh.core.desks.screens import Sent, Visitor
from lanh.core.forms import Form, Problem, Tree


def submit(
    ports: Ports,
    desk: str,
    key: str,
    visitor: Visitor,
    response: Mapping[str, Any],
    submission: str,
    *,
    about: str | None = None,
    reason: str = "",
    accept_warnings: bool = False,
) -> Plan[Sent]:
    """Take a QuestionnaireResponse. What a person could not have typed (hidden, computed) is not
    taken from it; rows that are given are found by it. Raises NotTaken with each fault."""
    form = drafting.form_at(ports, desk, key, visitor)[1].form
    _check(form, response)
    open_ = yield from drafting.undrafted(ports, desk, key, visitor, about, reason)
    placed, faults = forms.aligned(form, dict(response), open_.response)
    if faults:
        raise _not_taken(tuple(faults))
    given = Tree(form, placed)
    given.settle(open_.contexts, compute=False)
    fields = forms.field_texts(given, visitor.language)
    judged = yield from sending.judge(ports, open_, visitor, fields)
    problems = judged.summary.problems
    if judged.summary.blocking or (problems and not accept_warnings):
        raise _not_taken(problems)
    done = yield from sending.settle(ports, open_, judged, visitor, fields, submission, reason)
    if isinstance(done, Sent):
        return done
    raise _not_taken((done.problem,))


def _check(form: Form, response: Mapping[str, Any]) -> None:
    """Raises Invalid where it is no response to this form, or names questions it does not have."""
    told = str(response.get("questionnaire", form.url)).partition("|")[0]
    if response.get("resourceType") != "QuestionnaireResponse" or told != form.url:
        raise Invalid.because("other-form", form=form.canonical)
    for link in _links(response):
        if form.item(link) is None:
            raise Invalid.because("question-unknown", link=link[:60])


def _links(holder: Json | Mapping[str, Any]) -> Iterator[str]:
    rows = holder.get("item", ())
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict):
            yield str(row.get("linkId"))
            yield from _links(row)
            answers = row.get("answer", ())
            for answer in answers if isinstance(answers, list) else ():
                if isinstance(answer, dict):
                    yield from _links(answer)


def _not_taken(problems: tuple[Problem, ...]) -> NotTaken:
    return NotTaken(tuple((each.name, each.say("vi"), each.say("en")) for each in problems))
