"""A citizen chooses a commune and finds what is near and open."""

from __future__ import annotations

import pytest

from lanh.core.database import SyncDatabase
from lanh.core.store import Forbidden
from lanh.nation.place import Places
from lanh.systems.facilities import map as facility_map
from lanh.systems.facilities.nearest import nearest, screen
from lanh.systems.facilities.tests.scene import (
    BA_DINH,
    NOW,
    NURSERY,
    SAI_GON,
    facility,
    fill,
    stranger,
    visitor,
)

_DAY = [{"daysOfWeek": ["fri"], "openingTime": "07:00:00", "closingTime": "16:30:00"}]
_NIGHT = [{"daysOfWeek": ["fri"], "openingTime": "22:00:00", "closingTime": "23:00:00"}]


@pytest.fixture
def registry(database: SyncDatabase, monkeypatch: pytest.MonkeyPatch) -> SyncDatabase:
    # Indexing waits for other processes to hear of the parameter; there are none here.
    monkeypatch.setattr("lanh.core.store.reindexing.KNOWN_FOR", 0.0)
    monkeypatch.setattr("lanh.core.store.reindexing._SLACK", 0.0)
    fill(
        database,
        facility("99001", BA_DINH, "child", away=0.03, hours=_DAY),
        facility("99002", BA_DINH, "surgery", hours=_NIGHT),
        facility("99003", BA_DINH, "child", away=0.4),
        facility("99004", SAI_GON, "child"),
    )
    return database


def _spot() -> tuple[float, float]:
    unit = Places.packaged().commune(BA_DINH, NOW.date())
    assert unit is not None and unit.latitude is not None and unit.longitude is not None
    return unit.latitude, unit.longitude


def test_the_nearest_come_first_with_their_distance(registry: SyncDatabase) -> None:
    found = registry.read(nearest(visitor(), _spot(), ""))
    assert [near.place["id"] for near in found] == ["place-99002", "place-99001", "place-99003"]
    assert [round(near.distance, 1) for near in found] == [0.0, 3.3, 44.5]
    assert [near.open for near in found] == [False, True, None]


def test_a_parent_finds_where_a_child_is_seen_now(registry: SyncDatabase) -> None:
    asked = {"where": "ba dinh, ha noi", "service": NURSERY, "open": "1"}
    page = registry.read(screen(visitor(), asked))
    assert "Bệnh viện Mẫu 99001" in page.body and "3,3\u00a0km" in page.body
    assert "99002" not in page.body and "99003" not in page.body
    assert "Đang mở cửa" in page.body
    english = registry.read(screen(visitor(language="en"), asked))
    assert "Open now" in english.body and "3.3\u00a0km" in english.body


def test_names_that_several_places_have_are_asked_back(registry: SyncDatabase) -> None:
    page = registry.read(screen(visitor(), {"where": "tan hoa"}))
    assert page.body.count("?commune=") > 1
    page = registry.read(screen(visitor(), {"where": "khong co noi nao"}))
    assert "khong co noi nao" in page.body and "?commune=" not in page.body
    page = registry.read(screen(visitor(), {"where": "<script>"}))
    assert "<script>" not in page.body


def test_who_may_read_nothing_finds_nothing(registry: SyncDatabase) -> None:
    with pytest.raises(Forbidden):
        registry.read(nearest(visitor(stranger()), _spot(), ""))


def test_the_map_counts_by_province_and_shows_one(registry: SyncDatabase) -> None:
    facility_map.forget()
    somebody = visitor()
    counts = {
        code: registry.read(
            facility_map.count(somebody.store, somebody.access, code, "", NOW.date())
        )
        for code in ("01", "79", "46")
    }
    assert counts == {"01": 3, "79": 1, "46": 0}
    country = registry.read(facility_map.screen(visitor(), {}))
    assert "?province=01" in country.body
    province = registry.read(facility_map.screen(visitor(), {"province": "01"}))
    assert "Bệnh viện Mẫu 99003" in province.body and "99004" not in province.body
