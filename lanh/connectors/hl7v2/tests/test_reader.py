"""The reader against another one (the `hl7` package), on messages made and messages of others."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import hl7 as oracle  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from lanh.connectors.hl7v2 import Unreadable, read, write
from lanh.connectors.hl7v2.tests.sample import header
from lanh.core.text import nfc

# Neither line ends nor control characters, which writing changes, nor escapes, which readers undo
_PLAIN = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp"),
                  exclude_characters="\\|^&~\x85"),
    max_size=12,
)  # fmt: skip


@given(st.lists(st.lists(_PLAIN, max_size=4), min_size=1, max_size=8))
@settings(max_examples=100, deadline=None)
def test_components_stand_where_another_reader_finds_them(fields: list[list[str]]) -> None:
    content = write([header("ADT^A01", "1"), ["PID", *fields]])
    (mine,) = read(content)
    theirs = oracle.parse(content.decode())
    segment = mine.all("PID")[0]
    for place, parts in enumerate(fields, start=1):
        text = str(theirs.segment("PID")[place]) if place < len(theirs.segment("PID")) else ""
        expected = [part.strip() for part in text.split("^")]
        found = [segment[place][number] for number in range(1, len(parts) + 1)]
        expected += [""] * (len(found) - len(expected))
        assert [nfc(each) for each in expected[: len(found)]] == found


def test_messages_of_others_are_read_alike(test_data: Path) -> None:
    for path in sorted((test_data / "hl7v2" / "fhir-converter").glob("*.hl7")):
        text = path.read_text(encoding="utf-8-sig").replace("\r\n", "\r").replace("\n", "\r")
        (mine, *_), theirs = read(path.read_bytes()), oracle.parse(text.strip("\r") + "\r")
        assert [segment.name for segment in mine.segments] == [str(each[0]) for each in theirs]
        for segment, other in zip(mine.segments, theirs, strict=True):
            for place in range(1, len(other)):
                if segment.name == "MSH" and place < 3:
                    continue
                raw = "~".join(value.raw for value in segment.all(place)).strip()
                there = [each for each in str(other[place]).split("~") if each.strip()]
                there = [each for each in there if each.strip() != '""']
                assert raw == "~".join(there).strip(), (path, segment.at(place))


@given(st.binary(max_size=400))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for whole in (content, b"MSH|^~\\&|" + content, b"FHS|^~\\&|\rMSH|^~\\&|" + content):
        try:
            read(whole)
        except Unreadable as error:
            assert error.issue.message.vi


def test_what_is_large_is_read_in_bounded_time() -> None:
    hostile: list[Any] = [
        b"MSH|^~\\&|" + b"\\" * 1_000_000,
        b"MSH|^~\\&|A\r" + b"OBX|1|ST|" + b"~" * 1_000_000,
        b"MSH|^~\\&|A\r" + b"PID|" + b"^" * 1_000_000,
        b"MSH|^~\\&|A\r" + b"NTE|1\r" * 49_000,
        b"\r" * 1_000_000 + b"MSH|^~\\&|A",
    ]
    begun = time.monotonic()
    for content in hostile:
        for message in read(content):
            for segment in message.segments[:50]:
                _ = segment[5][5], segment[3].text, segment.at(3)
    assert time.monotonic() - begun < 20
