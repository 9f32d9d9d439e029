"""Form fields: label above, hint, fault, then the field; and the summary of faults on top."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lanh.core.text import Language
from lanh.core.ui.icons import icon
from lanh.core.ui.markup import NOTHING, Attribute, Html, classes, join, tag
from lanh.core.ui.words import WORDS


@dataclass(frozen=True, slots=True)
class Field:
    """A one-line field. `width` is the expected length in characters, as a class of the sheet;
    `marked` says that it is told of a field that it need not be filled in."""

    name: str
    label: str
    value: str = ""
    hint: str = ""
    fault: str = ""
    kind: str = "text"
    autocomplete: str = "off"
    width: str = "full"
    required: bool = True
    inputmode: str | None = None
    maxlength: int | None = None
    autofocus: bool = False
    marked: bool = True


def _frame(field: Field, control: Html, language: Language) -> Html:
    optional = (
        NOTHING
        if field.required or not field.marked
        else tag("span", WORDS["forms.optional"].say(language), class_="muted")
    )
    return tag(
        "div",
        tag("label", field.label, " ", optional, for_=f"f-{field.name}"),
        tag("p", field.hint, class_="hint", id=f"h-{field.name}") if field.hint else NOTHING,
        tag("p", icon("alert"), field.fault, class_="fault", id=f"e-{field.name}")
        if field.fault
        else NOTHING,
        control,
        class_=classes("field", bool(field.fault) and "faulty"),
    )


def _described(field: Field) -> dict[str, Attribute]:
    ids = classes(field.hint and f"h-{field.name}", field.fault and f"e-{field.name}")
    return {"aria_describedby": ids, "aria_invalid": "true" if field.fault else None}


def text_field(field: Field, language: Language) -> Html:
    """A text, number or password field."""
    control = tag(
        "input",
        id=f"f-{field.name}",
        name=field.name,
        type=field.kind,
        value=field.value or None,
        autocomplete=field.autocomplete,
        inputmode=field.inputmode,
        maxlength=field.maxlength,
        required=field.required,
        autofocus=field.autofocus,
        spellcheck="false",
        class_=field.width,
        **_described(field),
    )
    return _frame(field, control, language)


def text_area(field: Field, language: Language, rows: int = 3) -> Html:
    """A field of several lines."""
    control = tag(
        "textarea",
        field.value,
        id=f"f-{field.name}",
        name=field.name,
        rows=rows,
        maxlength=field.maxlength,
        required=field.required,
        class_=field.width,
        **_described(field),
    )
    return _frame(field, control, language)


def select_field(field: Field, choices: Sequence[tuple[str, str]], language: Language) -> Html:
    """One of a few choices, as (value, words)."""
    options = [
        tag("option", words, value=value, selected=value == field.value) for value, words in choices
    ]
    control = tag(
        "select",
        options,
        id=f"f-{field.name}",
        name=field.name,
        class_=field.width,
        **_described(field),
    )
    return _frame(field, control, language)


def error_summary(faults: Sequence[tuple[str, str]], language: Language) -> Html:
    """(field name, words) of every fault, on top, with links to the fields; focus goes here."""
    if not faults:
        return NOTHING
    items = [tag("li", tag("a", words, href=f"#f-{name}")) for name, words in faults]
    return tag(
        "div",
        tag("h2", WORDS["forms.problem"].say(language)),
        tag("ul", items),
        class_="summary",
        role="alert",
        tabindex="-1",
        id="faults",
    )


def submit(words: str, *, tone: str = "primary", symbol: str | None = None) -> Html:
    """A button that sends its form."""
    inner = join(icon(symbol), tag("span", words)) if symbol else join(words)
    return tag("button", inner, type="submit", class_=f"button {tone}")
