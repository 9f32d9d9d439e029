"""Groups as tables: a line for each repetition or inner group, a column for each question."""

from __future__ import annotations

from collections.abc import Iterator

from lanh.core.forms import Block, Item, Row
from lanh.core.ui import NOTHING, Html, icon, join, tag
from lanh.core.ui import WORDS as UI
from lanh.core.web.desk.controls import asked, control
from lanh.core.web.desk.drawing import Drawing

_TABLES = frozenset({"gtable", "table", "grid", "htable", "atable"})


def is_grid(block: Block) -> bool:
    """Whether a group asks to be a table and can be one: its questions take one answer each."""
    if block.control not in _TABLES or not block.item.is_group:
        return False
    if block.item.repeats:
        return all(_single(item) for item in _leaves(block.item))
    inner = [each for row in block.rows for each in row.blocks]
    groups = [each for each in inner if each.item.is_group and not each.item.repeats]
    return bool(groups) and len(groups) == len(inner)


def _leaves(item: Item) -> Iterator[Item]:
    for each in item.items:
        if each.hidden or each.type == "display":
            continue
        if each.is_group and not each.repeats:
            yield from _leaves(each)
        else:
            yield each


def _single(item: Item) -> bool:
    return not item.is_group and not item.repeats and not item.items


def _cells(blocks: tuple[Block, ...]) -> Iterator[Block]:
    for block in blocks:
        if block.item.is_group:
            for row in block.rows:
                yield from _cells(row.blocks)
        elif block.item.type != "display":
            yield block


def grid(block: Block, drawing: Drawing) -> Html:
    """The table of a group, with its way to one more line."""
    if block.item.repeats:
        return _of_repetitions(block, drawing)
    return _of_groups(block, drawing)


def _of_repetitions(block: Block, drawing: Drawing) -> Html:
    columns = list(_leaves(block.item))
    removable = any(row.removable for row in block.rows)
    lines = []
    for number, row in enumerate(block.rows, 1):
        name = row.title or f"{block.label or ''} {number}".strip()
        hidden = (
            tag("input", type="hidden", name=row.row_name, value="1") if row.row_name else NOTHING
        )
        head = tag("th", hidden, _anchor(row), str(number), scope="row", class_="number-cell")
        last: Html = NOTHING
        if row.removable:
            button = drawing.act(
                f"remove:{row.name}", "entry.remove", symbol="close", tone="link", about=name
            )
            last = tag("td", button)
        elif removable:
            last = tag("td")
        lines.append(_line(row, columns, name, drawing, head, last))
    heads = [tag("th", "#", scope="col", class_="number-cell"), *_heads(columns, drawing)]
    if removable:
        heads.append(tag("th", tag("span", drawing.say("entry.acts"), class_="unseen")))
    return join(_table(block, heads, lines) if lines else NOTHING, more(block, drawing))


def none_yet(block: Block, drawing: Drawing) -> Html:
    """What stands in place of lines."""
    if block.rows:
        return NOTHING
    key = "entry.one_needed" if block.required else "entry.none_yet"
    return tag("p", drawing.say(key), class_="hint")


def _anchor(row: Row) -> Html:
    """Where a fault of a whole line is told."""
    faults = [tag("span", icon("alert"), each, class_="fault") for each in row.faults]
    return tag("span", faults, id=f"f-{row.name}", tabindex="-1") if faults else NOTHING


def _of_groups(block: Block, drawing: Drawing) -> Html:
    groups = [each for row in block.rows for each in row.blocks]
    longest = max(groups, key=lambda group: len(list(_leaves(group.item))))
    columns = list(_leaves(longest.item))
    lines = []
    for group in groups:
        cells = [cell for row in group.rows for cell in _cells(row.blocks)]
        own = list(_leaves(group.item))
        by_place = {own.index(cell.item): cell for cell in cells if cell.item in own}
        name = group.label or ""
        told = join([_anchor(row) for row in group.rows])
        head = tag("th", told, group.prefix or "", " ", name, scope="row")
        drawn = [
            _cell(by_place.get(place), column, name, drawing)
            for place, column in enumerate(columns)
        ]
        lines.append(tag("tr", head, drawn, data_block=group.key))
    corner = tag("td", class_="corner")
    return _table(block, [corner, *_heads(columns, drawing)], lines)


def _line(
    row: Row, columns: list[Item], name: str, drawing: Drawing, head: Html, last: Html
) -> Html:
    held = {cell.item.link_id: cell for cell in _cells(row.blocks)}
    cells = [_cell(held.get(column.link_id), column, name, drawing) for column in columns]
    return tag("tr", head, cells, last, data_block=row.name)


def _heads(columns: list[Item], drawing: Drawing) -> list[Html]:
    return [
        tag(
            "th",
            item.label(drawing.language),
            NOTHING
            if item.required or item.read_only
            else tag("span", " ", UI["forms.optional"].say(drawing.language), class_="optional"),
            scope="col",
            class_="n" if _is_number(item) else None,
        )
        for item in columns
    ]


def _is_number(item: Item) -> bool:
    return item.type in ("integer", "decimal", "quantity")


def _cell(block: Block | None, column: Item, row: str, drawing: Drawing) -> Html:
    label = column.label(drawing.language)
    kind = "n" if _is_number(column) else None
    if block is None:
        return tag("td", class_=kind, data_label=label)
    field = block.fields[0]
    if block.read_only:
        words = ", ".join(field.words)
        return tag(
            "td", tag("output", words or "–"), class_=kind, data_label=label, data_block=block.key
        )
    told = asked(block, field, drawing, cell=row)
    return tag(
        "td",
        control(told, block, field, drawing),
        class_=kind,
        data_label=label,
        data_block=block.key,
    )


def _table(block: Block, heads: list[Html], lines: list[Html]) -> Html:
    return tag(
        "div",
        tag(
            "table",
            tag("caption", block.label or "", class_="unseen"),
            tag("thead", tag("tr", heads)),
            tag("tbody", lines),
            class_="grid",
            data_grid=True,
        ),
        class_="grid-box",
        data_block=f"{block.key}=table",
    )


def more(block: Block, drawing: Drawing) -> Html:
    """The way to one more repetition."""
    if block.next_name is None:
        return NOTHING
    return drawing.act(f"add:{block.next_name}", "entry.add", symbol="add", about=block.label or "")
