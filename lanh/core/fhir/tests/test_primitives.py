"""Primitive types: their lexical form, and dates that exist."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanh.core.fhir.primitives import DATED, TEXTUAL, exists


def _good(kind: str, text: str) -> bool:
    return TEXTUAL[kind](text) and (kind not in DATED or exists(text))


@given(st.integers(1, 9999), st.integers(0, 13), st.integers(0, 32))
def test_a_date_is_good_where_the_calendar_has_it(year: int, month: int, day: int) -> None:
    text = f"{year:04d}-{month:02d}-{day:02d}"
    try:
        date(year, month, day)
        real = True
    except ValueError:
        real = False
    assert _good("date", text) is real
    assert _good("dateTime", text) is real
    assert _good("dateTime", text + "T10:00:00Z") is real
    assert _good("instant", text + "T10:00:00+07:00") is real


@given(st.datetimes())
def test_moments_that_python_writes_are_good_with_a_zone_only(moment: object) -> None:
    text = str(moment).replace(" ", "T")
    assert _good("instant", text + "+07:00")
    assert not _good("instant", text)
    assert not _good("dateTime", text)


CASES = {
    "date": (["2020", "2020-12", "2020-02-29"], ["", "20", "2020-13", "2020-1-1", "2021-02-29",
             "2020-01-01T00:00:00Z", "0000", "2020-01-01 ", "２０２０"]),
    "dateTime": (["2020", "2020-01-01T23:59:60Z", "2020-01-01T00:00:00.5+14:00"],
                 ["2020-01-01T10:00Z", "2020-01-01T24:00:00Z", "2020-01-01T10:00:00",
                  "2020-01-01T10:00:00+15:00", "2020-01T10:00:00Z", "2020-01-01 10:00:00Z"]),
    "instant": (["2020-01-01T10:00:00Z"], ["2020-01-01", "2020-01"]),
    "time": (["10:00:00", "23:59:59.123"], ["10:00", "24:00:00", "10:00:00Z"]),
    "id": (["a", "A-1.b", "x" * 64], ["", "a b", "a_b", "x" * 65, "ấ", "a/b"]),
    "code": (["a", "a b", "final"], ["", " a", "a ", "a  b", "a\t b"]),
    "uri": (["urn:x", "http://a/b?c=đ"], ["", "a b", "a\tb", "a\u00a0b"]),
    "oid": (["urn:oid:1.2.3"], ["1.2.3", "urn:oid:", "urn:oid:3.1", "urn:oid:1.02"]),
    "uuid": (["urn:uuid:c757873d-ec9a-4326-a141-556f43239520"],
             ["c757873d-ec9a-4326-a141-556f43239520",
              "urn:uuid:C757873D-EC9A-4326-A141-556F43239520"]),
    "string": (["x", " x\n", "Nguyễn"], ["", "  ", "\u00a0", "a\x00b", "a\x1f"]),
    "markdown": (["# x\r\n\ty"], ["", "\n"]),
    "base64Binary": (["TWFu", "TWE=", "TW Fu\nTWFu"], ["", "T", "TWF", "T===", "TWE=TWFu", "TW-u"]),
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "text", "good"),
    [(k, t, good) for k, pair in CASES.items() for good, ts in zip((True, False), pair, strict=True)
     for t in ts],
)  # fmt: skip
def test_lexical_forms(kind: str, text: str, good: bool) -> None:
    assert _good(kind, text) is good
