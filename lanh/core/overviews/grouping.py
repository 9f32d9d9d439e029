"""From facts to the groups that a part shows: places, days, codes; what of them may be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from lanh.core.overviews.asking import Asked
from lanh.core.overviews.definition import Behind, Indicators, May, Overview, Records
from lanh.core.overviews.facts import Fact, Group, Measure, groups, withheld
from lanh.core.overviews.ports import Reader
from lanh.core.overviews.screen import Cell, Link
from lanh.core.overviews.sources import Held
from lanh.core.overviews.words import MESSAGES
from lanh.core.text import Words, collation_key
from lanh.core.ui import formats

OTHER = "other"
NEWEST = "newest"
LEAST = 5  # where no figures of the installation say another
MISSING = "–"


@dataclass(frozen=True, slots=True)
class Scene:
    """An overview that is being shown to somebody."""

    overview: Overview
    asked: Asked
    reader: Reader
    held: Held
    may: May
    places: dict[tuple[str, date], tuple[str, str] | None] = field(default_factory=dict)

    def say(self, words: Words, /, **parameters: object) -> str:
        """Words in the reader's language."""
        return words.say(self.reader.language, **parameters)

    @property
    def least(self) -> int:
        """The smallest count of a place that is told; 1 where nothing is hidden."""
        figures = self.reader.figures
        if not self.overview.withhold:
            return 1
        return figures.least if figures is not None else LEAST

    def title_of(self, by: str) -> str:
        """What the rows of a grouping are."""
        grouping = self.overview.grouping(by)
        if grouping is not None:
            return self.say(grouping.title)
        if by == "place":
            by = "province" if self.asked.level == "country" else "commune"
        return self.say(MESSAGES[f"by-{by}"])

    # ---- groups --------------------------------------------------------------------------------

    def groups(self, by: str, *, last: bool = False, order: str = "") -> list[Group]:
        """The groups of a part, in order, with what is hidden marked."""
        facts = self.held.facts(by)
        if last:
            told = [fact.day for fact in facts if fact.counts and fact.day is not None]
            facts = [fact for fact in facts if told and fact.counts and fact.day == max(told)]
        found = groups(facts, lambda fact: self._key(by, fact), lambda k, f: self._label(by, k, f))
        return self._ordered(by, self._marked(by, found), order)

    def _key(self, by: str, fact: Fact) -> str | None:
        if by == "place":
            return self._place(fact)
        if by == "day":
            return fact.day.isoformat() if fact.day is not None else None
        return fact.record if by == "record" else fact.keys.get(by)

    def _place(self, fact: Fact) -> str | None:
        if "place" in fact.keys:
            return fact.keys["place"]
        written = fact.day or self.asked.day
        key = fact.commune, written
        if key not in self.places:
            self.places[key] = self.overview.places.standing(*key, self.asked.on)
        found = self.places[key]
        return None if found is None else found[0 if self.asked.level == "country" else 1]

    def _label(self, by: str, key: str, fact: Fact) -> str:
        if by == "place":
            place = self.overview.places.place(key, self.asked.on)
            return place.name if place is not None else key
        if by == "day":
            return formats.day(date.fromisoformat(key))
        if by == "week":
            return f"{key[5:]}/{key[2:4]}"
        grouping = self.overview.grouping(by)
        if grouping is not None and key in grouping.words:
            return self.say(grouping.words[key])
        return fact.names.get(by, key)

    def _marked(self, by: str, found: list[Group]) -> list[Group]:
        """Counts of a place below the least are hidden; of the country all but its places' are."""
        found = [replace(g, hidden=any(fact.withheld for fact in g.facts)) for g in found]
        if self.least <= 1 or not (self.asked.area or by == "place"):
            return found
        counts = {each.key: self.count(each.facts) for each in found}
        small = {key for key, count in counts.items() if 0 < count < self.least}
        # Of a series nothing is told that its parts are to make up.
        hidden = frozenset(small) if by in ("week", "day") else withheld(counts, self.least)
        return [replace(g, hidden=g.hidden or g.key in hidden, small=g.key in small) for g in found]

    def _ordered(self, by: str, found: list[Group], order: str) -> list[Group]:
        if order == NEWEST:
            return sorted(found, key=lambda group: group.key, reverse=True)
        ranked = self.overview.grouping(order)
        if ranked is not None:
            place = {code: at for at, code in enumerate(ranked.words)}
            return sorted(
                found,
                key=lambda g: (place.get(g.facts[0].keys.get(order, ""), len(place)),
                               collation_key(g.label)),
            )  # fmt: skip
        measure = self.overview.measure(order)
        if measure is not None:
            values = {each.key: measure.value(each.facts) for each in found}
            return sorted(
                found,
                key=lambda g: (g.key == OTHER, g.hidden, values[g.key] is None,
                               0 if g.hidden else -(values[g.key] or 0)),
            )  # fmt: skip
        if by in ("day", "week"):
            return sorted(found, key=lambda group: group.key)
        grouping = self.overview.grouping(by)
        ranks = {code: at for at, code in enumerate(grouping.words)} if grouping else {}
        if by == "record" or (grouping is not None and not ranks):
            return found if order == "" else sorted(found, key=lambda g: collation_key(g.label))
        last = len(ranks)
        return sorted(found, key=lambda g: (ranks.get(g.key, last), collation_key(g.label)))

    # ---- figures -------------------------------------------------------------------------------

    def count(self, facts: Sequence[Fact]) -> Decimal:
        """What is counted: the first measure."""
        return self.overview.measures[0].value(facts) or Decimal(0)

    def told(self, measure: Measure, group: Group) -> str:
        """A figure as it is said."""
        if group.hidden:
            return MISSING if measure.of else self.hidden(group)
        value = measure.value(group.facts)
        if value is None:
            return MISSING
        return formats.number(value, self.reader.language, measure.decimals)

    def hidden(self, group: Group) -> str:
        """What is said instead of a figure that is not told."""
        if group.small:
            return self.say(MESSAGES["fewer"], least=self.least)
        return self.say(MESSAGES["withheld"])

    def unit(self, measure: Measure) -> str:
        """What a measure is measured in."""
        return self.say(measure.unit if measure.unit is not None else measure.title)

    def figure(self, measure: Measure, group: Group, by: str, behind: Sequence[Behind]) -> Cell:
        """A figure with the jump to what is behind it."""
        text = self.told(measure, group)
        if group.hidden or text == MISSING:
            return Cell(text)
        return Cell(text, link=self.behind(behind, by, group))

    # ---- where things lead ---------------------------------------------------------------------

    def behind(self, ways: Sequence[Behind], by: str, group: Group) -> Link | None:
        """The first of the ways that the reader may go."""
        for way in ways:
            query = {
                name: value
                for name, from_ in way.filters.items()
                if (value := self._set_to(from_, by, group))
            }
            link = self._figures(query) if way.figures else (
                Link("list", way.list, query=query) if way.list
                else Link("page", way.page, query=query)
            )  # fmt: skip
            if link is not None and self.may(link):
                return link
        return None

    def _figures(self, query: dict[str, str]) -> Link | None:
        """The records of an indicator; of what is left of all there are none apart."""
        source = self.overview.source
        assert isinstance(source, Indicators)
        indicator = query.pop("indicator", "") or source.total
        if indicator not in (source.total, *source.parts):
            return None
        place = query.pop("place", "") or self.asked.area
        place = f"{self.asked.area}/{place}" if len(place) > len(self.asked.area) > 0 else place
        query = {"place": place, "period": self.asked.period, "bounds": self.asked.bounds}
        return Link("figures", indicator, query=query)

    def _set_to(self, what: str, by: str, group: Group) -> str:
        if what.startswith("="):
            return what[1:]
        if what == "place":
            return group.key if by == "place" else self.asked.area
        if what == by:
            return group.key
        if what == "day":
            days = {fact.day for fact in group.facts}
            day = days.pop() if len(days) == 1 else None
            return (day or self.asked.day).isoformat()
        if what in self.asked.values:
            return self.asked.values[what]
        found = {fact.keys.get(what, "") for fact in group.facts}
        return found.pop() if len(found) == 1 else ""

    def place_link(self, code: str) -> Link | None:
        """The same overview of a place one level down, where it shows such places."""
        deeper = self.asked.level == "country" or any(
            part.at == "commune" for part in self.overview.parts
        )
        if self.asked.level == "commune" or not deeper:
            return None
        return Link(
            "page", self.overview.key, query=self.asked.query(**{self.asked.area_field: code})
        )

    def record_link(self, group: Group) -> Link | None:
        """The record of a group, where it is of one."""
        source = self.overview.source
        if not isinstance(source, Records) or not group.record:
            return None
        return Link("record", group.record)
