"""Overviews drawn: fields, tables that become cards, charts, maps, in the order of the screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from lanh.core import ui
from lanh.core.overviews import (
    Block,
    Cell,
    Drawing,
    Entry,
    Link,
    Links,
    Map,
    Nothing,
    OverviewScreen,
    Shown,
    States,
    Table,
    Text,
    Totals,
)
from lanh.core.text import Language


@dataclass(frozen=True, slots=True)
class Sheet:
    """An overview being drawn: its desk and key, and the addresses of records."""

    system: str
    page: str
    language: Language
    records: Mapping[str, str]

    def href(self, link: Link) -> str:
        """The address that a link leads to."""
        query = "?" + urlencode(link.query) if link.query else ""
        match link.kind:
            case "record":
                return self.records[link.key]
            case "phone":
                return "tel:" + link.key.replace(" ", "")
            case "figures":
                steps = "/".join(step for step in ("vn", link.query.get("place", "")) if step)
                rest = {n: v for n, v in link.query.items() if n != "place"}
                return f"/figures/{steps}/records?" + urlencode({"indicator": link.key, **rest})
            case "page":
                return f"/{self.system}/pages/{link.key or self.page}{query}"
            case kind:
                return f"/{self.system}/{kind}s/{link.key}{query}"


def records_of(screen: OverviewScreen) -> list[str]:
    """The records (`Type/id`) that a screen leads to."""
    return list(dict.fromkeys(link.key for link in _links(screen) if link.kind == "record"))


def _links(screen: OverviewScreen) -> Iterator[Link]:
    for shown in screen.blocks:
        match shown.block:
            case Table(rows=rows):
                for row in rows:
                    yield from _of_cells(row)
            case Totals(pairs=pairs):
                yield from _of_cells([cell for _, cell in pairs])
            case States(counts=cells):
                yield from _of_cells(cells)
            case Links(links=links) | Nothing(links=links):
                yield from links
            case _:
                pass


def _of_cells(cells: Sequence[Cell]) -> Iterator[Link]:
    for cell in cells:
        yield from cell.links
        if cell.link is not None:
            yield cell.link


def draw(screen: OverviewScreen, sheet: Sheet) -> ui.Html:
    """The body of an overview's page."""
    path = [ui.tag("a", link.words, href=sheet.href(link)) for link in screen.path]
    steps = [ui.join(each, " / ") for each in path]
    return ui.tag(
        "div",
        ui.tag("p", steps, class_="small") if steps else ui.NOTHING,
        _form(screen, sheet),
        list(_laid(screen.blocks, sheet)),
        class_="stack",
    )


def _form(screen: OverviewScreen, sheet: Sheet) -> ui.Html:
    if not screen.entries:
        return ui.NOTHING
    return ui.tag(
        "form",
        [_field(each, sheet.language) for each in screen.entries],
        ui.tag("div", ui.submit(screen.act)),
        method="get",
        class_="card asks",
    )


def _field(entry: Entry, language: Language) -> ui.Html:
    field = ui.Field(
        entry.name, entry.label, entry.value, hint=entry.hint, required=entry.required,
        inputmode="numeric" if entry.kind == "date" else None, maxlength=80, marked=False,
    )  # fmt: skip
    if entry.kind == "choice":
        return ui.select_field(field, entry.choices, language)
    return ui.text_field(field, language)


def _laid(blocks: Sequence[Shown], sheet: Sheet) -> Iterator[ui.Html]:
    """Blocks one below the other; two halves that follow each other stand side by side."""
    beside: list[ui.Html] = []
    for shown in blocks:
        if shown.half:
            beside.append(_framed(shown.block, sheet, "c6"))
            continue
        if beside:
            yield ui.tag("div", beside, class_="columns")
            beside = []
        yield _framed(shown.block, sheet, "")
    if beside:
        yield ui.tag("div", beside, class_="columns")


def _framed(block: Block, sheet: Sheet, width: str) -> ui.Html:
    drawn = _drawn(block, sheet)
    if isinstance(block, Text | Nothing | States) or (isinstance(block, Links) and not block.title):
        return drawn
    return ui.tag("section", drawn, class_=ui.classes("card", width))


def _drawn(block: Block, sheet: Sheet) -> ui.Html:
    match block:
        case Table():
            return _table(block, sheet)
        case Drawing():
            chart = ui.Chart(block.title, block.unit, block.points, block.decimals, block.full,
                             block.x_title)  # fmt: skip
            draw = ui.bar_chart if block.kind == "bars" else ui.line_chart
            return draw(chart, sheet.language)
        case Map():
            return _map(block, sheet)
        case Totals(pairs=pairs):
            return ui.facts([(words, _cell(cell, sheet)) for words, cell in pairs])
        case States(title=title, counts=cells):
            items = [ui.tag("li", _state(cell, sheet)) for cell in cells]
            return ui.tag("ul", items, class_="states", aria_label=title)
        case Text(text=text, tone=tone):
            return ui.notice(text, tone) if tone else ui.tag("p", text, class_="muted")
        case Links(title=title, links=links):
            return _list_of(title, links, sheet)
        case Nothing(title=title, why=why, links=links):
            return ui.empty_state(title, why, _doors(links, sheet))


def _list_of(title: str, links: Sequence[Link], sheet: Sheet) -> ui.Html:
    if not title:
        return ui.tag("p", _doors(links, sheet))
    items = [ui.tag("li", ui.tag("a", each.words, href=sheet.href(each))) for each in links]
    return ui.join(ui.tag("h2", title), ui.tag("ul", items, class_="links"))


def _doors(links: Sequence[Link], sheet: Sheet) -> ui.Html:
    return ui.join([ui.tag("a", e.words, href=sheet.href(e), class_="button") for e in links])


def _table(block: Table, sheet: Sheet) -> ui.Html:
    columns = [ui.Column(head.title, head.numeric, head.main) for head in block.heads]
    rows = [[_cell(cell, sheet) for cell in row] for row in block.rows]
    here = f"/{sheet.system}/pages/{sheet.page}?"
    pages = ui.Pages(
        here + urlencode(block.previous) if block.previous is not None else None,
        here + urlencode(block.next) if block.next is not None else None,
    )
    return ui.join(
        ui.tag("h2", block.title),
        ui.table(block.title, columns, rows, dense=block.dense),
        ui.pagination(pages, sheet.language),
    )


def _cell(cell: Cell, sheet: Sheet) -> ui.Html:
    text = ui.status_tag(cell.text, cell.tone) if cell.tone else ui.text(cell.text)
    if cell.link is not None:
        text = ui.tag("a", text, href=sheet.href(cell.link))
    links = [
        ui.tag("a", each.words or each.key, href=sheet.href(each),
               class_="button" if each.kind == "form" else None)
        for each in cell.links
    ]  # fmt: skip
    if not cell.lines and not cell.links:
        return text
    lines = [ui.tag("li", line) for line in cell.lines]
    return ui.tag(
        "div",  # one thing beside its label, where a row becomes a card
        text,
        ui.tag("ul", lines, class_="muted small") if lines else ui.NOTHING,
        [ui.join(" ", link) for link in links],
    )


def _state(cell: Cell, sheet: Sheet) -> ui.Html:
    word = ui.status_tag(cell.text, cell.tone or "off")
    count: ui.Html = ui.tag("b", " ".join(cell.lines))
    if cell.link is not None:
        count = ui.tag("a", count, href=sheet.href(cell.link))
    return ui.join(word, " ", count)


def _map(block: Map, sheet: Sheet) -> ui.Html:
    links = {code: sheet.href(link) for code, link in block.links.items()}
    shade = ui.Shade(block.title, block.unit, block.decimals, links, block.withheld)
    if block.country is not None:
        drawn = ui.choropleth(block.country, block.values, shade, sheet.language)
    else:
        drawn = ui.dot_map(block.outline, block.dots, block.values, shade, sheet.language)
    return ui.join(ui.tag("h2", block.title), drawn)
