"""Facilities of every level in all 34 provinces, with their staff and codes that cannot be real.

A facility code is 5 signs, the first two an insurance province, of which there is neither 99 nor
00. The codes here are 99001 to 99999, then 00001 to 00999, then 99 with letters. They depend on
nothing but the place, so that a larger demonstration keeps the facilities of a smaller one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from random import Random

from lanh.nation.place import Unit
from lanh.site.demonstration.model import Duty, Facility, Kind, Level, Place, Speaks, Staff
from lanh.site.demonstration.naming import staff_name
from lanh.site.demonstration.randomness import chosen, stream
from lanh.site.demonstration.sources import Sex, communes, province_units, provinces

_SIGNS = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_PEOPLE_PER_STATION = 25  # at first; every commune has its station from 84,000 people on
# Where the five central hospitals stand: Ha Noi twice, Hue, Ho Chi Minh City, Can Tho.
_CENTRAL = ("01", "79", "46", "01", "92")
_CLINICS = ("79", "01", "48", "31", "92", "75", "38", "79", "01", "24")
_PHARMACIES = ("01", "79", "48", "92")

_TEAMS: dict[Kind, tuple[tuple[Duty, str], ...]] = {
    "hospital": (("doctor", "K01"), ("doctor", "K03"), ("doctor", "K19"), ("doctor", "K27"),
                 ("nurse", "K03"), ("technician", "K41")),
    "station": (("doctor", "K01"), ("nurse", "K01"), ("midwife", "K27")),
    "clinic": (("doctor", "K01"), ("nurse", "K01")),
    "pharmacy": (("pharmacist", "K47"),),
    "preventive-centre": (("doctor", "K50"), ("nurse", "K50")),
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Every facility, found by what the generator needs."""

    facilities: tuple[Facility, ...]

    def of(self, kind: Kind, level: Level | None = None, province: str | None = None
           ) -> list[Facility]:  # fmt: skip
        """Facilities of a kind, in one level or province where asked."""
        return [
            f
            for f in self.facilities
            if f.kind == kind
            and (level is None or f.level == level)
            and (province is None or f.place.province == province)
        ]

    def by_code(self, code: str) -> Facility:
        """The facility of a code. Raises KeyError."""
        return _by_code(self)[code]


@cache
def _by_code(network: Network) -> dict[str, Facility]:
    return {facility.code: facility for facility in network.facilities}


def build(people: int) -> Network:
    """The facilities for so many people: about 200 for 2,000, one station a commune for 84,000."""
    drafts = [*_central(), *_of_provinces(), *_private()]
    count = max(2 * len(provinces()), people // _PEOPLE_PER_STATION)
    for unit in _station_communes()[:count]:
        vi, en = f"Trạm Y tế {unit.name} (mẫu)", f"{unit.short_name} Health Station (sample)"
        drafts.append(_draft(vi, en, "station", "commune", place_of(unit), "fhir"))
    found: list[Facility] = []
    for number, (draft, code) in enumerate(zip(drafts, _codes(), strict=False)):
        capitals = draft.speaks == "hl7v2" and number % 4 == 0
        found.append(_staffed(replace(draft, code=code, capitals=capitals), number))
    return Network(tuple(found))


def _central() -> Iterator[Facility]:
    for number, code in enumerate(_CENTRAL, 1):
        vi, en = f"Bệnh viện Trung ương Mẫu {number}", f"Sample Central Hospital {number}"
        yield _draft(vi, en, "hospital", "central", _centre(code), "hl7v2")


def _of_provinces() -> Iterator[Facility]:
    for code in provinces():
        unit = province_units()[code]
        short, rank = unit.short_name, unit.kind.lower()
        centre, second = _centre(code), _centre(code, second=True)
        vi, en = f"Bệnh viện Đa khoa {rank} {short} (mẫu)", f"{short} General Hospital (sample)"
        yield _draft(vi, en, "hospital", "provincial", centre, "hl7v2")
        vi = f"Trung tâm Kiểm soát bệnh tật {short} (mẫu)"
        en = f"{short} Centre for Disease Control (sample)"
        yield _draft(vi, en, "preventive-centre", "provincial", centre, "fhir")
        vi = f"Bệnh viện Đa khoa khu vực {short} (mẫu)"
        en = f"{short} Regional General Hospital (sample)"
        yield _draft(vi, en, "hospital", "regional", second, "claims")


def _private() -> Iterator[Facility]:
    for number, code in enumerate(_CLINICS, 1):
        vi, en = f"Phòng khám Đa khoa Mẫu {number}", f"Sample Polyclinic {number}"
        speaks: Speaks = "claims" if number % 2 else "fhir"
        yield _draft(vi, en, "clinic", "private", _centre(code), speaks)
    for number, code in enumerate(_PHARMACIES, 1):
        vi, en = f"Nhà thuốc Mẫu {number}", f"Sample Pharmacy {number}"
        yield _draft(vi, en, "pharmacy", "private", _centre(code), "fhir")


def _codes() -> Iterator[str]:
    for head in ("99", "00"):
        yield from (f"{head}{number:03d}" for number in range(1, 1000))
    for first in _SIGNS[10:]:
        for second in _SIGNS:
            for third in _SIGNS:
                yield f"99{first}{second}{third}"


def _draft(vi: str, en: str, kind: Kind, level: Level, place: Place, speaks: Speaks) -> Facility:
    """A facility without code and staff yet."""
    return Facility("", vi, en, kind, level, place, speaks, False, ())


def place_of(unit: Unit) -> Place:
    """A commune as an address needs it."""
    province = province_units()[unit.province]
    return Place(
        unit.code, unit.name, unit.province, province.name, unit.latitude or 0.0,
        unit.longitude or 0.0,
    )  # fmt: skip


def _centre(province: str, *, second: bool = False) -> Place:
    centre = province_units()[province]

    def distance(unit: Unit) -> float:
        return (unit.latitude - centre.latitude) ** 2 + (unit.longitude - centre.longitude) ** 2  # type: ignore[operator]

    near = sorted(communes()[province], key=distance)
    towns = [unit for unit in near if unit.kind == "Phường"] or near
    return place_of(towns[min(1, len(towns) - 1)] if second else towns[0])


@cache
def _station_communes() -> list[Unit]:
    """Every commune in the order in which it gets its station: two a province, then by people."""
    order: list[tuple[float, str, Unit]] = []
    for code, units in communes().items():
        random = stream(0, "stations", code)
        for place, unit in enumerate(chosen(units, len(units), random)):
            turn = (place - 1 + random.random()) / provinces()[code].people if place > 1 else -1.0
            order.append((turn, unit.code, unit))
    return [unit for _, _, unit in sorted(order, key=lambda item: item[:2])]


def _staffed(facility: Facility, number: int) -> Facility:
    random = stream(0, "staff", facility.code)
    southern = provinces()[facility.place.province].southern
    team = tuple(
        _member(facility, number * 10 + place, duty, department, southern, random)
        for place, (duty, department) in enumerate(_TEAMS[facility.kind])
    )
    return replace(facility, staff=team)


def _member(
    facility: Facility, number: int, duty: Duty, department: str, southern: bool, random: Random
) -> Staff:
    women = {"doctor": 0.42, "midwife": 1.0, "nurse": 0.85, "pharmacist": 0.7, "technician": 0.5}
    female = random.random() < women[duty]
    sex: Sex = "female" if female else "male"
    return Staff(
        facility=facility.code,
        number=number,
        name=staff_name(sex, random.randint(1964, 2000), southern, random),
        sex=sex,
        duty=duty,
        department=department,
        licence=f"{number:06d}/TEST-CCHN",
        insurance_number=f"00{number:08d}",
    )
