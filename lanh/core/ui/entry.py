"""Fields of a form that is filled in: label, hint, faults, then the control; all usable by keys.

A control has the id `f-NAME`, to which a summary of faults links. Nothing here is required of the
browser: what is missing is told by the server, beside the field and above the form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lanh.core.text import Language
from lanh.core.ui.icons import icon
from lanh.core.ui.markup import NOTHING, Attribute, Child, Html, classes, join, tag
from lanh.core.ui.words import WORDS


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as its field shows it. In a `cell` of a table the label is for those only who do
    not see the heads of its columns."""

    name: str
    label: str
    hint: str = ""
    faults: Sequence[str] = ()
    required: bool = False
    prefix: str = ""
    cell: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    """One of the answers on offer. `prefix` is its letter or number in the form."""

    value: str
    words: str
    chosen: bool = False
    prefix: str = ""


def described(asked: Asked) -> dict[str, Attribute]:
    """The attributes that tie a control to its hint and faults."""
    ids = classes(
        bool(asked.hint) and not asked.cell and f"h-{asked.name}",
        bool(asked.faults) and f"e-{asked.name}",
    )
    return {
        "id": f"f-{asked.name}",
        "aria_describedby": ids,
        "aria_invalid": "true" if asked.faults else None,
        "aria_required": "true" if asked.required else None,
    }


def _label(asked: Asked, language: Language) -> Html:
    return join(
        tag("span", asked.prefix, class_="mark") if asked.prefix else NOTHING,
        asked.label,
        NOTHING
        if asked.required or asked.cell
        else tag("span", " ", WORDS["forms.optional"].say(language), class_="optional"),
    )


def _around(asked: Asked) -> Html:
    """Hint and faults, in the order in which they are read."""
    faults = [tag("p", icon("alert"), tag("span", words), class_="fault") for words in asked.faults]
    return join(
        tag("p", asked.hint, class_="hint", id=f"h-{asked.name}")
        if asked.hint and not asked.cell
        else NOTHING,
        tag("div", faults, id=f"e-{asked.name}") if faults else NOTHING,
    )


def framed(asked: Asked, control: Child, language: Language) -> Html:
    """A question with one control."""
    label = tag(
        "label",
        _label(asked, language),
        for_=f"f-{asked.name}",
        class_="unseen" if asked.cell else None,
    )
    return tag(
        "div",
        label,
        _around(asked),
        control,
        class_=classes("field", bool(asked.faults) and "faulty"),
    )


def framed_group(asked: Asked, controls: Child, language: Language) -> Html:
    """A question with several controls: a group of its own with its legend."""
    return tag(
        "fieldset",
        tag("legend", _label(asked, language), class_="unseen" if asked.cell else None),
        _around(asked),
        controls,
        class_=classes("field bare", bool(asked.faults) and "faulty"),
    )


def line(
    asked: Asked,
    value: str,
    *,
    width: str = "full",
    inputmode: str | None = None,
    unit: str = "",
    most: int | None = None,
) -> Html:
    """A control of one line; `unit` stands behind it."""
    control = tag(
        "input",
        type="text",
        name=asked.name,
        value=value or None,
        autocomplete="off",
        spellcheck="false",
        inputmode=inputmode,
        maxlength=most,
        class_=classes(width, inputmode in ("numeric", "decimal") and "number"),
        **described(asked),
    )
    if not unit:
        return control
    return tag("span", control, tag("span", unit, class_="unit"), class_="with-unit")


def lines(asked: Asked, value: str, *, most: int | None = None, rows: int = 3) -> Html:
    """A control of several lines."""
    # A browser takes a first line end away, so that one more is written.
    return tag(
        "textarea",
        Html("\n"),
        value,
        name=asked.name,
        rows=rows,
        maxlength=most,
        class_="full",
        **described(asked),
    )


def option_list(
    asked: Asked,
    options: Sequence[Option],
    *,
    several: bool = False,
    across: bool = False,
    after: Child = None,
) -> Html:
    """Options as radio buttons, or as boxes where several may be ticked. The first one has the id
    to which a summary links."""
    items = []
    for place, option in enumerate(options):
        own = f"f-{asked.name}" if place == 0 else f"f-{asked.name}={place}"
        box = tag(
            "input",
            type="checkbox" if several else "radio",
            id=own,
            name=asked.name,
            value=option.value,
            checked=option.chosen,
        )
        words = join(
            tag("span", option.prefix, class_="mark") if option.prefix else NOTHING, option.words
        )
        items.append(tag("li", box, tag("label", words, for_=own)))
    return tag("ul", items, after, class_=classes("options", across and "across"))


def drop_down(asked: Asked, options: Sequence[Option], language: Language) -> Html:
    """Options in a list that opens; the first line takes the answer away."""
    none = tag("option", WORDS["forms.choose"].say(language), value="")
    made = [
        tag("option", option.words, value=option.value, selected=option.chosen)
        for option in options
    ]
    return tag("select", none, made, name=asked.name, **described(asked))


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a field that searches holds: the token that is sent, and its words."""

    value: str = ""
    words: str = ""


def _search_field(asked: Asked, words: str, listed: str, find: str, language: Language) -> Html:
    """Where one types, and the button that looks without script."""
    control = tag(
        "input",
        type="text",
        name=f"find.{asked.name}",
        value=words or None,
        autocomplete="off",
        spellcheck="false",
        role="combobox",
        aria_expanded="false",
        aria_autocomplete="list",
        aria_controls=listed,
        class_="full",
        **described(asked),
    )
    button = tag(
        "button",
        icon("search"),
        tag("span", WORDS["forms.find"].say(language), class_="unseen"),
        tag("span", asked.label, class_="unseen"),
        type="submit",
        name="act",
        value=f"find:{asked.name}",
        formaction=find or None,
        class_="button quiet find-codes",
    )
    return tag("div", control, button, class_="row tight")


def chooser(
    asked: Asked,
    chosen: Chosen,
    language: Language,
    *,
    found: Sequence[Option] | None = None,
    find: str = "",
    free: bool = False,
) -> Html:
    """A field in which one types to find an answer. With script a list opens below it; without,
    a button, sent to `find`, shows what was `found` as radio buttons. In a `free`
    one what is typed may be the answer itself."""
    name = asked.name
    listed = f"l-{name}"
    field = _search_field(asked, chosen.words, listed, find, language)
    offered: Html = NOTHING
    if found is not None:
        offered = (
            option_list(Asked(f"pick.{name}", ""), found)
            if found
            else tag("p", WORDS["forms.none_found"].say(language), class_="hint")
        )
    return tag(
        "div",
        tag("input", type="hidden", name=name, value=chosen.value, data_token=True),
        tag("input", type="hidden", name=f"was.{name}", value=chosen.words, data_was=True),
        tag("input", type="hidden", name=f"free.{name}", value="1") if free else NOTHING,
        field,
        tag(
            "ul",
            id=listed,
            role="listbox",
            hidden=True,
            class_="listbox",
            aria_label=asked.label,
        ),
        tag("p", class_="unseen", role="status", data_told=True),
        offered,
        class_="chooser",
        data_choose=name,
        data_none=WORDS["forms.none_found"].say(language),
        data_count=WORDS["forms.found"].say(language, count="#"),
        data_why_favourite=WORDS["forms.favourite"].say(language),
        data_why_recent=WORDS["forms.recent"].say(language),
    )


def file_input(asked: Asked, accepted: Sequence[str], send: str, language: Language) -> Html:
    """A file to be sent at once, by script or by its button."""
    control = tag(
        "input",
        type="file",
        name=f"file.{asked.name}",
        accept=",".join(accepted) or None,
        data_file=asked.name,
        class_="full",
        **described(asked),
    )
    button = tag(
        "button",
        WORDS["forms.upload"].say(language),
        type="submit",
        name="act",
        value=f"attach:{asked.name}",
        formaction=send,
        class_="button quiet no-script",
    )
    return tag("div", control, button, class_="row tight")


def kept_file(name: str, value: str, words: str, size: str, remove: Html) -> Html:
    """A file that was sent, with the way to take it away."""
    return tag(
        "p",
        tag("input", type="hidden", name=name, value=value),
        icon("document"),
        tag("span", words, class_="file-name"),
        tag("span", size, class_="muted") if size else NOTHING,
        remove,
        class_="kept-file",
        id=f"f-{name}",
        tabindex="-1",
    )


def told_value(label: str, words: Sequence[str], language: Language) -> Html:
    """An answer that is read only: given by the record or computed."""
    said = [tag("output", word) for word in words]
    none = tag("span", WORDS["forms.no_value"].say(language), class_="muted")
    return tag("div", tag("dt", label), tag("dd", said or none), class_="told-value")


def act_button(
    act: str, words: str, at: str, *, symbol: str = "", tone: str = "quiet", about: str = ""
) -> Html:
    """A small act on a form: its place is kept by `formaction`, and `about` says on what."""
    return tag(
        "button",
        icon(symbol) if symbol else NOTHING,
        tag("span", words),
        tag("span", " ", about, class_="unseen") if about else NOTHING,
        type="submit",
        name="act",
        value=act,
        formaction=at,
        class_=f"button {tone}",
    )
