"""Rows of a spreadsheet become forms that are sent: judged one by one, good ones taken, bad ones
given back with the reason. The same row is never written twice."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import xlsxwriter

from lanh.core import fhir
from lanh.core.database import Plan, execute, fetch
from lanh.core.forms import Problem
from lanh.core.lists.errors import MESSAGES, ListRefused
from lanh.core.lists.mapping import (
    Matched,
    SheetForm,
    choices_of,
    column_at,
    fields_of,
    match_columns,
)
from lanh.core.lists.sheets import table
from lanh.core.lists.spreadsheets import Line, Table, read_table
from lanh.core.store import StoreError
from lanh.core.text import Language, Message, fold

Fields: TypeAlias = Mapping[str, Sequence[str]]

BATCH = 100
"""Rows of one transaction."""

_CLAIM = """
INSERT INTO lists.imported (sheet, scope, digest, person)
SELECT $1::text, $2::text, digest, $4::text FROM unnest($3::bytea[]) AS d (digest)
ON CONFLICT DO NOTHING RETURNING digest
"""
_KEEP = """
UPDATE lists.imported AS i SET record = d.record
FROM unnest($3::bytea[], $4::text[]) AS d (digest, record)
WHERE i.sheet = $1::text AND i.scope = $2::text AND i.digest = d.digest
"""
_GIVE_UP = """
DELETE FROM lists.imported
WHERE sheet = $1::text AND scope = $2::text AND digest = ANY($3::bytea[])
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """What sending a row came to: the record (`Type/id`), or what is to be mended in it."""

    record: str | None
    problems: Sequence[Problem] = ()


class RowRefused(Exception):
    """A row that cannot be taken for a reason that is no answer's: the message says which."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.en)
        self.message = message


class RowSender(Protocol):
    """Judges and writes one row in the current transaction, as if a page had sent its fields.

    `key` is one of submissions, the same for the same row. What is wrong with answers comes back;
    anything else is raised as RowRefused or StoreError, and nothing of the row is written.
    """

    def __call__(self, fields: Fields, key: str, /) -> Plan[Taken]:
        """Send a row."""
        ...


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with a row: its number, the column's title ("" for the row), the code of the
    fault (IssueType), and what to do."""

    row: int
    column: str
    code: str
    message: Message


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a sheet. `again` are rows that had been taken before, `passed` titles of
    columns that answer nothing; `rest` are the rows that were not taken."""

    heads: tuple[str, ...]
    taken: int = 0
    again: int = 0
    faults: tuple[RowFault, ...] = ()
    rest: tuple[Line, ...] = ()
    records: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()

    def joined(self, other: Imported) -> Imported:
        """Both together."""
        return Imported(
            self.heads,
            self.taken + other.taken,
            self.again + other.again,
            self.faults + other.faults,
            self.rest + other.rest,
            self.records + other.records,
            self.passed,
        )

    def rest_file(self, language: Language) -> bytes:
        """The rows that were not taken as a workbook, the reason in its first column: to be mended
        and sent again."""
        said: dict[int, list[str]] = {}
        for fault in self.faults:
            lead = f"{fault.column}: " if fault.column else ""
            said.setdefault(fault.row, []).append(lead + fault.message.say(language))
        heads = [MESSAGES["reason"].say(language), *self.heads]
        width = len(self.heads)
        rows = [["; ".join(said.get(line.number, ())), *_padded(line.cells, width)]
                for line in self.rest]  # fmt: skip
        return table("xlsx", "1", heads, rows, language)


@dataclass(frozen=True, slots=True)
class Import:
    """A sheet whose columns are known, to be taken batch by batch.

    `scope` is whose rows are the same: a facility's, or a person's.
    """

    sheet: SheetForm
    table: Table
    matched: Matched
    send: RowSender
    person: str
    scope: str
    language: Language

    def batches(self) -> Iterator[Plan[Imported]]:
        """A plan for each batch, each to be run in a transaction of its own."""
        for at in range(0, len(self.table.lines), BATCH):
            yield self.batch(at)

    def batch(self, at: int) -> Plan[Imported]:
        """The plan of the rows from place `at` on, BATCH of them at most."""
        return self._batch(self.table.lines[at : at + BATCH])

    def whole(self) -> Plan[Imported]:
        """All batches in one transaction: for sheets of some hundred rows."""
        done = self.nothing()
        for batch in self.batches():
            done = done.joined((yield from batch))
        return done

    def run(self, run: Callable[[Plan[Imported]], Imported]) -> Imported:
        """All batches, each in a transaction by `run`; what was taken stays where one fails."""
        done = self.nothing()
        for batch in self.batches():
            done = done.joined(run(batch))
        return done

    def nothing(self) -> Imported:
        """Before the first row."""
        return Imported(self.table.heads, passed=self.matched.passed)

    def _batch(self, lines: Sequence[Line]) -> Plan[Imported]:
        """Rows are claimed together, in one order everywhere, and given up where they fail."""
        heads, key = self.table.heads, (self.sheet.key, self.scope)
        done = Imported(heads)
        read = []
        for line in lines:
            fields = fields_of(self.sheet, self.matched, line.cells)
            read.append((line, fields, _digest(*key, fields)))
        digests = sorted({digest for _, _, digest in read})
        rows = yield from fetch(_CLAIM, *key, digests, self.person)
        mine, kept = {bytes(row[0]) for row in rows}, dict[bytes, str]()
        for line, fields, digest in read:
            if len(line.cells) > len(heads):
                fault = RowFault(line.number, "", "structure", MESSAGES.message("row-long"))
                done = done.joined(Imported(heads, faults=(fault,), rest=(line,)))
            elif digest not in mine or digest in kept:
                done = done.joined(Imported(heads, again=1))
            else:
                row = yield from self._row(line, fields, digest)
                if row.records:
                    kept[digest] = row.records[0]
                done = done.joined(row)
        if kept:
            yield from execute(_KEEP, *key, list(kept), list(kept.values()))
        if mine - kept.keys():
            yield from execute(_GIVE_UP, *key, sorted(mine - kept.keys()))
        return done

    def _row(self, line: Line, fields: Fields, digest: bytes) -> Plan[Imported]:
        heads = self.table.heads
        yield from execute("SAVEPOINT lists_row")
        try:
            taken = yield from self.send(fields, digest.hex()[:64])
            faults = [self._fault(line, each) for each in taken.problems]
        except RowRefused as error:
            taken, faults = Taken(None), [RowFault(line.number, "", "processing", error.message)]
        except StoreError as error:
            taken = Taken(None)
            faults = [RowFault(line.number, "", each.code, each.message) for each in error.issues]
        if taken.record is None:
            yield from execute("ROLLBACK TO SAVEPOINT lists_row")
            yield from execute("RELEASE SAVEPOINT lists_row")
            return Imported(heads, faults=tuple(faults), rest=(line,))
        yield from execute("RELEASE SAVEPOINT lists_row")
        return Imported(heads, taken=1, records=(taken.record,))

    def _fault(self, line: Line, found: Problem) -> RowFault:
        column = column_at(self.sheet, self.matched, found.name)
        title = column.title.say(self.language) if column is not None else ""
        if not title and found.item is not None:
            title = found.item.label(self.language)
        return RowFault(line.number, title, found.code, found.message)


def begin_import(
    sheet: SheetForm,
    content: bytes | Table,
    send: RowSender,
    person: str,
    language: Language,
    *,
    scope: str | None = None,
) -> Import:
    """A sheet that was sent, read (unless it is a Table) and its columns found.

    The column of reasons of an earlier answer is passed over. Raises ListRefused.
    """
    read = content if isinstance(content, Table) else read_table(content, language)
    reasons = {fold(MESSAGES["reason"].say(each)) for each in ("vi", "en")}
    if read.heads and fold(read.heads[0]) in reasons:
        lines = tuple(Line(each.number, each.cells[1:]) for each in read.lines)
        read = Table(read.heads[1:], tuple(each for each in lines if any(each.cells)))
    if not read.lines:
        raise ListRefused("required", "sheet-empty")
    matched = match_columns(sheet, read)
    return Import(sheet, read, matched, send, person, scope or person, language)


def empty_sheet(sheet: SheetForm, language: Language) -> bytes:
    """The workbook to fill in: titles, required ones with a star, and lists of what may be
    chosen."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    page = book.add_worksheet("1")
    page.freeze_panes(1, 0)
    bold = book.add_format({"bold": True, "text_wrap": True})
    text = book.add_format({"num_format": "@"})
    for at, column in enumerate(sheet.every()):
        item = sheet.form.item(column.link_id)
        title = column.title.say(language)
        star = " *" if item is not None and item.required else ""
        page.set_column(at, at, max(14, min(len(title) + 4, 40)), text)
        page.write_string(0, at, title + star, bold)
        words = choices_of(sheet, column, language)
        if words and len(",".join(words)) <= 255 and not any("," in word for word in words):
            page.data_validation(1, at, 20_000, at, {"validate": "list", "source": words})
    book.close()
    return file.getvalue()


def _digest(sheet: str, scope: str, fields: Fields) -> bytes:
    listed = [[name, list(fields[name])] for name in sorted(fields)]
    return hashlib.sha256(fhir.dumps([sheet, scope, listed])).digest()


def _padded(cells: Sequence[str], width: int) -> list[str]:
    return [*cells, *([""] * (width - len(cells)))]
