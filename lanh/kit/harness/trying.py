"""A system at work on a test database: its desk, visitors of each role, and what examples gave."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Any, TypeVar

from lanh.core import overviews
from lanh.core.accounts import Account, Post, Roles, access_for
from lanh.core.database import Plan, SyncDatabase
from lanh.core.desks import Desk, Desks, FormScreen, Sent, Visitor
from lanh.core.forms import Block, Page, ValueSets
from lanh.core.overviews import OverviewScreen
from lanh.core.store import Store
from lanh.core.terminology import Choice, Choices
from lanh.core.text import Language
from lanh.core.workflow import Calendar, Definitions, Workflow
from lanh.kit.examples import Example

T = TypeVar("T")

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=timezone(timedelta(hours=7)))
HERE, BESIDE, FAR = ("99", "99001", "97001"), ("99", "99001", "97002"), ("98", "98001", "96001")
"""Province, commune and facility: where examples are written, a neighbour, another province."""


class EveryCode:
    """A terminology that knows every code of every set: what is tried is the form, not the list."""

    def find(
        self,
        within: str,
        text: str,
        on: date | None = None,
        *,
        language: str = "vi",
        offset: int = 0,
        count: int = 20,
    ) -> Plan[Choices]:
        """The text itself as a code."""
        yield from ()
        return Choices((), 0)

    def choices_of(
        self,
        within: str,
        codes: Collection[tuple[str, str]],
        on: date | None = None,
        *,
        language: str = "vi",
    ) -> Plan[list[Choice]]:
        """Every code by itself."""
        yield from ()
        return [Choice(system, code, code) for system, code in codes]

    def known_member(
        self, value_set: str, system: str | None, code: str, on: date | None = None
    ) -> Plan[bool | None]:
        """Every code is in every set."""
        yield from ()
        return True


class _Places:
    """Two provinces of made-up communes."""

    def communes_of(self, area: str, on: date) -> frozenset[str]:
        return frozenset({area if len(area) > 2 else f"{area}001"})


def counted(plan: Plan[T]) -> Plan[tuple[T, int]]:
    """A plan with the number of statements that it took."""
    count = 0
    answer: Any = None
    while True:
        try:
            statement = plan.send(answer) if count else next(plan)
        except StopIteration as stop:
            return stop.value, count
        count += 1
        try:
            answer = yield statement
        except BaseException as error:  # the plan hears of it, as if it had asked itself
            answer = plan.throw(error)


@dataclass
class Trial:
    """A desk on a database."""

    desk: Desk
    roles: Roles
    calendar: Calendar
    database: SyncDatabase
    value_sets: ValueSets = field(default_factory=EveryCode)
    store: Store = field(default_factory=Store)
    sent: dict[str, Sent] = field(default_factory=dict)
    place: tuple[str, str, str] = HERE

    def __post_init__(self) -> None:
        self.workflow = Workflow(Definitions(self.desk.workflows), self.calendar)
        self.desks = Desks(
            (self.desk,), store=self.store, workflow=self.workflow, value_sets=self.value_sets
        )

    def run(self, plan: Plan[T]) -> T:
        """Run in one transaction."""
        return self.database.transact(plan)

    def visitor(
        self, role: str, place: tuple[str, str, str] | None = None, language: Language = "vi"
    ) -> Visitor:
        """Somebody with a role at a place; with no role of the registry, somebody without."""
        area, commune, facility = place or self.place
        posts = (Post(role, area, facility, commune),) if role in self.roles else ()
        account = Account(f"{role}-{facility}", role, role, language, True, None, posts)
        access = access_for(account, NOON.date(), None, _Places(), self.roles)
        return Visitor(account.id, role, access, language, NOON, facility, area, store=self.store)

    def send(self, example: Example) -> FormScreen | Sent:
        """Fill in and send a form as an example says."""
        who = self.visitor(self.role_of(example))
        about = self.about(example)
        screen = self.run(self.desks.begin(self.desk.key, example.form, who, about))
        fields = {**fields_of(screen.page), **example.fields}
        return self.run(
            self.desks.send(
                screen.draft, who, fields, screen.submission, reason=example.reason,
                accept_warnings=bool(example.reason),
            )
        )  # fmt: skip

    def look(self, page: str, who: Visitor, query: Mapping[str, str]) -> OverviewScreen:
        """The screen of an overview."""
        screen = self.run(self.desks.page(self.desk.key, page, who, query))
        if not isinstance(screen, OverviewScreen):
            raise AssertionError(f"{page} is no overview")
        return screen

    def about(self, example: Example) -> str | None:
        """The record that an example is about: that of another example, or one prepared."""
        if example.about is None or "/" in example.about:
            return example.about
        return self.sent[example.about].record

    def role_of(self, example: Example) -> str:
        """Who fills in an example."""
        if example.role is not None:
            return example.role
        form = self.desk.form(example.form)
        return min(form.roles) if form is not None else ""

    def write_all(self, examples: Iterable[Example]) -> Mapping[str, Sent]:
        """Send every example that is to be taken, once; what each became."""
        for example in examples:
            if example.faults or example.name in self.sent:
                continue
            done = self.send(example)
            if not isinstance(done, Sent):
                told = [*done.page.faults, *done.warnings]
                raise AssertionError(f"examples/{example.name}.yaml is refused: {told}")
            self.sent[example.name] = done
        return self.sent


def fields_of(page: Page) -> dict[str, Sequence[str]]:
    """What a browser would send of a page that nobody has touched."""
    found: dict[str, Sequence[str]] = {}
    for block in page.blocks:
        _collect(block, found)
    return found


def _collect(block: Block, found: dict[str, Sequence[str]]) -> None:
    for row in block.rows:
        if row.row_name:
            found[row.row_name] = ["1"]
        for inner in row.blocks:
            _collect(inner, found)
    for each in block.fields:
        if not block.read_only and any(each.values):
            found[each.name] = list(each.values)
            units = [unit.value for unit in each.units if unit.chosen]
            if each.unit_name and units:
                found[each.unit_name] = units
            if each.other_name and each.other:
                found[each.other_name] = [each.other]
        for inner in each.below:
            _collect(inner, found)


def text_of(screen: OverviewScreen) -> str:
    """Everything that an overview says, a line a row."""
    lines = [screen.title, *(f"{each.label}: {each.value}" for each in screen.entries)]
    lines += [text for shown in screen.blocks for text in _told(shown.block)]
    return "\n".join(lines)


def _told(block: overviews.Block) -> Iterator[str]:
    match block:
        case overviews.Table(title=title, heads=heads, rows=rows):
            yield title
            yield " | ".join(head.title for head in heads)
            for row in rows:
                yield " | ".join(_of_cell(cell) for cell in row)
        case overviews.Totals(pairs=pairs):
            yield from (f"{words}: {_of_cell(cell)}" for words, cell in pairs)
        case overviews.States(counts=cells):
            yield ", ".join(_of_cell(cell) for cell in cells)
        case overviews.Drawing(title=title, points=points):
            yield f"{title}: " + ", ".join(f"{p.label} {p.said or p.value}" for p in points)
        case overviews.Map(title=title, values=values, withheld=withheld):
            held = {**{code: str(value) for code, value in values.items()}, **withheld}
            yield f"{title}: " + ", ".join(f"{code} {value}" for code, value in held.items())
        case overviews.Text(text=text):
            yield text
        case overviews.Links(title=title, links=links):
            yield f"{title} " + ", ".join(link.words for link in links)
        case overviews.Nothing(title=title, why=why):
            yield f"{title}. {why}"


def _of_cell(cell: overviews.Cell) -> str:
    links = [link.words or link.key for link in cell.links]
    return " ".join([cell.text, *cell.lines, *links]).strip()
