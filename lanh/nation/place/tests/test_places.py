"""Places against the outside lists, and what the reform of July 2025 does to lookups."""

from __future__ import annotations

import csv
import gzip
import time
from datetime import date
from pathlib import Path

import pytest

from lanh.core.database import SyncDatabase
from lanh.nation.place import Places, load_places, read_places

BEFORE, AFTER = date(2025, 6, 30), date(2025, 7, 1)


@pytest.fixture(scope="module")
def places() -> Places:
    return Places.packaged()


def _rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_both_sets_have_their_official_counts(places: Places) -> None:
    assert len(places.provinces(BEFORE)) == 63
    assert len(places.provinces(AFTER)) == 34
    assert len(places.communes(None, AFTER)) == 3_321
    assert len(places.communes(None, BEFORE)) == 10_040
    assert sum(len(places.communes(p.code, AFTER)) for p in places.provinces(AFTER)) == 3_321
    assert sum(len(places.communes(p.code, BEFORE)) for p in places.provinces(BEFORE)) == 10_040


def test_units_and_mapping_agree_with_the_outside_lists(places: Places, test_data: Path) -> None:
    folder = test_data / "vn-admin"
    new = {
        (r["wardCode"], r["ward"], r["provinceCode"]) for r in _rows(folder / "wards_2025.csv.gz")
    }
    assert {(u.code, u.name, u.province) for u in places.communes(None, AFTER)} == new
    crosswalk = _rows(folder / "crosswalk_legacy_to_2025.csv.gz")
    wanted = {(r["wardCode"] or r["districtCode"], r["newWardCode"]) for r in crosswalk}
    mine = {
        (s.old, s.new) for u in places.communes(None, BEFORE) for s in places.successors(u.code)
    }
    assert mine == wanted
    assert len(mine) == 10_602
    with (folder / "provinces_63_to_34.csv").open(encoding="utf-8") as file:
        provinces = {(r["provinceCode"], r["newProvinceCode"]) for r in csv.DictReader(file)}
    assert provinces == {
        (s.old, s.new)
        for unit in places.provinces(BEFORE)
        for s in places.successors(unit.code, "province")
    }


def test_a_code_means_a_unit_only_with_a_date(places: Places) -> None:
    old, new = places.commune("00004", BEFORE), places.commune("00004", AFTER)
    assert old is not None and new is not None
    assert (old.name, new.name) == ("Phường Trúc Bạch", "Phường Ba Đình")
    assert old.valid_on(BEFORE) and not old.valid_on(AFTER)
    assert new.valid_on(AFTER) and not new.valid_on(BEFORE)
    assert places.province("02", AFTER) is None
    province = places.province_of("00001", BEFORE)
    assert province is not None and province.name == "Thành phố Hà Nội"
    assert places.province_of("00001", AFTER) is None


def test_every_old_commune_has_one_main_successor_and_every_new_one_a_predecessor(
    places: Places,
) -> None:
    for unit in places.communes(None, BEFORE):
        assert sum(s.main for s in places.successors(unit.code)) == 1
    for unit in places.communes(None, AFTER):
        assert places.predecessors(unit.code)


def test_a_grant_for_a_province_of_today_reaches_records_made_under_old_codes(
    places: Places,
) -> None:
    reach = places.communes_of("08", AFTER)  # Tuyên Quang, joined by Hà Giang (02)
    assert {u.code for u in places.communes("08", AFTER)} <= reach
    assert {u.code for u in places.communes("02", BEFORE)} <= reach
    assert places.communes_of("02", AFTER) == frozenset()
    assert "00004" not in reach


def test_provinces_share_out_every_code_without_overlap(places: Places) -> None:
    for on in (BEFORE, AFTER):
        seen: list[str] = []
        for province in places.provinces(on):
            seen += places.communes_of(province.code, on)
        assert len(seen) == len(set(seen))
        assert set(seen) == places.communes_of("VN", on)


def test_a_commune_reaches_itself_and_what_it_was_made_from(places: Places) -> None:
    reach = places.communes_of("00004", AFTER)
    assert "00004" in reach
    olds = {s.old for s in places.predecessors("00004")}
    # A code that is another commune's today is that commune's, whatever it once was.
    assert reach <= olds | {"00004"}
    assert all(code == "00004" or places.commune(code, AFTER) is None for code in reach)


def test_placing_a_record_under_either_set(places: Places) -> None:
    assert places.placed("00001", BEFORE, "63") == ("01", "00001")
    assert places.placed("00001", BEFORE, "34") == ("01", "00097")
    # A record of today shown under the 63: in the old commune that carries the same code.
    assert places.placed("00004", AFTER, "63") == ("01", "00004")
    ha_giang = places.communes("02", BEFORE)[0].code
    placed = places.placed(ha_giang, BEFORE, "34")
    assert placed is not None and placed[0] == "08"
    assert places.placed("99999", AFTER, "34") is None


def test_placements_place_every_code_once_in_each_set(places: Places) -> None:
    rows = list(places.placements())
    keys = {(code, written, asked) for code, written, asked, *_ in rows}
    assert len(keys) == len(rows)
    assert len(rows) == len(places.communes_of("VN", AFTER)) * 4


@pytest.mark.parametrize("text", ["ba dinh", "Ba Đình", "BA ĐÌNH", "phuong ba din"])
def test_search_finds_with_and_without_diacritics(places: Places, text: str) -> None:
    assert "00004" in {u.code for u in places.search(text, AFTER)}


def test_search_puts_the_province_of_that_name_first(places: Places) -> None:
    assert places.search("tuyen quang", AFTER)[0].level == "province"
    assert places.search("", AFTER) == []
    assert all(u.level == "commune" for u in places.search("tuyen quang", AFTER, level="commune"))


def test_lists_are_in_vietnamese_order(places: Places) -> None:
    names = [u.short_name for u in places.provinces(AFTER)]
    assert names.index("Cao Bằng") < names.index("Cần Thơ") < names.index("Đà Nẵng")


def test_loading_into_the_database_is_quick_and_happens_once(database: SyncDatabase) -> None:
    start = time.monotonic()
    written = database.transact(load_places())
    assert time.monotonic() - start < 5
    assert written == 63 + 34 + 10_040 + 3_321 + len(
        [d for p in Places.packaged().provinces(BEFORE)
         for d in Places.packaged().districts(p.code, BEFORE)]
    )  # fmt: skip
    assert database.transact(load_places()) == 0
    stored = database.read(read_places())
    assert set(stored.placements()) == set(Places.packaged().placements())
    assert stored.communes_of("08", AFTER) == Places.packaged().communes_of("08", AFTER)
