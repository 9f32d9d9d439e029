"""Decisions on pairs in words: the worklist, reasons to choose from, what was decided before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from lanh.core import ui
from lanh.core.ui import formats
from lanh.core.web.pages import say
from lanh.core.web.services import Pair, PairVerdict
from lanh.core.web.views import comparison
from lanh.core.web.visit import Visit
from lanh.core.web.words import WORDS

# Why a pair is decided, in the order of the form; each has the key of its place.
BECAUSE = ("data", "papers", "called", "relatives", "unclear", "other")
UNDO = ("slip", "mistaken", "news")
_SHORTEST = 5  # signs of a reason in one's own words

Faults: TypeAlias = Sequence[tuple[str, str]]


def worklist(
    visit: Visit, pairs: Sequence[Pair], handles: Sequence[str], *, decided: bool
) -> ui.Html:
    """Pairs, a line each; those decided with the decision."""
    columns = [
        ui.Column(say(visit, "pairs.a_pair"), main=True),
        ui.Column(say(visit, "pairs.born"), numeric=True),
        ui.Column(say(visit, "chart.facility")),
        ui.Column(say(visit, "links.differs")),
        ui.Column(say(visit, "pairs.likeness"), numeric=True),
        ui.Column(say(visit, "links.decided" if decided else "pairs.since")),
    ]
    rows = [
        _row(visit, pair, handle, decided=decided)
        for pair, handle in zip(pairs, handles, strict=True)
    ]
    return ui.table(say(visit, "pairs.title"), columns, rows)


def _row(visit: Visit, pair: Pair, handle: str, *, decided: bool) -> list[ui.Child]:
    names = [side.fields.get("name", "") for side in (pair.one, pair.other)]
    names = [name or say(visit, "person.nameless") for name in names]
    years = [side.fields.get("birth", "")[:4] or "–" for side in (pair.one, pair.other)]
    places = [side.facility_name for side in (pair.one, pair.other)]
    last: ui.Child = formats.day(pair.opened_at)
    if decided and pair.verdicts:
        last = ui.join(told(visit, pair.verdicts[0]), _by(pair.verdicts[0]))
    linked = ui.status_tag(say(visit, "pairs.linked"), "info") if pair.linked else None
    return [
        ui.join(ui.tag("a", *_both(names), href=f"/pairs/{handle}"), linked),
        ui.join(*_both(years)),
        ui.join(*_both(places)),
        comparison.differing(visit, pair) or say(visit, "links.all_same"),
        comparison.likeness(visit, pair),
        last,
    ]


def _both(values: Sequence[str]) -> list[ui.Html]:
    """Two values one under the other; one where they are the same."""
    return [ui.tag("span", value, class_="under") for value in dict.fromkeys(values)]


def _by(verdict: PairVerdict) -> ui.Html:
    return ui.tag(
        "span", f"{verdict.by} · {formats.moment(verdict.at)}", class_="muted small under"
    )


def told(visit: Visit, verdict: PairVerdict) -> str:
    """A decision in words."""
    return say(visit, f"pairs.answer.{verdict.answer}")


def reason(because: str, note: str) -> str:
    """A reason as it is kept: the code of the one chosen, and the person's own words."""
    return f"{because}: {note}" if note else because


def reason_words(visit: Visit, kept: str) -> str:
    """A kept reason in the reader's language."""
    code, _, note = kept.partition(": ")
    keys = (f"pairs.because.{code}", f"pairs.undo.{code}")
    words = next((WORDS[key].say(visit.language) for key in keys if key in WORDS), "")
    return ": ".join(part for part in (words, note) if part) if words else kept


def reason_faults(visit: Visit, because: str, note: str) -> Faults:
    """What is missing for a reason, by field."""
    if because not in BECAUSE:
        return [("because", say(visit, "pairs.because_needed"))]
    if because == "other" and len(note) < _SHORTEST:
        return [("note", say(visit, "links.reason_needed"))]
    return ()


def reason_fields(visit: Visit, faults: Faults) -> ui.Html:
    """The reasons to choose from, by number key too, and room for one's own words."""
    told_of = dict(faults)
    chosen = str(visit.POST.get("because", ""))
    choices = [
        ui.tag(
            "li",
            ui.tag(
                "input", type="radio", name="because", value=code, required=True,
                id="f-because" if place == 1 else f"f-because-{place}",
                checked=code == chosen, data_press=place, aria_keyshortcuts=place,
            ),
            ui.tag(
                "label", ui.tag("span", say(visit, f"pairs.because.{code}")), ui.tag("kbd", place),
                for_="f-because" if place == 1 else f"f-because-{place}",
            ),
        )
        for place, code in enumerate(BECAUSE, 1)
    ]  # fmt: skip
    fault = told_of.get("because")
    legend = ui.tag("legend", say(visit, "pairs.because"), class_="strong")
    shown = ui.tag("p", ui.icon("alert"), fault, class_="fault", id="e-because") if fault else None
    note = ui.Field(
        "note",
        say(visit, "pairs.note"),
        str(visit.POST.get("note", ""))[:500],
        hint=say(visit, "pairs.note_hint"),
        fault=told_of.get("note", ""),
        required=False,
        maxlength=500,
    )
    return ui.join(
        ui.tag(
            "fieldset", legend, shown, ui.tag("ul", choices, class_="choices"),
            class_=ui.classes("bare field", bool(fault) and "faulty"),
            aria_describedby="e-because" if fault else None,
        ),
        ui.text_area(note, visit.language, rows=2),
    )  # fmt: skip


def undo_field(visit: Visit) -> ui.Html:
    """Why a decision is taken back."""
    choices = [(code, say(visit, f"pairs.undo.{code}")) for code in UNDO]
    field = ui.Field("because", say(visit, "pairs.undo_because"), UNDO[0])
    return ui.select_field(field, choices, visit.language)


def standing(pair: Pair) -> PairVerdict | None:
    """The decision that holds and can be taken back."""
    return next((verdict for verdict in pair.verdicts if verdict.undone_at is None), None)


def history(visit: Visit, pair: Pair) -> ui.Html:
    """Every decision on a pair, newest first: what, who, when, why, and whether it was undone."""
    items: list[ui.Html] = []
    for verdict in pair.verdicts:
        parts = [
            ui.tag("b", told(visit, verdict)),
            ui.tag("span", reason_words(visit, verdict.reason)),
            ui.tag("span", f"{verdict.by} · {formats.moment(verdict.at)}", class_="muted small"),
        ]
        if verdict.undone_at is not None:
            undone = say(
                visit,
                "pairs.was_undone",
                who=verdict.undone_by,
                at=formats.moment(verdict.undone_at),
                why=reason_words(visit, verdict.undone_reason),
            )
            parts.append(ui.tag("span", undone, class_="small"))
        items.append(ui.tag("li", [ui.tag("span", part, class_="under") for part in parts]))
    return ui.tag("ol", items, class_="history") if items else ui.NOTHING
