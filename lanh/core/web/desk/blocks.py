"""A form's blocks: groups as sections, repetitions as boxes or as the lines of a table."""

from __future__ import annotations

from collections.abc import Sequence

from lanh.core.forms import Block, Field, Row
from lanh.core.ui import NOTHING, Asked, Html, classes, entry, icon, join, tag
from lanh.core.web.desk import grids
from lanh.core.web.desk.controls import asked, control
from lanh.core.web.desk.drawing import Drawing, label_of


def blocks(shown: Sequence[Block], drawing: Drawing, depth: int = 0) -> Html:
    """Blocks one after another. Answers that are read only stand together."""
    made: list[Html] = []
    loose: list[Html] = []
    for block in shown:
        drawn = _block(block, drawing, depth)
        if depth == 0 and not _is_section(block):
            loose.append(drawn)
            continue
        if loose:
            made.append(tag("section", loose, class_="card"))
            loose = []
        made.append(drawn)
    if loose:
        made.append(tag("section", loose, class_="card"))
    return join(made)


def _is_section(block: Block) -> bool:
    return block.item.is_group and bool(block.label)


def section_id(block: Block) -> str:
    """Where the list of a form's sections leads."""
    return f"g-{block.key}"


def _block(block: Block, drawing: Drawing, depth: int) -> Html:
    if block.item.type == "display":
        return tag("p", block.label or "", class_="told", data_block=block.key)
    if not block.item.is_group:
        return tag("div", question(block, drawing), class_="block", data_block=block.key)
    if grids.is_grid(block):
        inner: Html = grids.grid(block, drawing)
    elif block.item.repeats:
        inner = _repetitions(block, drawing, depth)
    else:
        inner = join([blocks(row.blocks, drawing, depth + 1) for row in block.rows])
    told = _told(block)
    if not block.label or _lettered(block):
        return tag("div", told, inner, class_="block", data_block=block.key)
    help_text = tag("p", block.help, class_="hint") if block.help else NOTHING
    mark = bool(block.prefix) and not _lettered(block)
    head = join(tag("span", block.prefix, class_="mark") if mark else NOTHING, block.label)
    if depth == 0:
        return tag(
            "section",
            tag("h2", head, id=f"h-{block.key}"),
            help_text,
            told,
            inner,
            class_=classes("card", grids.is_grid(block) and "wide"),
            id=section_id(block),
            aria_labelledby=f"h-{block.key}",
            data_block=block.key,
        )
    return tag(
        "fieldset",
        tag("legend", head),
        help_text,
        told,
        inner,
        class_="group",
        data_block=block.key,
    )


def _told(block: Block) -> Html:
    """The faults of a group as a whole, of each of its repetitions where there is but one."""
    words = list(block.faults)
    if not block.item.repeats:
        words += [fault for row in block.rows for fault in row.faults]
    faults = [tag("p", icon("alert"), tag("span", each), class_="fault") for each in words]
    return tag("div", faults, id=f"f-{block.key}", tabindex="-1") if faults else NOTHING


def _repetitions(block: Block, drawing: Drawing, depth: int) -> Html:
    made = [
        tag("div", _repetition(block, row, number, drawing, depth), data_block=row.name)
        for number, row in enumerate(block.rows, 1)
    ]
    return join(made, grids.more(block, drawing))


def _repetition(block: Block, row: Row, number: int, drawing: Drawing, depth: int) -> Html:
    name = row.title or f"{block.label or ''} {_turn(block, number)}".strip()
    faults = [tag("p", icon("alert"), tag("span", each), class_="fault") for each in row.faults]
    return tag(
        "fieldset",
        tag("legend", name),
        tag("input", type="hidden", name=row.row_name, value="1") if row.row_name else NOTHING,
        tag("div", faults, id=f"f-{row.name}", tabindex="-1") if faults else NOTHING,
        blocks(row.blocks, drawing, depth + 1),
        drawing.act(f"remove:{row.name}", "entry.remove", symbol="close", tone="link", about=name)
        if row.removable
        else NOTHING,
        class_="group repetition",
    )


def _lettered(block: Block) -> bool:
    """Whether repetitions are told apart by letters: a group that repeats has the first of them."""
    return block.item.repeats and len(block.prefix or "") == 1 and str(block.prefix).isalpha()


def _turn(block: Block, number: int) -> str:
    """How a repetition is told from the others: lines a, b, c or 1, 2, 3."""
    return chr(ord(str(block.prefix)) + number - 1) if _lettered(block) else str(number)


def question(block: Block, drawing: Drawing) -> Html:
    """A question with its field, or with its fields where it may be answered several times."""
    if block.read_only:
        words = [word for field in block.fields for word in field.words]
        label = " ".join(part for part in (block.prefix, label_of(block)) if part)
        said = entry.told_value(label, words, drawing.language)
        below = [_below(field, drawing) for field in block.fields]
        return join(tag("dl", said, class_="read-only"), below)
    if block.next_name is None and len(block.fields) == 1 and not _numbered(block):
        field = block.fields[0]
        made = control(asked(block, field, drawing), block, field, drawing)
        return join(made, _below(field, drawing))
    return _several(block, drawing)


def _numbered(block: Block) -> bool:
    return block.fields[0].name != block.key


def _several(block: Block, drawing: Drawing) -> Html:
    fields = list(block.fields)
    label = label_of(block)
    made = []
    for number, field in enumerate(fields, 1):
        told = asked(block, field, drawing, turn=number)
        remove = NOTHING
        if len(fields) > max(1, block.item.least):
            words = f"{label} {number}"
            remove = drawing.act(
                f"remove:{field.name}", "entry.remove", symbol="close", tone="link", about=words
            )
        made.append(
            tag(
                "div",
                tag("div", control(told, block, field, drawing), class_="grow"),
                remove,
                _below(field, drawing),
                class_="row tight answer",
                data_block=field.name,
            )
        )
    add: Html = NOTHING
    if block.next_name is not None:
        add = drawing.act(f"more:{block.next_name}", "entry.add", symbol="add", about=label)
    whole = Asked(
        block.key,
        label,
        asked(block, block.fields[0], drawing).hint,
        block.faults,
        block.required,
        block.prefix or "",
    )
    return entry.framed_group(whole, join(made, add), drawing.language)


def _below(field: Field, drawing: Drawing) -> Html:
    """Questions that hang on an answer."""
    if not field.below:
        return NOTHING
    return tag("div", blocks(field.below, drawing, 2), class_="below")
