"""How a sheet becomes answers: which column answers which question, and how cells are said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lanh.core.forms import Form, Item, field_name
from lanh.core.lists.errors import MESSAGES, ListRefused
from lanh.core.lists.spreadsheets import Table
from lanh.core.text import Language, Words, fold

_YES = frozenset({"true", "1", "x", "co", "yes", "y", "dung"})
_NO = frozenset({"false", "0", "khong", "no", "n", "sai"})


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """A column of a sheet: its title answers the question `link_id`.

    `system` is that of codes written alone, for questions that take codes of a value set.
    """

    link_id: str
    title: Words
    system: str | None = None


@dataclass(frozen=True, slots=True)
class SheetForm:
    """A sheet of which each row is one sending of a form.

    Without `columns` every question that a person answers has one, by its text; of a group that
    repeats a row holds one. `fixed` are fields that every row is sent with. `systems` are those of
    codes written alone, by linkId.
    """

    key: str
    form: Form
    columns: tuple[SheetColumn, ...] = ()
    systems: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)

    def every(self) -> tuple[SheetColumn, ...]:
        """The columns declared, or those that the form has."""
        return self.columns or tuple(_columns(self.form, self.systems))


def takes_rows(form: Form) -> bool:
    """Whether a form can be sent as a row: it asks for no file."""
    return not any(each.type == "attachment" and each.required for each in form.every())


def _columns(form: Form, systems: Mapping[str, str]) -> list[SheetColumn]:
    found: list[SheetColumn] = []
    seen: set[tuple[str, str]] = set()
    for item in form.every():
        above = [each for each in map(form.item, item.path[:-1]) if each is not None]
        if not item.answers or item.kept or any(each.kept for each in above):
            continue
        if item.type == "attachment":
            continue
        title = Words(item.label("vi"), item.label("en"))
        if (fold(title.vi), "vi") in seen or (fold(title.en), "en") in seen:
            group = above[-1] if above else item
            title = Words(f"{group.label('vi')}: {title.vi}", f"{group.label('en')}: {title.en}")
        seen |= {(fold(title.vi), "vi"), (fold(title.en), "en")}
        found.append(SheetColumn(item.link_id, title, systems.get(item.link_id)))
    return found


@dataclass(frozen=True, slots=True)
class Matched:
    """The columns of a table that answer questions, by their place; what was passed over."""

    places: Mapping[int, SheetColumn]
    passed: tuple[str, ...]


def match_columns(sheet: SheetForm, table: Table) -> Matched:
    """Finds the columns by their titles in either language, or by linkId.

    Raises ListRefused where one that is required is missing, or a title stands twice.
    """
    known: dict[str, SheetColumn] = {}
    for each in sheet.every():
        for name in (each.link_id, each.title.vi, each.title.en):
            known.setdefault(fold(name), each)
    places: dict[int, SheetColumn] = {}
    passed = []
    for at, head in enumerate(table.heads):
        column = known.get(fold(head.removesuffix("*").strip()))
        if column is None:
            if head:
                passed.append(head[:60])
        elif column in places.values():
            raise ListRefused("structure", "sheet-twice", column=head[:60])
        else:
            places[at] = column
    missing = [each.title.vi for each in sheet.every()
               if each not in places.values() and _required(sheet, each)]  # fmt: skip
    if missing:
        raise ListRefused("required", "sheet-missing", columns=", ".join(missing[:10]))
    return Matched(places, tuple(passed))


def _required(sheet: SheetForm, column: SheetColumn) -> bool:
    item = sheet.form.item(column.link_id)
    return item is not None and item.required and not item.initial and len(item.path) == 1


def fields_of(sheet: SheetForm, matched: Matched, cells: Sequence[str]) -> dict[str, list[str]]:
    """The fields that a page would have sent of a row."""
    made = {name: [text] for name, text in sheet.fixed.items()}
    for at, column in matched.places.items():
        item = sheet.form.item(column.link_id)
        text = cells[at] if at < len(cells) else ""
        if item is None or not text:
            continue
        made[field_name(sheet.form, item)] = _texts(item, column, text)
    return made


def column_at(sheet: SheetForm, matched: Matched, name: str) -> SheetColumn | None:
    """The column whose field a fault names."""
    plain = name.partition("#")[0]
    for column in matched.places.values():
        item = sheet.form.item(column.link_id)
        if item is not None and field_name(sheet.form, item).removesuffix(":0") == (
            plain.removesuffix(":0")
        ):
            return column
    return None


def _texts(item: Item, column: SheetColumn, text: str) -> list[str]:
    several = item.repeats and item.type in ("choice", "open-choice")
    parts = [part.strip() for part in text.split(";")] if several else [text]
    return [_said(item, column, part) for part in parts if part]


def _said(item: Item, column: SheetColumn, text: str) -> str:
    """A cell as the field of its question takes it: words of an option become its token."""
    plain = fold(text)
    if item.type == "boolean":
        return "true" if plain in _YES else "false" if plain in _NO else text
    for option in item.options:
        code = str(option.value.get("code", "")) if isinstance(option.value, dict) else ""
        if plain in {fold(option.words.vi), fold(option.words.en), fold(code)} - {""}:
            return option.token
        if text == option.token:
            return text
    if column.system is not None and item.value_set is not None and "|" not in text:
        return f"{column.system}|{text}"
    return text


def choices_of(sheet: SheetForm, column: SheetColumn, language: Language) -> list[str]:
    """The words that may be written in a column; none where others may be."""
    item = sheet.form.item(column.link_id)
    if item is None or item.type == "open-choice":
        return []
    if item.type == "boolean":
        return [MESSAGES[key].say(language) for key in ("yes", "no")]
    return [option.words.say(language) for option in item.options]
