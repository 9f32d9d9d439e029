"""Rows that are given (form-given-rows), as a program sends them: told by what nobody enters."""

from __future__ import annotations

from typing import Any

from lanh.core.forms.model import Form, Item, same
from lanh.core.forms.problems import Problem, problem
from lanh.core.forms.sdc import Json, rows, value_of
from lanh.core.forms.tree import PREFIX, segment


def aligned(form: Form, response: Json, prior: Json) -> tuple[Json, list[Problem]]:
    """A response whose given rows stand in the order of `prior`, the form as it was opened.

    A row goes to the first that is free and says the same in what nobody enters; one that is none
    of them is a fault, and rows that were left out stay empty.
    """
    faults: list[Problem] = []
    items = _level(form.items, response, prior, PREFIX, faults)
    return {**response, "item": items}, faults


def _level(
    items: tuple[Item, ...], holder: Json, prior: Json, at: str, faults: list[Problem]
) -> list[Json]:
    made: list[Json] = []
    known = {item.link_id for item in items}
    for item in items:
        mine = [row for row in rows(holder, "item") if row.get("linkId") == item.link_id]
        if not item.is_group:
            made += mine
            continue
        given = [row for row in rows(prior, "item") if row.get("linkId") == item.link_id]
        name = at + segment(item.link_id)
        if item.given_rows:
            mine = _placed(item, mine, given, name, faults)
        for number, row in enumerate(mine):
            below = given[number] if number < len(given) and not _free(item) else {}
            inner = f"{name}:{number}/" if item.repeats else f"{name}/"
            made.append({**row, "item": _level(item.items, row, below, inner, faults)})
    return made + [row for row in rows(holder, "item") if row.get("linkId") not in known]


def _free(item: Item) -> bool:
    return item.repeats and not item.given_rows


def _placed(
    item: Item, mine: list[Json], given: list[Json], name: str, faults: list[Problem]
) -> list[Json]:
    places: list[Json | None] = [None] * len(given)
    marks = [_marks(item, row) for row in given]
    for number, row in enumerate(mine, 1):
        told = _marks(item, row)
        free = (n for n, held in enumerate(places) if held is None and _agree(told, marks[n]))
        place = next(free, None)
        if place is None:
            faults.append(problem("structure", "rows-unknown", name, item, number=number))
        else:
            places[place] = row
    return [held if held is not None else {"linkId": item.link_id} for held in places]


def _marks(item: Item, row: Json) -> dict[str, list[Any]]:
    """What a row says that nobody enters and nothing computes, by linkId."""
    found: dict[str, list[Any]] = {}
    for each in item.items:
        for held in rows(row, "item"):
            if held.get("linkId") != each.link_id:
                continue
            if each.is_group and not each.repeats:
                found |= _marks(each, held)
            elif each.kept and each.calculated is None:
                values = (value_of(answer) for answer in rows(held, "answer"))
                found[each.link_id] = [value[1] for value in values if value is not None]
    return found


def _agree(told: dict[str, list[Any]], given: dict[str, list[Any]]) -> bool:
    return all(
        len(values) == len(given.get(link, []))
        and all(same(one, other) for one, other in zip(values, given[link], strict=True))
        for link, values in told.items()
        if values
    )
