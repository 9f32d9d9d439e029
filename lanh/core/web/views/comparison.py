"""Two records beside each other: what differs is marked, told in a word, and weighed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from lanh.core import ui
from lanh.core.text import fold
from lanh.core.ui import formats
from lanh.core.web.pages import say
from lanh.core.web.services import Pair, Side, Weighed
from lanh.core.web.views import chart
from lanh.core.web.visit import Visit

# In the order in which a steward reads; features that are no field stand after them.
FIELDS = (
    "name", "birth", "sex", "place", "personal-number", "insurance-number", "phone",
)  # fmt: skip
_MASKED = {"personal-number": 4, "insurance-number": 3, "phone": 3}  # signs shown at the end
_PERSONAL = 12  # digits of a personal number, which is read in threes
_SLIPS = 2  # signs that differ in two numbers of one length: more is another number
_AGREE = {"same", "same-known"}
_NEAR = {"close", "similar", "shortened", "swapped", "one-part", "marks-differ"}
_FULL = 8.0  # bits of a whole bar: what a birth date weighs; an identifier weighs more

Cells: TypeAlias = tuple[ui.Child, ui.Child]


@dataclass(frozen=True, slots=True)
class Line:
    """One field of both records, and what was found on it."""

    feature: str
    ours: str
    theirs: str
    found: Weighed | None

    @property
    def finding(self) -> str:
        """What the rules found; where they did not look, what the eye finds."""
        if self.found is not None:
            return self.found.finding
        if not self.ours or not self.theirs:
            return "missing"
        return "same" if fold(self.ours) == fold(self.theirs) else "different"


def lines(pair: Pair) -> list[Line]:
    """The fields that at least one side has, then what else was found."""
    found = {part.feature: part for part in pair.evidence}
    known = [
        Line(name, pair.one.fields.get(name, ""), pair.other.fields.get(name, ""), found.get(name))
        for name in FIELDS
    ]
    rest = [
        Line(part.feature, "", "", part)
        for part in pair.evidence
        if part.feature not in FIELDS and part.feature != "prior"
    ]
    return [line for line in known if line.ours or line.theirs] + rest


def differing(visit: Visit, pair: Pair) -> str:
    """The names of the fields in which the two are not the same."""
    return ", ".join(
        chart.feature(visit, line.feature)
        for line in lines(pair)
        if line.finding not in _AGREE and line.finding != "missing"
    )


def table(visit: Visit, pair: Pair) -> ui.Html:
    """Both records field by field, with what was found and what it weighs."""
    columns = [
        ui.Column(say(visit, "links.field"), main=True),
        ui.Column(say(visit, "pairs.one")),
        ui.Column(say(visit, "pairs.other")),
        ui.Column(say(visit, "pairs.found")),
        ui.Column(say(visit, "pairs.weight")),
    ]
    rows: list[list[ui.Child]] = [
        [say(visit, "chart.facility"), pair.one.facility_name, pair.other.facility_name, "", ""],
        *(_row(visit, pair, line) for line in lines(pair)),
    ]
    if pair.one.others or pair.other.others:
        both = [_beside(visit, side) for side in (pair.one, pair.other)]
        rows.append([say(visit, "pairs.beside"), *both, "", ""])
    prior = next((part.weight for part in pair.evidence if part.feature == "prior"), None)
    if prior is not None:
        rows.append([say(visit, "pairs.prior"), "", "", "", _weight(visit, prior)])
        total = sum(part.weight for part in pair.evidence)
        rows.append(
            [say(visit, "pairs.total"), "", "", likeness(visit, pair), _weight(visit, total)]
        )
    return ui.tag("div", ui.table(say(visit, "links.compared"), columns, rows), class_="pair")


def likeness(visit: Visit, pair: Pair) -> str:
    """The probability that the two are one human, in per cent; never a round hundred."""
    percent = min(max(pair.score * 100, 0.1), 99.9)
    decimals = 1 if percent > 99 or percent < 1 else 0
    return f"{formats.number(percent, visit.language, decimals)}{formats.NO_BREAK}%"


def _row(visit: Visit, pair: Pair, line: Line) -> list[ui.Child]:
    ours, theirs = _cells(visit, line)
    if line.feature == "personal-number":
        ours = ui.join(ours, _warnings(visit, pair.one))
        theirs = ui.join(theirs, _warnings(visit, pair.other))
    weight = _weight(visit, line.found.weight) if line.found else ""
    both = (ui.tag("span", ours), ui.tag("span", theirs))
    return [chart.feature(visit, line.feature), *both, finding_tag(visit, line), weight]


def finding_tag(visit: Visit, line: Line) -> ui.Html:
    """What was found: a word with a sign of its own, the tint only repeating it."""
    if line.found is None and line.finding == "missing":
        return ui.tag("span", say(visit, "links.missing"), class_="muted")
    word = visit.services.link_words(f"finding.{line.finding}").say(visit.language)
    if line.finding in _AGREE:
        symbol, tone = "check", "ok"
    elif line.finding in _NEAR:
        symbol, tone = "near", "warn"
    elif line.finding == "missing":
        symbol, tone = "question", "off"
    else:
        symbol, tone = "close", "bad"
    return ui.tag("span", ui.icon(symbol), word, class_=f"tag found {tone}")


def _cells(visit: Visit, line: Line) -> Cells:
    ours, theirs = line.ours, line.theirs
    if line.feature == "sex":
        return _sex(visit, ours), _sex(visit, theirs)
    if line.feature in _MASKED:
        return masked_pair(ours, theirs, _MASKED[line.feature])
    if line.feature == "birth":
        return _marked(formats.fhir_day(ours), formats.fhir_day(theirs), "/")
    return _marked(ours, theirs, " ")


def _sex(visit: Visit, code: str) -> str:
    return ui.sex_word(code, visit.language) if code else "–"


def _marked(ours: str, theirs: str, between: str) -> Cells:
    """Two texts in which the parts that the other lacks are marked, by their letters as written."""
    if not ours or not theirs:
        return ours or "–", theirs or "–"
    mine, others = ours.split(between), theirs.split(between)
    if between == "/" and len(mine) == len(others):
        pairs = list(zip(mine, others, strict=True))
        return (
            _join([_part(a, a != b) for a, b in pairs], between),
            _join([_part(b, a != b) for a, b in pairs], between),
        )
    return (
        _join([_part(part, _bare(part) not in map(_bare, others)) for part in mine], between),
        _join([_part(part, _bare(part) not in map(_bare, mine)) for part in others], between),
    )


def _bare(word: str) -> str:
    return word.casefold().strip(",.")


def _part(text: str, differs: bool) -> ui.Html:
    return ui.tag("mark", text) if differs else ui.text(text)


def _join(parts: Sequence[ui.Html], between: str) -> ui.Html:
    return ui.join([ui.join(between if place else None, part) for place, part in enumerate(parts)])


def masked_pair(ours: str, theirs: str, shown: int) -> Cells:
    """Two numbers that only their last signs are shown of, and a slip where there is one.

    Numbers of one length that differ in a sign or two are most likely one number mistyped: those
    signs are shown and marked, for without them nobody could judge. Others stay hidden.
    """
    slips = {at for at, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b}
    if len(ours) != len(theirs) or len(slips) > _SLIPS:
        slips = set()

    def one(number: str) -> ui.Child:
        if not number:
            return "–"
        start = len(number) - shown
        parts = [
            ui.tag("mark", sign) if at in slips else ui.text(sign if at >= start else "•")
            for at, sign in enumerate(number)
        ]
        return ui.tag("span", _grouped(parts), class_="masked")

    return one(ours), one(theirs)


def _grouped(parts: Sequence[ui.Html]) -> ui.Html:
    if len(parts) != _PERSONAL:
        return ui.join(list(parts))
    groups = [parts[at : at + 3] for at in range(0, _PERSONAL, 3)]
    return _join([ui.join(list(group)) for group in groups], formats.NO_BREAK)


def _warnings(visit: Visit, side: Side) -> ui.Html:
    return ui.join(
        [
            ui.tag("span", ui.icon("alert"), warning.say(visit.language), class_="doubt small")
            for warning in side.warnings
        ]
    )


def _beside(visit: Visit, side: Side) -> ui.Child:
    if not side.others:
        return say(visit, "pairs.alone")
    names = list(dict.fromkeys(side.others))
    return say(visit, "pairs.others", count=len(side.others), where="; ".join(names[:3]))


def _weight(visit: Visit, weight: float) -> ui.Html:
    """A weight in bits as a number, and as a bar to the right (for) or left (against)."""
    length = min(abs(weight), _FULL) / _FULL * 26
    start = 28.0 if weight >= 0 else 28.0 - length
    number = formats.number(abs(weight), visit.language, 1)
    sign = "+" if weight > 0 else "−" if weight < 0 else ""
    bar = ui.tag(
        "svg",
        ui.tag("line", x1=28, x2=28, y1=0, y2=14, class_="axis"),
        ui.tag("rect", x=f"{start:.1f}", y=2, width=f"{length:.1f}", height=10, rx=1,
               class_="for" if weight >= 0 else "against"),
        class_="weight", viewBox="0 0 56 14", width=56, height=14, aria_hidden="true",
    )  # fmt: skip
    return ui.tag("span", ui.tag("span", f"{sign}{number}", class_="n"), bar, class_="weighed")
