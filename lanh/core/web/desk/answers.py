"""All answers of a form to be looked through before it is sent, and how a correction differs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lanh.core.forms import Block, Change
from lanh.core.text import Language
from lanh.core.ui import NOTHING, Column, Html, join, table, tag
from lanh.core.web.desk.drawing import Drawing, label_of


def answers(blocks: Sequence[Block], drawing: Drawing) -> Html:
    """Every question that was asked with its answer and the way back to it, by sections."""
    loose = [block for block in blocks if not (block.item.is_group and block.label)]
    made = [_section("", loose, drawing)] if loose else []
    made += [
        _section(block.label or "", [block], drawing)
        for block in blocks
        if block.item.is_group and block.label
    ]
    return join(made)


def _section(title: str, blocks: Sequence[Block], drawing: Drawing) -> Html:
    return tag(
        "section",
        tag("h2", title) if title else NOTHING,
        _lines(blocks, drawing),
        class_="card",
    )


def _lines(blocks: Sequence[Block], drawing: Drawing) -> Html:
    made: list[Html] = []
    plain: list[Html] = []
    for block in blocks:
        if block.item.is_group and block.item.repeats:
            if plain:
                made.append(tag("dl", plain, class_="answers"))
                plain = []
            made += list(_repetitions(block, drawing))
        elif block.item.is_group:
            for row in block.rows:
                inner = list(_questions(row.blocks, drawing))
                plain += inner
                made += _groups_below(row.blocks, drawing)
        else:
            plain += list(_questions([block], drawing))
    if plain:
        made.insert(0, tag("dl", plain, class_="answers"))
    return join(made)


def _groups_below(blocks: Sequence[Block], drawing: Drawing) -> list[Html]:
    inner = [block for block in blocks if block.item.is_group]
    return [_lines(inner, drawing)] if inner else []


def _repetitions(block: Block, drawing: Drawing) -> Iterator[Html]:
    for number, row in enumerate(block.rows, 1):
        yield tag("h3", row.title or f"{block.label or ''} {number}".strip())
        yield _lines(row.blocks, drawing)


def _questions(blocks: Sequence[Block], drawing: Drawing) -> Iterator[Html]:
    for block in blocks:
        if block.item.is_group or block.item.type == "display":
            continue
        words = [word for field in block.fields for word in field.words]
        words += [field.other for field in block.fields if field.other]
        label = label_of(block)
        none = tag("span", drawing.say("answers.none"), class_="muted")
        change: Html = NOTHING
        if not block.read_only:
            name = block.fields[0].name if block.fields else block.key
            change = tag(
                "a",
                drawing.say("answers.change"),
                tag("span", " ", label, class_="unseen"),
                href=f"{drawing.at}#f-{name}",
            )
        said = [tag("span", word, class_="under") for word in words] or none
        yield tag("div", tag("dt", label), tag("dd", said), tag("dd", change))
        for field in block.fields:
            yield from _questions(field.below, drawing)


def differences(
    changes: Sequence[Change], language: Language, drawing: Drawing, caption: str = "changes.title"
) -> Html:
    """What a correction changes: the question, the words before, the words after."""
    columns = [
        Column(drawing.say("changes.question"), main=True),
        Column(drawing.say("changes.before")),
        Column(drawing.say("changes.after")),
    ]
    rows = []
    for change in changes:
        question, before, after = change.sides(language)
        none = tag("span", drawing.say("answers.none"), class_="muted")
        rows.append(
            [
                question,
                tag("del", before) if before else none,
                tag("ins", after) if after else none,
            ]
        )
    return table(drawing.say(caption), columns, rows)
