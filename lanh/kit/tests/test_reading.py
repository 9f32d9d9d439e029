"""What records say in columns and on pages. Pure."""

from __future__ import annotations

import pytest

from lanh.core.text import Catalogue, Words
from lanh.kit import reading

_WORDS = Catalogue(
    {"x.state.active": Words("Mở", "Open"), "x.column.name": Words("Tên", "Name")}, name="x"
)
_PLACE = {
    "name": "An",
    "status": "active",
    "identifier": [{"value": "1", "period": {"start": "2026-01-02"}}, {"value": "2"}],
    "type": [{"coding": [{"system": "urn:s", "code": "a"}, {"system": "urn:other", "code": "b"}]}],
    "partOf": {"reference": "Location/2"},
    "period": {"start": "2026-03-04T07:00:00+07:00"},
}
_ROW = (_PLACE, {"Location/2": {"name": "Whole"}})
_A = [("a", Words("Loại A", "Kind A"))]


@pytest.mark.parametrize(
    ("value", "vi", "en"),
    [
        (reading.at("name"), "An", "An"),
        (reading.at("identifier.value"), "1", "1"),
        (reading.at("address.text"), None, None),
        (reading.at("name.text"), None, None),
        (reading.day_at("period.start"), "04/03/2026", "04/03/2026"),
        (reading.day_at("period.end"), None, None),
        (reading.worded(_WORDS, "x.state", "status"), "Mở", "Open"),
        (reading.worded(_WORDS, "x.state", "name"), None, None),
        (reading.coded("urn:s", _A), "Loại A", "Kind A"),
        (reading.coded("urn:none", _A), None, None),
        (reading.included("partOf", reading.at("name")), "Whole", "Whole"),
        (reading.included("managed", reading.at("name")), None, None),
        (reading.either(reading.at("alias"), reading.at("name")), "An", "An"),
        (reading.lasting("identifier.period"), "từ 02/01/2026 đến nay",
         "from 02/01/2026 until now"),
        (reading.lasting("none"), "từ trước đây đến nay", "from earlier until now"),
    ],
)  # fmt: skip
def test_what_a_record_says(value: reading.Value, vi: str | None, en: str | None) -> None:
    assert (value(_ROW, "vi"), value(_ROW, "en")) == (vi, en)


def test_columns_tell_the_lines_of_a_page() -> None:
    column = reading.columns(_WORDS, "x.column")
    lines = reading.told((column("name", reading.at("name"), main=True),))
    assert lines(_PLACE, {}, "en") == [("Name", "An")]
    assert lines({}, {}, "en") == []
