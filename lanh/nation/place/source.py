"""Reads the units and the mapping out of the data files of the package vietnamadminunits (MIT).

Only its data is read (a SQLite file and a JSON file); its own conversion code is not called.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from lanh.core.text import nfc
from lanh.nation.place.unit import SET_34_FROM, SET_63_FROM, Succession, Unit

_OLD = (
    "SELECT province, district, ward, provinceShort, districtShort, wardShort, districtType,"
    " wardType, provinceCode, districtCode, wardCode, provinceLat, provinceLon, districtLat,"
    " districtLon, wardLat, wardLon, provinceKey, districtKey, coalesce(wardKey, '')"
    " FROM admin_units_legacy ORDER BY provinceCode, districtCode, wardCode"
)
_NEW = (
    "SELECT province, ward, provinceShort, wardShort, wardType, provinceCode, wardCode,"
    " provinceLat, provinceLon, wardLat, wardLon, wardAreaKm2, provinceKey, wardKey"
    " FROM admin_units ORDER BY provinceCode, wardCode"
)


def _folder() -> Path:
    spec = importlib.util.find_spec("vietnamadminunits")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("the package vietnamadminunits is missing")
    return Path(spec.origin).parent / "data"


def edition() -> str:
    """What the units were read from; a database loaded from the same edition is not reloaded."""
    return f"vietnamadminunits {importlib.metadata.version('vietnamadminunits')}, loader 1"


def read_units() -> tuple[list[Unit], list[Succession]]:
    """Every unit of both boundary sets, and every succession of provinces and communes."""
    folder = _folder()
    address = f"{(folder / 'dataset.db').as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True)) as connection:
        old = connection.execute(_OLD).fetchall()
        new = connection.execute(_NEW).fetchall()
    units: dict[tuple[str, str, str], Unit] = {}
    old_codes: dict[str, tuple[str, str]] = {}
    new_codes: dict[tuple[str, str], tuple[str, str]] = {}
    for row in old:
        for unit in _old_units(row):
            units.setdefault((unit.level, unit.code, "63"), unit)
        old_codes["_".join(row[17:20])] = (row[8], row[10] or row[9])
    for row in new:
        for unit in _new_units(row):
            units.setdefault((unit.level, unit.code, "34"), unit)
        new_codes[row[12], row[13]] = (row[5], row[6])
    mapping = json.loads((folder / "converter_2025.json").read_text(encoding="utf-8"))
    return list(units.values()), list(_successions(mapping, old_codes, new_codes))


def _kind(name: str, short: str) -> str:
    return nfc(name.removesuffix(short).strip())


def _old_units(row: tuple[Any, ...]) -> Iterator[Unit]:
    dates: dict[str, Any] = {"area": None, "valid_from": SET_63_FROM, "valid_to": SET_34_FROM}
    yield Unit(
        code=row[8], level="province", kind=_kind(row[0], row[3]), name=nfc(row[0]),
        short_name=nfc(row[3]), province=row[8], district=None,
        latitude=row[11], longitude=row[12], **dates,
    )  # fmt: skip
    yield Unit(
        code=row[9], level="district", kind=nfc(row[6]), name=nfc(row[1]),
        short_name=nfc(row[4]), province=row[8], district=row[9],
        latitude=row[13], longitude=row[14], **dates,
    )  # fmt: skip
    islands = row[10] is None
    yield Unit(
        code=row[9] if islands else row[10],
        level="commune",
        kind=nfc(row[6] if islands else row[7]),
        name=nfc(row[1] if islands else row[2]),
        short_name=nfc(row[4] if islands else row[5]),
        province=row[8],
        district=row[9],
        latitude=row[13] if islands else row[15],
        longitude=row[14] if islands else row[16],
        **dates,
    )


def _new_units(row: tuple[Any, ...]) -> Iterator[Unit]:
    yield Unit(
        code=row[5], level="province", kind=_kind(row[0], row[2]), name=nfc(row[0]),
        short_name=nfc(row[2]), province=row[5], district=None, latitude=row[7],
        longitude=row[8], area=None, valid_from=SET_34_FROM, valid_to=None,
    )  # fmt: skip
    yield Unit(
        code=row[6], level="commune", kind=nfc(row[4]), name=nfc(row[1]),
        short_name=nfc(row[3]), province=row[5], district=None, latitude=row[9],
        longitude=row[10], area=row[11], valid_from=SET_34_FROM, valid_to=None,
    )  # fmt: skip


def _successions(
    mapping: dict[str, Any],
    old: dict[str, tuple[str, str]],
    new: dict[tuple[str, str], tuple[str, str]],
) -> Iterator[Succession]:
    provinces: set[tuple[str, str]] = set()
    whole = mapping["DICT_PROVINCE_WARD_NO_DIVIDED"]
    divided = mapping["DICT_PROVINCE_WARD_DIVIDED"]
    rows: list[tuple[str, tuple[str, str], bool]] = []
    for province, communes in whole.items():
        for commune, olds in communes.items():
            rows += [(key, new[province, commune], True) for key in olds]
    for province, olds in divided.items():
        for key, parts in olds.items():
            rows += [
                (key, new[province, part["newWardKey"]], part["isDefaultNewWard"]) for part in parts
            ]
    for key, (province, commune), main in rows:
        old_province, old_commune = old[key]
        provinces.add((old_province, province))
        yield Succession("commune", old_commune, commune, bool(main))
    for before, after in sorted(provinces):
        yield Succession("province", before, after, True)
