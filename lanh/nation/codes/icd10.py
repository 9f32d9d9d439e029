"""Reading a whole ICD-10 in Vietnamese: the layout of the annex of Decision 4469/QD-BYT (2020).

The layout, as CSV (plain or gzip, UTF-8) or the first sheet of an XLSX workbook saved as CSV, has a
header row and at least the columns `code`, `title_en`, `title_vi`; `type_code` (three-character
category), `group_code` and `chapter` are kept where present. A code may end with † (cause) or
\\* (manifestation): the mark becomes a property and leaves the code. A code that stands twice with
the same titles counts once; with other titles the first row wins and the second is reported.
"""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO

from lanh.core.terminology import CodeSystem, CodeSystemError, Concept, Value
from lanh.core.text import Catalogue, Words, nfc
from lanh.nation import naming

_MESSAGES = Catalogue.load(Path(__file__).with_name("messages.yaml"))
_CODE = re.compile(r"^[A-Z]\d{2}(\.\d{1,2})?$")
_MARKS = {"†": "dagger", "*": "asterisk"}
_NEEDED = ("code", "title_en", "title_vi")
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Import:
    """The code system that was read, and the rows that were left out: (line, code, reason)."""

    code_system: CodeSystem
    left_out: tuple[tuple[int, str, str], ...]


def import_icd10(
    path: Path, *, version: str = "4469-2020", valid_from: date | None = None
) -> Import:
    """Read the file at `path`; load the result with `terminology.load(imported.code_system, day)`.

    Raises:
        CodeSystemError: where the file is not of this layout or holds no code.
    """
    found: dict[str, Concept] = {}
    left_out: list[tuple[int, str, str]] = []
    with _open(path) as lines:
        rows = csv.DictReader(lines)
        missing = [name for name in _NEEDED if name not in (rows.fieldnames or ())]
        if missing:
            problem = _MESSAGES.message("icd10-columns", file=path.name, columns=", ".join(missing))
            raise CodeSystemError(problem)
        for line, row in enumerate(rows, start=2):
            concept = _concept(row)
            if concept is None:
                left_out.append((line, row["code"], "not-a-code"))
            elif concept.code not in found:
                found[concept.code] = concept
            elif found[concept.code].display != concept.display:
                left_out.append((line, concept.code, "twice"))
    if not found:
        raise CodeSystemError(_MESSAGES.message("icd10-empty", file=path.name))
    code_system = CodeSystem(
        url=naming.ICD10,
        name="ICD10",
        version=version,
        title=_MESSAGES["icd10-title"],
        valid_from=valid_from or date(2020, 10, 28),
        content="complete",
        concepts=tuple(found.values()),
        source=_MESSAGES["icd10-source"].vi,
        value_set="urn:lanh:values:icd10",
        parent_property="category",
        kinds={"chapter": "string", "category": "code", "group": "code", "mark": "code"},
    )
    return Import(code_system, tuple(left_out))


def _open(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _concept(row: dict[str, str]) -> Concept | None:
    text = row["code"].strip()
    marks = [_MARKS[sign] for sign in text if sign in _MARKS]
    code = text.rstrip("†*")
    vietnamese, english = _clean(row["title_vi"]), _clean(row["title_en"])
    if not _CODE.match(code) or not (vietnamese or english):
        return None
    properties: dict[str, Value] = {}
    for column, name in (
        ("chapter", "chapter"),
        ("type_code", "category"),
        ("group_code", "group"),
    ):
        if value := (row.get(column) or "").strip().rstrip("†*"):
            properties[name] = value
    if marks:
        properties["mark"] = marks[0]
    # One language is better than none: the other title stands in where the annex leaves a gap.
    return Concept(code, Words(vietnamese or english, english or vietnamese), properties=properties)


def _clean(title: str | None) -> str:
    return nfc(_SPACES.sub(" ", title or "").strip())


def unreadable(imported: Import) -> Iterator[str]:
    """The rows left out, one line of text each, for the person who ran the import."""
    for line, code, reason in imported.left_out:
        yield f"{line}: {code!r} ({reason})"
