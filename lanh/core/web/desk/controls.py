"""One question: the control that suits its type, options and bounds."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from lanh.core import ui
from lanh.core.desks import chosen
from lanh.core.forms import Block, Choice, Field
from lanh.core.text import Words
from lanh.core.ui import NOTHING, Asked, Chosen, Html, Option, entry, formats, join, tag
from lanh.core.web.desk.drawing import Drawing, label_of

MOST_BUTTONS = 6
"""Options that are shown side by side; more stand in a list that opens."""

_WIDTHS = {"integer": "w8", "decimal": "w8", "date": "w10", "dateTime": "w14", "time": "w8"}
_KEYPADS = {"integer": "numeric", "decimal": "decimal", "url": "url"}
_FORMATS = frozenset({"date", "dateTime", "time"})


def _number(value: Any, block: Block, drawing: Drawing) -> str:
    if isinstance(value, dict):
        number, code = value.get("value"), value.get("code")
        known = (each.words.say(drawing.language) for each in block.item.units if each.code == code)
        unit = next(known, value.get("unit") or code or "")
        return f"{_number(number, block, drawing)} {unit}".strip() if number is not None else ""
    if isinstance(value, int | Decimal):
        return formats.number(value, drawing.language)
    return formats.fhir_moment(str(value)) if value is not None else ""


def _bounds(block: Block, drawing: Drawing) -> str:
    bounds = block.bounds
    least, most = (_number(each, block, drawing) for each in (bounds.minimum, bounds.maximum))
    if not most and _zero(bounds.minimum):
        return ""  # nobody writes less than nothing: no need to say so
    if least and most:
        return drawing.say("entry.between", least=least, most=most)
    if least:
        return drawing.say("entry.from", least=least)
    return drawing.say("entry.until", most=most) if most else ""


def _zero(value: Any) -> bool:
    return (value.get("value") if isinstance(value, dict) else value) == 0


def _file_bounds(block: Block, drawing: Drawing) -> str:
    kinds = ", ".join(
        sorted({kind.rpartition("/")[2].upper() for kind in block.bounds.media_types})
    )
    most = block.bounds.most_bytes
    size = size_words(most, drawing) if most else ""
    if size:
        size = drawing.say("entry.file_most", size=size)
    return " · ".join(part for part in (kinds, size) if part)


def size_words(size: int, drawing: Drawing) -> str:
    """Bytes in the unit that people read."""
    if size >= 1_000_000:
        amount = Decimal(size) / 1_000_000
        whole = amount >= 10 or amount == amount.to_integral_value()
        return f"{formats.number(amount, drawing.language, 0 if whole else 1)} MB"
    return f"{formats.number(Decimal(size) / 1000, drawing.language, 0)} kB"


def hint(block: Block, drawing: Drawing) -> str:
    """What helps to answer: the form's own words, the way it is written, its limits."""
    written = block.format or ""
    if not written and block.kind in _FORMATS:
        written = drawing.say(f"entry.format.{block.kind}")
    limits = _file_bounds(block, drawing) if block.kind == "attachment" else _bounds(block, drawing)
    parts = [block.help or "", written, limits]
    return " · ".join(part.rstrip(".") for part in parts if part)


def asked(block: Block, field: Field, drawing: Drawing, *, cell: str = "", turn: int = 0) -> Asked:
    """A question as its field shows it; `cell` names the row of the table that it stands in."""
    label = label_of(block)
    if cell:
        label = f"{cell}: {label}"
    elif turn:
        label = f"{label} {turn}"
    return Asked(
        field.name,
        label,
        "" if turn else hint(block, drawing),
        field.faults,
        block.required,
        "" if turn else block.prefix or "",
        bool(cell or turn),
    )


def options_of(field: Field) -> list[Option]:
    """The answers on offer."""
    return [_option(choice) for choice in field.choices]


def _option(choice: Choice) -> Option:
    return Option(choice.value, choice.label, choice.chosen, choice.prefix or "")


def control(told: Asked, block: Block, field: Field, drawing: Drawing) -> Html:
    """A question with its control, framed."""
    language = drawing.language
    if block.kind == "boolean":
        return _boolean(told, block, field, drawing)
    if block.item.offers:
        return _choice(told, block, field, drawing)
    if block.kind == "attachment":
        return entry.framed(told, _attachment(told, block, field, drawing), language)
    if block.kind == "reference":
        made = join(_chooser(told, field, drawing), _favour(told, block, field, drawing))
        return entry.framed(told, made, language)
    if block.kind == "quantity":
        return _quantity(told, block, field, drawing)
    value = next(iter(field.values), "")
    most = block.bounds.most_signs
    if block.kind == "text":
        return entry.framed(told, entry.lines(told, value, most=most), language)
    unit = block.item.unit.words.say(language) if block.item.unit is not None else ""
    keypad = _KEYPADS.get(block.kind)
    made = entry.line(
        told, value, width=_width(block), inputmode=keypad, unit=unit, most=most or None
    )
    return entry.framed(told, made, language)


def _width(block: Block) -> str:
    width = _WIDTHS.get(block.kind)
    if width is not None:
        return width
    most = block.bounds.most_signs or 1000
    return "w8" if most <= 8 else "w14" if most <= 16 else "w20" if most <= 40 else "full"


def _boolean(told: Asked, block: Block, field: Field, drawing: Drawing) -> Html:
    value = next(iter(field.values), "")
    words = (("true", "entry.yes"), ("false", "entry.no"))
    options = [Option(code, drawing.say(key), value == code) for code, key in words]
    if block.control == "check-box":
        only = [Option("true", told.label, value == "true")]
        return entry.framed_group(told, entry.option_list(told, only), drawing.language)
    if told.cell:
        down = entry.drop_down(told, options, drawing.language)
        return entry.framed(told, down, drawing.language)
    made = join(entry.option_list(told, options, across=True), _clear(told, value, drawing))
    return entry.framed_group(told, made, drawing.language)


def _clear(told: Asked, value: str, drawing: Drawing) -> Html:
    """A radio button cannot be taken back; this does it."""
    if not value or told.required:
        return NOTHING
    return drawing.act(f"clear:{told.name}", "entry.clear", tone="link", about=told.label)


def _choice(told: Asked, block: Block, field: Field, drawing: Drawing) -> Html:
    options, several = options_of(field), block.item.repeats
    language = drawing.language
    if block.search and not options:
        if several:
            return _several_found(told, field, drawing)
        made = _chooser(told, field, drawing, free=block.kind == "open-choice")
        return entry.framed(told, join(made, _favour(told, block, field, drawing)), language)
    value = next(iter(field.values), "")
    down = block.control in ("drop-down", "autocomplete", "lookup")
    down = down or told.cell or (block.control is None and len(options) > MOST_BUTTONS)
    if down and not several:
        made = entry.drop_down(told, options, language)
        if field.other_name:
            return entry.framed(
                told, join(made, _other(told, field, drawing, block.item.other)), language
            )
        return entry.framed(told, made, language)
    across = block.orientation == "horizontal" or (
        block.orientation is None
        and len(options) <= 4
        and sum(len(option.words) for option in options) <= 44
    )
    other = (
        tag("li", _other(told, field, drawing, block.item.other)) if field.other_name else NOTHING
    )
    made = entry.option_list(told, options, several=several, across=across, after=other)
    cleared = NOTHING if several else _clear(told, value, drawing)
    return entry.framed_group(told, join(made, cleared), language)


def _other(told: Asked, field: Field, drawing: Drawing, other: Words | None) -> Html:
    """Where an answer is written that is not among the options; `other` is the form's own label."""
    name = field.other_name or ""
    label = other.say(drawing.language) if other is not None else drawing.say("entry.other")
    return tag(
        "div",
        tag("label", label, for_=f"f-{name}"),
        tag(
            "input", type="text", id=f"f-{name}", name=name, value=field.other or None,
            autocomplete="off", class_="full",
            aria_describedby=f"e-{told.name}" if told.faults else None,
        ),
        class_="other",
    )  # fmt: skip


def _chooser(told: Asked, field: Field, drawing: Drawing, *, free: bool = False) -> Html:
    value = next(iter(field.values), "")
    words = next(iter(field.words), "") or drawing.typed.get(told.name, "")
    words = words or (field.other if free else "")
    # What could not be read stands in the field as it was typed.
    if not words and value:
        words, value = value, ""
    return entry.chooser(
        told,
        Chosen(value, words),
        drawing.language,
        found=drawing.found.get(told.name),
        find=drawing.save,
        free=free,
    )


def _favour(told: Asked, block: Block, field: Field, drawing: Drawing) -> Html:
    """The way to keep what is chosen as a favourite, or to drop it. None about people."""
    value = next(iter(field.values), "")
    if told.cell or not value or not field.words:
        return NOTHING
    named = block.kind == "reference"
    pair = chosen(block.item, {"reference": value}) if named else (block.search or "", value)
    if pair is None:
        return NOTHING
    held = pair in drawing.favourites
    act, key = ("unfavour", "entry.unfavour") if held else ("favour", "entry.favour")
    words = next(iter(field.words))
    return drawing.act(f"{act}:{told.name}", key, symbol="star", tone="link", about=words)


def _several_found(told: Asked, field: Field, drawing: Drawing) -> Html:
    """Several codes: those chosen as boxes that can be unticked, and one more to be found."""
    pairs = zip(field.values, field.words or field.values, strict=False)
    kept = [Option(value, words, True) for value, words in pairs]
    ticked = entry.option_list(Asked(told.name + "=kept", ""), kept, several=True)
    boxes = Html(ticked.replace(f'name="{told.name}=kept"', f'name="{told.name}"'))
    search = Asked(told.name, told.label, told.hint, told.faults, told.required)
    made = entry.chooser(
        search,
        Chosen(words=drawing.typed.get(told.name, "")),
        drawing.language,
        found=drawing.found.get(told.name),
        find=drawing.save,
    )
    return entry.framed(told, join(boxes if kept else NOTHING, made), drawing.language)


def _attachment(told: Asked, block: Block, field: Field, drawing: Drawing) -> Html:
    value = next(iter(field.values), "")
    if not value:
        return entry.file_input(told, block.bounds.media_types, drawing.save, drawing.language)
    name, size = drawing.files.get(value, ("", 0))
    words = name or next(iter(field.words), "") or value
    remove = drawing.act(f"clear:{told.name}", "entry.remove", tone="link", about=words)
    known = size_words(size, drawing) if size else ""
    return entry.kept_file(told.name, value, words, known, remove)


def _quantity(told: Asked, block: Block, field: Field, drawing: Drawing) -> Html:
    value = next(iter(field.values), "")
    language = drawing.language
    unit = block.item.unit.words.say(language) if block.item.unit is not None else ""
    any_unit = not (field.units or block.item.unit_value_set)
    if field.unit_name is None or len(field.units) == 1:
        if field.units:
            unit = field.units[0].label
        made = entry.line(told, value, width="w8", inputmode="decimal", unit=unit)
        return entry.framed(told, made, language)
    number = entry.line(told, value, width="w8", inputmode="decimal")
    label = drawing.say("entry.unit", question=told.label)
    if field.units:
        options = [_option(each) for each in field.units]
        of_unit = Asked(field.unit_name, label, required=True)
        picked = tag(
            "select",
            [
                NOTHING if any(o.chosen for o in options) else tag("option", "—", value=""),
                *(tag("option", o.words, value=o.value, selected=o.chosen) for o in options),
            ],
            name=field.unit_name,
            id=f"f-{field.unit_name}",
            aria_label=of_unit.label,
        )
    elif any_unit:
        picked = tag(
            "input",
            type="text",
            name=field.unit_name,
            id=f"f-{field.unit_name}",
            value=field.unit[1] or None,
            maxlength=60,
            autocomplete="off",
            class_="w8",
            aria_label=label,
        )
    else:
        picked = entry.chooser(
            Asked(field.unit_name, label, cell=True),
            Chosen(field.unit[0], drawing.typed.get(field.unit_name, "") or field.unit[1]),
            language,
            found=drawing.found.get(field.unit_name),
            find=drawing.save,
        )
    return entry.framed(told, ui.tag("div", number, picked, class_="row tight"), language)
