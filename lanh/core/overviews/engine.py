"""An overview for a reader: its fields read, its facts found, its parts shown."""

from __future__ import annotations

from collections.abc import Mapping

from lanh.core.database import Plan
from lanh.core.overviews import screen
from lanh.core.overviews.asking import COUNTRY, Asked, entries, read
from lanh.core.overviews.definition import Indicators, May, Nearest, Overview, Records
from lanh.core.overviews.grouping import Scene
from lanh.core.overviews.nearest import nearest
from lanh.core.overviews.ports import Reader
from lanh.core.overviews.screen import Link, OverviewScreen, Shown
from lanh.core.overviews.showing import blocks
from lanh.core.overviews.sources import Held, held
from lanh.core.overviews.words import MESSAGES
from lanh.core.ui import formats


def show(
    overview: Overview, reader: Reader, query: Mapping[str, str], may: May
) -> Plan[OverviewScreen]:
    """The screen of an overview as a query asks for it. `may` tells which links the reader may
    open. Raises store.Forbidden where nothing of its records may be searched."""
    asked = read(overview, reader, query)
    shown: list[Shown] = []
    if overview.intro is not None:
        shown.append(Shown(screen.Text(overview.intro.say(reader.language))))
    nothing = _nothing(overview, reader)
    found = Held(lambda _by: ())
    if nothing is None and overview.source is not None:
        found = yield from held(overview, asked, reader)
        if not isinstance(overview.source, Indicators) and not found.facts(""):
            nothing = _empty(overview, reader)
    scene = Scene(overview, asked, reader, found, may)
    for part in overview.parts:
        if nothing is not None and not isinstance(part, Nearest):
            continue
        if not asked.stands(part.at):
            continue
        if isinstance(part, Nearest):
            asked, made = yield from nearest(overview, part, asked, reader)
        else:
            made = list(blocks(scene, part))
        shown += [Shown(block, part.half) for block in made]
    if nothing is not None:
        shown.append(Shown(nothing))
    shown += _after(overview, found, reader, may)
    return OverviewScreen(
        _heading(overview, asked, reader),
        entries(overview, asked, reader),
        (overview.act or MESSAGES["show"]).say(reader.language),
        shown,
        _path(overview, asked, reader),
    )


def _nothing(overview: Overview, reader: Reader) -> screen.Nothing | None:
    """Why there cannot be anything for this reader."""
    source = overview.source
    key = ""
    if isinstance(source, Records) and source.own and reader.facility is None:
        key = "no-facility"
    if isinstance(source, Indicators):
        figures = reader.figures
        key = "" if figures is not None and figures.periods() else "no-figures"
    if not key:
        return None
    language = reader.language
    return screen.Nothing(MESSAGES[key].say(language), MESSAGES[f"{key}-why"].say(language))


def _empty(overview: Overview, reader: Reader) -> screen.Nothing:
    language, empty = reader.language, overview.empty
    if empty is None:
        return screen.Nothing(
            MESSAGES["no-facts"].say(language), MESSAGES["no-facts-why"].say(language)
        )
    return screen.Nothing(empty.title.say(language), empty.why.say(language))


def _after(overview: Overview, found: Held, reader: Reader, may: May) -> list[Shown]:
    """What is said and offered below: up to when figures hold, what was left out, the doors."""
    made: list[Shown] = []
    figures = reader.figures
    if isinstance(overview.source, Indicators) and figures is not None:
        until = figures.data_time()
        if until is not None:
            said = MESSAGES["data-time"].say(reader.language, at=formats.clock(until))
            made.append(Shown(screen.Text(said)))
    if found.partial:
        most = formats.number(found.most, reader.language)
        made.append(Shown(screen.Text(MESSAGES["partial"].say(reader.language, most=most), "warn")))
    doors = [Link(kind, key, words.say(reader.language)) for kind, key, words in overview.doors]
    open_to = [each for each in doors if may(each)]
    return [*made, Shown(screen.Links("", open_to))] if open_to else made


def _heading(overview: Overview, asked: Asked, reader: Reader) -> str:
    place = overview.places.place(asked.area, asked.on)
    country = MESSAGES["country"].say(reader.language)
    return (overview.heading or overview.title).say(
        reader.language,
        place=place.full if place is not None else country,
        day=formats.day(asked.day),
        period=formats.period(asked.period, reader.language),
    )


def _path(overview: Overview, asked: Asked, reader: Reader) -> list[Link]:
    """The wider places, as far as the reader may look at them."""
    if not asked.area:
        return []
    steps = []
    name = asked.area_field
    if asked.free:
        whole = {**asked.query(), name: COUNTRY}
        steps.append(Link("page", overview.key, MESSAGES["country"].say(reader.language), whole))
    if asked.level == "commune":
        commune = overview.places.place(asked.area, asked.on)
        above = overview.places.place(commune.province, asked.on) if commune else None
        if above is not None:
            query = asked.query(**{name: above.code})
            steps.append(Link("page", overview.key, above.name, query))
    return steps
