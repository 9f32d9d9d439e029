"""A citizen chooses a commune and finds what is near and open; the map counts by place."""

from __future__ import annotations

import pytest

from lanh.core.database import SyncDatabase
from lanh.core.overviews import Links, Overview, OverviewScreen, Table, forget, show
from lanh.core.store import Forbidden
from lanh.kit.harness import counted, text_of
from lanh.systems.facilities.overviews import MAP, NEAREST
from lanh.systems.facilities.tests.scene import (
    BA_DINH,
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


def _page(database: SyncDatabase, overview: Overview, who: object = None, **asked: str
          ) -> OverviewScreen:  # fmt: skip
    plan = show(overview, who or visitor(), asked, lambda _link: True)  # type: ignore[arg-type]
    return database.read(plan)


def _rows(screen: OverviewScreen) -> list[list[str]]:
    return [
        [cell.text for cell in row]
        for shown in screen.blocks
        if isinstance(shown.block, Table)
        for row in shown.block.rows
    ]


def test_the_nearest_come_first_with_their_distance(registry: SyncDatabase) -> None:
    rows = _rows(_page(registry, NEAREST, commune=BA_DINH))
    assert [row[0][-5:] for row in rows] == ["99002", "99001", "99003"]
    assert [row[1] for row in rows] == ["0,0\u00a0km", "3,3\u00a0km", "44,5\u00a0km"]
    assert [row[2] for row in rows] == ["Đang đóng cửa", "Đang mở cửa", "Chưa rõ giờ"]


def test_a_parent_finds_where_a_child_is_seen_now(registry: SyncDatabase) -> None:
    asked = {"where": "ba dinh, ha noi", "service": NURSERY, "open": "1"}
    told = text_of(_page(registry, NEAREST, **asked))
    assert "Bệnh viện Mẫu 99001 Bệnh viện | 3,3\u00a0km | Đang mở cửa T6 07:00-16:30" in told
    assert "99002" not in told and "99003" not in told
    english = text_of(_page(registry, NEAREST, visitor(language="en"), **asked))
    assert "Open now" in english and "3.3\u00a0km" in english


def test_names_that_several_places_have_are_asked_back(registry: SyncDatabase) -> None:
    page = _page(registry, NEAREST, where="tan hoa", open="1")
    meant = next(s.block for s in page.blocks if isinstance(s.block, Links))
    assert len(meant.links) > 1 and meant.links[0].query["open"] == "1"
    chosen = _page(registry, NEAREST, **meant.links[0].query)
    assert chosen.entries[0].value == meant.links[0].words, "the field says which was meant"
    assert "Không tìm thấy" in text_of(_page(registry, NEAREST, where="khong co noi nao"))
    assert _rows(_page(registry, NEAREST, where="hà nội")), "a province is its centre"


def test_who_may_read_nothing_finds_nothing(registry: SyncDatabase) -> None:
    forget()
    with pytest.raises(Forbidden):
        _page(registry, NEAREST, visitor(stranger()), commune=BA_DINH)
    with pytest.raises(Forbidden):
        _page(registry, MAP, visitor(stranger()))


def test_the_map_counts_by_province_and_commune_in_one_statement(registry: SyncDatabase) -> None:
    forget()
    plan = show(MAP, visitor(), {}, lambda link: link.kind == "page")
    country, statements = registry.read(counted(plan))
    assert statements <= 2, "one that counts, one that hears of search parameters"
    counts = {row[0]: row[1] for row in _rows(country)}
    assert counts == {"Thành phố Hà Nội": "3", "Thành phố Hồ Chí Minh": "1"}
    province = _page(registry, MAP, province="01", kind="urn:lanh:codes:facility-kind|hospital")
    assert _rows(province) == [["Phường Ba Đình", "3"]]
    table = next(s.block for s in province.blocks if isinstance(s.block, Table))
    behind = table.rows[0][1].link
    assert behind is not None and behind.key == "facilities"
    assert behind.query["place"] == BA_DINH and behind.query["kind"].endswith("|hospital")
    stations = _page(registry, MAP, kind="urn:lanh:codes:facility-kind|station")
    assert "Không có hồ sơ nào" in text_of(stations)
