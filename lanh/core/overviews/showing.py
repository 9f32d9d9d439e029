"""From the groups of an overview to the blocks of its screen. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from lanh.core.overviews import screen
from lanh.core.overviews.asking import PAGE
from lanh.core.overviews.definition import (
    Bars,
    Choice,
    Indicators,
    Note,
    Part,
    PlaceMap,
    Series,
    Standing,
    Sum,
    Sums,
)
from lanh.core.overviews.facts import Group
from lanh.core.overviews.grouping import Scene
from lanh.core.overviews.screen import Block, Cell, Head
from lanh.core.ui import Dot, Point, formats

_DENSE = 3  # columns of a table that stays one on a phone


def blocks(scene: Scene, part: Part) -> Iterator[Block]:
    """The blocks of a part; nothing where there is nothing to show."""
    match part:
        case Sums():
            yield from _sums(scene, part)
        case Bars():
            yield from _bars(scene, part)
        case Series():
            yield from _series(scene, part)
        case PlaceMap():
            yield from _map(scene, part)
        case Sum():
            yield _total(scene, part)
        case Standing():
            yield _standing(scene, part)
        case Note(words=words):
            yield screen.Text(scene.say(words, **_parameters(scene)))
        case _:
            pass


def _parameters(scene: Scene) -> dict[str, str]:
    asked, overview = scene.asked, scene.overview
    chosen = ""
    for each in overview.fields:
        if isinstance(each, Choice):
            code = asked.values.get(each.name, "")
            chosen = scene.say(dict(each.options).get(code, each.every))
    return {
        "chosen": chosen,
        "place": place_name(scene), "day": formats.day(asked.day), "least": str(scene.least),
        "period": formats.period(asked.period, scene.reader.language),
    }  # fmt: skip


def place_name(scene: Scene) -> str:
    """The name of the area that is looked at; "" for the country."""
    place = scene.overview.places.place(scene.asked.area, scene.asked.on)
    return place.full if place is not None else ""


# ---- tables ------------------------------------------------------------------------------------


def _sums(scene: Scene, part: Sums) -> Iterator[Block]:
    found = scene.groups(part.by, last=part.last, order=part.order)
    if not found:
        return
    overview = scene.overview
    measures = {each.name: each for each in overview.measures}
    said = {each.name: each for each in overview.said}
    start = scene.asked.page if scene.asked.page < len(found) else 0
    rows = []
    for group in found[start : start + part.page]:
        cells = [_name(scene, part.by, group)]
        for name in part.columns:
            if name in measures:
                cells.append(scene.figure(measures[name], group, part.by, part.behind))
            else:
                cells.append(said[name].cell(group, scene.reader))
        rows.append(cells)
    titles = [(measures[n].title, True) if n in measures else (said[n].title, False)
              for n in part.columns]  # fmt: skip
    heads = [Head(scene.title_of(part.by), main=True)]
    heads += [Head(scene.say(title), numeric) for title, numeric in titles]
    before = scene.asked.query(**{PAGE: str(max(0, start - part.page))}) if start else None
    after = start + part.page
    told = _parameters(scene)
    if part.last and found[0].facts[0].day is not None:
        told["day"] = formats.day(found[0].facts[0].day)
    title = scene.say(part.title, **told)
    yield screen.Table(
        title, heads, rows, len(heads) <= _DENSE, before,
        scene.asked.query(**{PAGE: str(after)}) if after < len(found) else None,
    )  # fmt: skip


def _name(scene: Scene, by: str, group: Group) -> Cell:
    grouping = scene.overview.grouping(by)
    if by == "place":
        return Cell(group.label, link=scene.place_link(group.key))
    if by in ("record", "day") or (grouping is not None and grouping.record):
        return Cell(group.label, link=scene.record_link(group))
    return Cell(group.label)


def _total(scene: Scene, part: Sum) -> Block:
    facts = scene.held.facts("")
    asked = scene.asked
    whole = Group("", "", facts)
    count = scene.count(facts)
    small = bool(asked.area) and 0 < count < scene.least
    hidden: set[str] = set()
    source = scene.overview.source
    if isinstance(source, Indicators):
        hidden = {each.key for each in scene.groups(source.by) if each.hidden}
    pairs = []
    for name in part.measures:
        measure = scene.overview.measure(name)
        if measure is not None:
            withheld = small or any(fact.withheld for fact in facts)
            withheld = withheld or (measure.count or name) in hidden
            group = Group("", "", facts, withheld, small)
            cell = scene.figure(measure, group if withheld else whole, "", part.behind)
            text = f"{cell.text} %" if measure.of and cell.text[0].isdigit() else cell.text
            pairs.append((scene.say(measure.title), Cell(text, link=cell.link)))
    return screen.Totals(pairs)


def _standing(scene: Scene, part: Standing) -> Block:
    grouping, measure = scene.overview.grouping(part.by), scene.overview.measure(part.measure)
    assert grouping is not None and measure is not None
    found = {group.key: group for group in scene.groups(part.by)}
    cells = []
    for code, words in grouping.words.items():
        group = found.get(code, Group(code, scene.say(words), ()))
        told = scene.told(measure, group) if group.facts else "0"
        way = part.behind.get(code)
        link = scene.behind((way,), part.by, group) if way is not None and group.facts else None
        cells.append(Cell(scene.say(words), part.tones.get(code), link, (told,)))
    return screen.States(scene.say(grouping.title), cells)


# ---- drawings ----------------------------------------------------------------------------------


def _points(scene: Scene, groups: list[Group], measure_name: str) -> list[Point]:
    measure = scene.overview.measure(measure_name)
    assert measure is not None
    return [
        Point(group.key, None, said=scene.hidden(group)) if group.hidden
        else Point(group.key, measure.value(group.facts))
        for group in groups
    ]  # fmt: skip


def _bars(scene: Scene, part: Bars) -> Iterator[Block]:
    measure = scene.overview.measure(part.measure)
    assert measure is not None
    found = [g for g in scene.groups(part.by, order=part.order) if not g.hidden]
    if part.codes:
        found = [group for group in found if group.key in part.codes]
    found = found[: part.most]
    points = [
        Point(part.codes.get(point.label, point.label), point.value)
        for point in _points(scene, found, part.measure)
    ]
    if not any(point.value for point in points):
        return
    full = (Decimal(part.full), f"{part.full} {scene.unit(measure)}") if part.full else None
    yield screen.Drawing("bars", scene.say(part.title, **_parameters(scene)), scene.unit(measure),
                         scene.title_of(part.by), points, measure.decimals, full)  # fmt: skip


def _series(scene: Scene, part: Series) -> Iterator[Block]:
    measure = scene.overview.measure(part.measure)
    assert measure is not None
    found = scene.groups(part.by)
    labels = {g.key: g.label if part.by == "week" else g.label[:5] for g in found}
    points = [
        Point(labels[point.label], point.value, said=point.said)
        for point in _points(scene, found, part.measure)
    ]
    if not points:
        return
    yield screen.Drawing("line", scene.say(part.title, **_parameters(scene)), scene.unit(measure),
                         scene.title_of(part.by), points, measure.decimals)  # fmt: skip


def _map(scene: Scene, part: PlaceMap) -> Iterator[Block]:
    asked, places = scene.asked, scene.overview.places
    measure = scene.overview.measure(part.measure)
    assert measure is not None
    if asked.level == "commune":
        return
    found = scene.groups("place")
    values = {g.key: measure.value(g.facts) for g in found if not g.hidden}
    withheld = {g.key: scene.hidden(g) for g in found if g.hidden}
    title = scene.say(part.title, **_parameters(scene))
    unit = scene.unit(measure)
    if asked.level == "country":
        links = {each.code: link for each in places.provinces(asked.on)
                 if (link := scene.place_link(each.code)) is not None}  # fmt: skip
        yield screen.Map(title, unit, measure.decimals, values, links, withheld,
                         places.country(asked.on))  # fmt: skip
        return
    if not withheld and all(value is None for value in values.values()):
        return
    outline = places.outline(asked.area, asked.on)
    dots = [
        Dot(each.code, each.name, (each.spot[1], each.spot[0]))
        for each in places.communes(asked.area, asked.on)
        if each.spot is not None and (each.code in values or each.code in withheld)
    ]
    if outline and dots:
        yield screen.Map(title, unit, measure.decimals, values, {}, withheld,
                         outline=outline, dots=dots)  # fmt: skip
