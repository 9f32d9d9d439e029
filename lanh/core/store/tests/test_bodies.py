"""What rows keep of a body gives the body back to the byte; so does what the feed keeps."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from lanh.core import fhir
from lanh.core.store import compression
from lanh.core.store.bodies import instant, packed, unpacked
from lanh.core.store.feeding import pack, unpack

_NOW = datetime(2026, 11, 22, 8, 30, 1, 7000, UTC)
_ID = st.from_regex(r"[A-Za-z0-9\-.]{1,64}", fullmatch=True)


def _body(name: str, text: str, patient: str, updated: datetime = _NOW) -> bytes:
    return fhir.dumps(
        {
            "resourceType": "Observation",
            "id": name,
            "meta": {"versionId": "3", "lastUpdated": instant(updated), "source": "urn:x"},
            "subject": {"reference": f"Patient/{patient}", "display": text},
        }
    )


@given(_ID, st.text(), _ID, st.one_of(st.none(), _ID))
def test_a_body_comes_back_to_the_byte(
    name: str, text: str, patient: str, column: str | None
) -> None:
    body = _body(name, text, patient)
    for about in (patient, column):
        frame = packed(body, "Observation", name, 3, _NOW, about)
        assert unpacked(frame, compression.CURRENT, "Observation", name, 3, _NOW, about) == body


def test_what_the_columns_tell_is_not_kept_again() -> None:
    name, patient = "0001k80lpka820a95m08ei8b", "9b2f9e0a-2d0c-4a55-a3f1-0f2d5c8e7a11"
    rest = compression.expand(
        packed(_body(name, "", patient), "Observation", name, 3, _NOW, patient),
        compression.CURRENT,
    )
    assert name.encode() not in rest and patient.encode() not in rest


def test_a_body_that_does_not_begin_as_its_row_says_is_kept_whole() -> None:
    body = _body("a", "", "p").replace(b'"3"', b'"4"')
    frame = packed(body, "Observation", "a", 3, _NOW, "p")
    assert compression.expand(frame, compression.CURRENT) == body
    assert unpacked(frame, compression.CURRENT, "Observation", "a", 3, _NOW, "p") == body
    assert unpacked(None, 0, "Observation", "a", 3, _NOW, "p") == b""


@given(st.lists(st.builds("c1:{}".format, _ID), min_size=1, max_size=60))
def test_entries_of_the_feed_come_back(entries: list[str]) -> None:
    assert unpack(pack(entries)) == entries
