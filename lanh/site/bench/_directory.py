"""Made-up facilities with their wards and beds, for benchmarks: 84 records a facility.

One facility in nine is a hospital with 18 wards and 640 beds, the others have two wards and eight
beds. Codes are of the provinces 97 to 99, which do not exist.
"""

from __future__ import annotations

import multiprocessing
import random
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any, NamedTuple

from lanh.core import access
from lanh.core.database import connected
from lanh.core.store import Context, Store, Write
from lanh.nation import naming
from lanh.site.collection import collect_seldom

Resource = dict[str, Any]

PER_FACILITY = 84
PROCESSES = 2
_BATCH = 1_000
_TYPES = "http://terminology.hl7.org/CodeSystem/location-physical-type"
STATUSES = "http://terminology.hl7.org/CodeSystem/v2-0116"
_HOSPITAL, _WARDS, _BEDS = 9, (18, 2), (640, 8)
_PLACES = (
    "Hòa Bình", "Tân Phú", "Vĩnh Thịnh", "Đông Hưng", "Cẩm Thủy", "Yên Sơn", "Bình Minh",
    "Phước Long", "An Lạc", "Thạch Hà", "Quảng Trạch", "Đắk Hà", "Mỹ Lộc", "Châu Thành",
    "Ba Vì", "Sông Mã",
)  # fmt: skip
_KINDS = ("Bệnh viện Đa khoa", "Trạm Y tế", "Phòng khám Đa khoa", "Trung tâm Y tế", "Nhà hộ sinh")
_WARD_NAMES = (
    "Khoa Nội tổng hợp", "Khoa Ngoại tổng hợp", "Khoa Sản", "Khoa Nhi", "Khoa Hồi sức tích cực",
    "Khoa Cấp cứu", "Khoa Truyền nhiễm", "Khoa Tim mạch", "Khoa Thần kinh", "Khoa Ung bướu",
    "Khoa Mắt", "Khoa Tai Mũi Họng", "Khoa Răng Hàm Mặt", "Khoa Da liễu", "Khoa Y học cổ truyền",
    "Khoa Phục hồi chức năng", "Khoa Chấn thương chỉnh hình", "Khoa Thận nhân tạo",
)  # fmt: skip
BED_KINDS = ("adult", "child", "newborn", "intensive", "isolation", "delivery")
_PROVINCES = ("97", "98", "99")


class Facility(NamedTuple):
    """A facility's code, its commune's code, and all its records."""

    code: str
    commune: str
    records: list[Resource]


def facilities(count: int, start: int = 0) -> Iterator[Facility]:
    """Facilities from number `start` on; equal but for their ids for equal arguments."""
    store = Store()
    for number in range(start, start + count):
        yield _Maker(store, number).facility()


def load(url: str, records: int) -> int:
    """Write facilities of that many records in all, two processes at once; how many it were."""
    count = max(records // PER_FACILITY // PROCESSES, 1)
    starts = [at * count for at in range(PROCESSES)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=context) as pool:
        return sum(pool.map(_load, [url] * PROCESSES, [count] * PROCESSES, starts))


def _load(url: str, count: int, start: int) -> int:
    collect_seldom()
    store, done = Store(), 0
    waiting: list[tuple[Write, Context]] = []
    with connected(url) as database:
        for facility in facilities(count, start):
            context = Context(
                access.system_access("bench"),
                custodian=facility.code,
                commune=facility.commune,
            )
            for each in facility.records:
                write = Write("create", each["resourceType"], each["id"], each, fresh=True)
                waiting.append((write, context))
            if len(waiting) >= _BATCH:
                done += len(database.transact(store.write_each(waiting)))
                waiting = []
        if waiting:
            done += len(database.transact(store.write_each(waiting)))
    return done


def code_of(number: int) -> str:
    """The code of a facility, five signs."""
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    rest = number // len(_PROVINCES)
    tail = digits[rest // 1296 % 36] + digits[rest // 36 % 36] + digits[rest % 36]
    return _PROVINCES[number % len(_PROVINCES)] + tail


class _Maker:
    def __init__(self, store: Store, number: int) -> None:
        self.chance = random.Random(f"directory:{number}")  # noqa: S311 - not secret
        self.store, self.number = store, number
        self.code = code_of(number)
        self.commune = f"{self.code[:2]}{number % 300:03d}"
        self.hospital = number % _HOSPITAL == 0
        self.id = store.new_id("Organization", None)

    def facility(self) -> Facility:
        site = self._location(self._name(), "si", "site", naming.FACILITY_CODE, self.code)
        records = [self._organization(), {**site, "address": self._address()}]
        wards = []
        for at in range(_WARDS[not self.hospital]):
            name = _WARD_NAMES[at % len(_WARD_NAMES)]
            ward = self._location(name, "wa", "ward", naming.ward_code(self.code), f"K{at:02}")
            ward["partOf"] = {"reference": f"Location/{site['id']}"}
            wards.append(ward)
        beds = [self._bed(at, wards[at % len(wards)]) for at in range(_BEDS[not self.hospital])]
        return Facility(self.code, self.commune, [*records, *wards, *beds])

    def _name(self) -> str:
        kind = _KINDS[0] if self.hospital else _KINDS[1 + self.number % (len(_KINDS) - 1)]
        return f"{kind} {_PLACES[self.number % len(_PLACES)]} {self.number:05}"

    def _address(self) -> Resource:
        commune = {"system": naming.COMMUNE, "code": self.commune}
        return {
            "extension": [{"url": naming.COMMUNE_EXTENSION, "valueCoding": commune}],
            "text": f"Thôn {self.number % 40}, xã {self.commune}",
            "state": f"Tỉnh {self.code[:2]}",
            "country": "VN",
        }

    def _organization(self) -> Resource:
        level = self.chance.choice(("1", "2", "3"))
        return {
            "resourceType": "Organization",
            "id": self.id,
            "active": self.chance.random() < 0.98,
            "identifier": [{"system": naming.FACILITY_CODE, "value": self.code}],
            "type": [{"coding": [{"system": naming.FACILITY_LEVEL, "code": level}]}],
            "name": self._name(),
            "address": [self._address()],
        }

    def _location(self, name: str, physical: str, kind: str, system: str, value: str) -> Resource:
        return {
            "resourceType": "Location",
            "id": self.store.new_id("Location", None),
            "identifier": [{"system": system, "value": value}],
            "status": "active" if self.chance.random() < 0.97 else "suspended",
            "name": name,
            "mode": "instance",
            "type": [{"coding": [{"system": naming.BED_TYPE, "code": kind}]}],
            "physicalType": {"coding": [{"system": _TYPES, "code": physical}]},
            "managingOrganization": {"reference": f"Organization/{self.id}"},
        }

    def _bed(self, at: int, ward: Resource) -> Resource:
        kind = BED_KINDS[min(int(self.chance.expovariate(1.2)), len(BED_KINDS) - 1)]
        system, value = naming.bed_number(self.code), f"G{at:03}"
        name = f"Giường {at:03} {ward['name']}"
        bed = self._location(name, "bd", kind, system, value)
        status = self.chance.choices(("O", "U", "K", "C"), (70, 20, 5, 5))[0]
        bed["operationalStatus"] = {"system": STATUSES, "code": status}
        bed["partOf"] = {"reference": f"Location/{ward['id']}"}
        return bed
