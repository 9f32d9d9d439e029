"""Lookups over dated places, held in memory: 13,000 communes of two boundary sets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache

from lanh.core.text import collation_key, fold, fold_words
from lanh.nation.place.source import read_units
from lanh.nation.place.unit import COUNTRY, BoundarySet, Level, Succession, Unit, boundary_set

_LEVELS: tuple[Level, ...] = ("province", "district", "commune")


class Places:
    """Provinces, legacy districts and communes with their dates; immutable, safe to share.

    Codes are reused: 00004 was Phường Trúc Bạch until June 2025 and is Phường Ba Đình since. So a
    code means a unit only together with a date.
    """

    def __init__(self, units: Iterable[Unit], successions: Iterable[Succession]) -> None:
        self._units: dict[tuple[Level, str], list[Unit]] = {}
        self._by_set: dict[tuple[Level, BoundarySet], list[Unit]] = {}
        self._in_province: dict[tuple[Level, BoundarySet, str], list[Unit]] = {}
        for unit in sorted(units, key=lambda u: (collation_key(u.short_name), u.code)):
            self._units.setdefault((unit.level, unit.code), []).append(unit)
            self._by_set.setdefault((unit.level, unit.boundaries), []).append(unit)
            key = (unit.level, unit.boundaries, unit.province)
            self._in_province.setdefault(key, []).append(unit)
        self._after: dict[tuple[Level, str], list[Succession]] = {}
        self._before: dict[tuple[Level, str], list[Succession]] = {}
        for succession in successions:
            self._after.setdefault((succession.level, succession.old), []).append(succession)
            self._before.setdefault((succession.level, succession.new), []).append(succession)
        self._words = {
            key: [(unit, fold(unit.name), frozenset(fold_words(unit.name))) for unit in units]
            for key, units in self._by_set.items()
        }
        self._main_old = {
            unit.code: self._nearest_old(unit) for unit in self._by_set.get(("commune", "34"), [])
        }
        self._reach: dict[tuple[str, BoundarySet], frozenset[str]] = {}

    @classmethod
    def packaged(cls) -> Places:
        """The places of the packaged data, read once a process; needs no database."""
        return _packaged()

    def provinces(self, on: date) -> tuple[Unit, ...]:
        """The provinces on a date, in Vietnamese alphabetical order."""
        return tuple(self._by_set.get(("province", boundary_set(on)), ()))

    def districts(self, province: str, on: date) -> tuple[Unit, ...]:
        """The districts of a province on a date; none since July 2025."""
        return tuple(self._in_province.get(("district", boundary_set(on), province), ()))

    def communes(self, province: str | None, on: date) -> tuple[Unit, ...]:
        """The communes of a province (None: of the country) on a date, alphabetically."""
        if province is None:
            return tuple(self._by_set.get(("commune", boundary_set(on)), ()))
        return tuple(self._in_province.get(("commune", boundary_set(on), province), ()))

    def unit(self, level: Level, code: str, on: date) -> Unit | None:
        """The unit that a code meant on a date, or None."""
        wanted = boundary_set(on)
        return next((u for u in self._units.get((level, code), ()) if u.boundaries == wanted), None)

    def province(self, code: str, on: date) -> Unit | None:
        """The province that a 2-digit code meant on a date, or None."""
        return self.unit("province", code, on)

    def commune(self, code: str, on: date) -> Unit | None:
        """The commune that a 5-digit code meant on a date, or None."""
        return self.unit("commune", code, on)

    def province_of(self, commune: str, on: date) -> Unit | None:
        """The province that a commune belonged to on a date, or None."""
        found = self.commune(commune, on)
        return self.province(found.province, on) if found else None

    def successors(self, code: str, level: Level = "commune") -> tuple[Succession, ...]:
        """What an old unit became in July 2025; several where it was divided."""
        return tuple(self._after.get((level, code), ()))

    def predecessors(self, code: str, level: Level = "commune") -> tuple[Succession, ...]:
        """What a unit of today was made from."""
        return tuple(self._before.get((level, code), ()))

    def search(
        self, text: str, on: date, *, level: Level | None = None, limit: int = 20
    ) -> list[Unit]:
        """Units whose name holds every word of `text`, with or without diacritics.

        A word may be cut short ("ba din"). The whole name first, then names that begin with the
        text, then the others; provinces before communes.
        """
        words = fold_words(text)
        wanted = " ".join(words)
        if not words:
            return []
        found: list[tuple[int, int, int, Unit]] = []
        for rank, each in enumerate(_LEVELS):
            if level is not None and each != level:
                continue
            for place, (unit, name, parts) in enumerate(
                self._words.get((each, boundary_set(on)), ())
            ):
                if all(any(part.startswith(word) for part in parts) for word in words):
                    short = fold(unit.short_name)
                    exact = 0 if wanted in (short, name) else 1 if short.startswith(wanted) else 2
                    found.append((exact, rank, place, unit))
        found.sort(key=lambda entry: entry[:3])
        return [unit for *_, unit in found[:limit]]

    def communes_of(self, area_code: str, on: date) -> frozenset[str]:
        """Every commune code that stands for land of an area, as the area was on a date.

        `area_code` is "VN", a province or a commune. Records keep the commune code of their own
        time, so the answer holds the codes of the other boundary set as well: of old communes
        whose main successor lies in the area, and of new ones made mainly from communes of it. A
        code that the date itself gives to another area is left out. Unknown areas hold nothing.
        """
        current = boundary_set(on)
        key = (area_code, current)
        if key not in self._reach:
            self._reach[key] = frozenset(self._codes_in(area_code, current))
        return self._reach[key]

    def _codes_in(self, area: str, current: BoundarySet) -> Iterator[str]:
        for (level, code), units in self._units.items():
            if level != "commune":
                continue
            own = next((unit for unit in units if unit.boundaries == current), None)
            place = (own.province, code) if own else self._placed(units[0], current)
            if area == COUNTRY or (place is not None and area in place):
                yield code

    def placed(self, commune: str, on: date, boundaries: BoundarySet) -> tuple[str, str] | None:
        """Province and commune of a record under a boundary set, whatever set it was made under.

        `commune` is the code on the record, `on` its date. A code that did not exist on that date
        (a record written late) is taken in the set that has it. None where no set has it.
        """
        units = self._units.get(("commune", commune), ())
        if not units:
            return None
        written = boundary_set(on)
        unit = next((unit for unit in units if unit.boundaries == written), units[0])
        return self._placed(unit, boundaries)

    def _placed(self, unit: Unit, boundaries: BoundarySet) -> tuple[str, str] | None:
        if unit.boundaries == boundaries:
            return unit.province, unit.code
        if boundaries == "34":
            code = next((s.new for s in self.successors(unit.code) if s.main), None)
        else:
            code = self._main_old.get(unit.code)
        found = self._units.get(("commune", code), ()) if code else ()
        target = next((u for u in found if u.boundaries == boundaries), None)
        return (target.province, target.code) if target else None

    def _nearest_old(self, unit: Unit) -> str | None:
        """The old commune that stands for a new one: the same code, else the nearest centre."""
        olds = [succession.old for succession in self.predecessors(unit.code)]
        if not olds or unit.code in olds:
            return unit.code if olds else None

        def distance(code: str) -> float:
            old = next((u for u in self._units[("commune", code)] if u.boundaries == "63"), None)
            if old is None or None in (old.latitude, old.longitude, unit.latitude, unit.longitude):
                return float("inf")
            return float(
                (old.latitude - unit.latitude) ** 2  # type: ignore[operator]
                + (old.longitude - unit.longitude) ** 2  # type: ignore[operator]
            )

        return min(olds, key=lambda code: (distance(code), code))

    def placements(self) -> Iterator[tuple[str, str, str, str, str]]:
        """Rows (code, set it was written under, set asked for, province, commune).

        The table by which the warehouse shows any period under any boundary set.
        """
        for (level, code), units in self._units.items():
            if level != "commune":
                continue
            for written in ("63", "34"):
                unit = next((u for u in units if u.boundaries == written), units[0])
                for asked in ("63", "34"):
                    place = self._placed(unit, asked)
                    if place is not None:
                        yield (code, written, asked, *place)


@lru_cache(maxsize=1)
def _packaged() -> Places:
    return Places(*read_units())
