"""The pages of a form: to be filled in, to be looked through, refused, gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse
from django.template.loader import render_to_string

from lanh.core import ui
from lanh.core.desks import FormScreen
from lanh.core.forms import Change
from lanh.core.ui import entry, formats
from lanh.core.web.desk import answers, blocks, entries
from lanh.core.web.desk.drawing import Drawing
from lanh.core.web.pages import render, say
from lanh.core.web.views.desks.around import PART, Refusal, crumbs_context, line_of, said, status_of
from lanh.core.web.visit import Visit


@dataclass(frozen=True, slots=True)
class Outcome:
    """A form after an act: its screen, what was found without script.

    `typed` is what was written into fields that search, `warned` why answers are sent past their
    warnings; `judged` says that all that is to be mended is told; `refused` why nothing was taken.
    """

    screen: FormScreen
    found: Mapping[str, Sequence[entry.Option]] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)
    warned: str = ""
    judged: bool = False
    refused: str = ""
    status: int = 200


def _drawing(system: str, outcome: Outcome, language: Any) -> Drawing:
    screen = outcome.screen
    at = f"/{system}/drafts/{screen.draft}"
    return Drawing(language, at, outcome.found, screen.files, outcome.typed, screen.favourites)


def _warnings(visit: Visit, outcome: Outcome) -> ui.Html:
    """What may be sent past, with a reason."""
    screen = outcome.screen
    if not screen.warnings:
        return ui.NOTHING
    items = [
        ui.tag("li", ui.tag("a", words, href=f"#f-{name}") if name else words)
        for name, words in screen.warnings
    ]
    asked = entry.Asked(
        "warned", say(visit, "entry.warned"), say(visit, "entry.warned_why"), required=True
    )
    # The reason of a correction is that of its warnings too.
    why = (
        ui.tag("input", type="hidden", name="warned", value="")
        if screen.correcting is not None
        else entry.framed(
            asked, entry.lines(asked, outcome.warned, most=1000, rows=2), visit.language
        )
    )
    return ui.tag(
        "section",
        ui.tag("h2", ui.icon("alert"), say(visit, "entry.warnings")),
        ui.tag("ul", items),
        why,
        class_="card warnings",
        id="f-warnings",
        tabindex="-1",
        data_block="warnings",
    )


def _reason(visit: Visit, screen: FormScreen) -> ui.Html:
    """Why a record is corrected."""
    if screen.correcting is None:
        return ui.NOTHING
    faults = [words for name, words in screen.page.faults if name == "reason"]
    asked = entry.Asked(
        "reason",
        say(visit, "entry.reason"),
        say(visit, "entry.reason_why"),
        faults,
        required=True,
    )
    return ui.tag(
        "section",
        entry.framed(asked, entry.lines(asked, screen.reason, most=1000, rows=2), visit.language),
        class_="card",
        data_block="reason",
    )


def _sections(screen: FormScreen) -> list[tuple[str, str]]:
    """The sections of a long form, to be gone to."""
    found = [
        (f"#{blocks.section_id(block)}", block.label)
        for block in screen.page.blocks
        if block.item.is_group and block.label
    ]
    return found if len(found) > 2 else []


def _saved(visit: Visit, screen: FormScreen) -> str:
    return say(visit, "entry.saved", time=f"{formats.local(screen.saved_at):%H:%M}")


def _parts(visit: Visit, system: str, outcome: Outcome) -> dict[str, Any]:
    screen = outcome.screen
    drawing = _drawing(system, outcome, visit.language)
    return {
        "language": visit.language,
        "screen": screen,
        "judged": outcome.judged,
        "at": drawing.at,
        "refused": ui.notice(outcome.refused, "bad") if outcome.refused else "",
        "summary": ui.error_summary(screen.page.faults, visit.language),
        "heading": screen.page.heading,
        "warnings": _warnings(visit, outcome),
        "others": [say(visit, "entry.other_editor", name=name) for name in screen.others],
        "blocks": blocks.blocks(screen.page.blocks, drawing),
        "reason": _reason(visit, screen),
        "changes": _changes(screen.changes, drawing),
        "theirs": _changes(screen.theirs, drawing, "changes.theirs"),
        "saved": _saved(visit, screen),
        "sections": _sections(screen),
    }


def _changes(changes: Sequence[Change], drawing: Drawing, title: str = "changes.title") -> ui.Html:
    """What differs, as a section of the page."""
    if not changes:
        return ui.NOTHING
    return ui.tag(
        "section",
        ui.tag("h2", drawing.say(title)),
        answers.differences(changes, drawing.language, drawing, title),
        class_="card flush spaced-below",
        id=f"f-{title.rpartition('.')[2]}",
        tabindex="-1",
        data_block=title,
    )


def form_page(visit: Visit, system: str, outcome: Outcome) -> HttpResponse:
    """A form, or where a script asks for it, the form alone."""
    parts = _parts(visit, system, outcome)
    if visit.headers.get(PART):
        text = render_to_string("web/desk/entry.html", parts, request=visit)
        return HttpResponse(text, status=outcome.status)
    screen = outcome.screen
    title = screen.page.title
    if outcome.refused or screen.page.faults:
        title = f"{say(visit, 'fault.prefix')} {title}"
    line = line_of(visit, system)
    crumbs = [ui.Crumb(line.title, f"/{system}/"), ui.Crumb(screen.page.title)]
    parts.pop("language")
    return render(
        visit,
        "desk/form.html",
        title=title,
        status=outcome.status,
        crumbs=ui.breadcrumbs(crumbs, visit.language),
        **parts,
        **crumbs_context(visit, line),
    )


def answers_page(
    visit: Visit, system: str, screen: FormScreen, received: entries.Received
) -> HttpResponse:
    """All answers once more, before they are sent; of a correction first what it changes."""
    drawing = _drawing(system, Outcome(screen), visit.language)
    line = line_of(visit, system)
    corrected = screen.correcting is not None
    title = say(visit, "answers.correction" if corrected else "answers.title")
    crumbs = [
        ui.Crumb(line.title, f"/{system}/"),
        ui.Crumb(screen.page.title, drawing.at),
        ui.Crumb(title),
    ]
    return render(
        visit,
        "desk/answers.html",
        title=title,
        heading=title,
        screen=screen,
        at=drawing.at,
        crumbs=ui.breadcrumbs(crumbs, visit.language),
        answers=answers.answers(screen.page.blocks, drawing),
        changes=_changes(screen.changes, drawing),
        theirs=_changes(screen.theirs, drawing, "changes.theirs"),
        fields=[(name, value) for name, held in received.fields.items() for value in held],
        reason=received.reason,
        **crumbs_context(visit, line),
    )


def refused_page(visit: Visit, system: str, refusal: Refusal) -> HttpResponse:
    """An act that was not taken, on a page of its own."""
    line, status = line_of(visit, system), status_of(refusal)
    return render(
        visit,
        "desk/refused.html",
        title=say(visit, "desk.refused"),
        status=status,
        why=said(refusal, visit.language),
        **crumbs_context(visit, line),
    )


def gone_page(visit: Visit, system: str) -> HttpResponse:
    """A draft that was sent, dropped, or is somebody else's."""
    line = line_of(visit, system)
    if visit.headers.get(PART):
        return HttpResponse(status=410)
    return render(
        visit,
        "desk/refused.html",
        title=say(visit, "entry.gone"),
        status=410,
        why=say(visit, "entry.gone_why"),
        **crumbs_context(visit, line),
    )
