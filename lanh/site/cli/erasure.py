"""`lanh erasure`: order the erasure of a person's records, list orders, give them again."""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from lanh.core import matching
from lanh.core.access import Access, Purpose, Subject
from lanh.core.database import SyncDatabase
from lanh.nation import erasure, retention
from lanh.nation.erasure import Order, OrderFault
from lanh.nation.local_time import VIETNAM
from lanh.site.cli.command import Command, Words
from lanh.site.cli.console import Console, Exit
from lanh.site.cli.running import running_database
from lanh.site.wiring import open_records

_OPERATOR = Access(Subject("system", "operator", "operator"), Purpose.OPERATIONS)


def _arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    parser.add_argument(
        "action", choices=("order", "list", "replay", "due"), help=words("cli.erasure.do")
    )
    parser.add_argument("file", nargs="?", type=Path, help=words("cli.erasure.file"))
    parser.add_argument("--patient", action="append", default=[], help=words("cli.erasure.patient"))
    parser.add_argument("--person", action="append", default=[], help=words("cli.erasure.person"))
    parser.add_argument("--basis", default="", help=words("cli.erasure.basis"))
    parser.add_argument("--reason", default="", help=words("cli.erasure.reason"))
    parser.add_argument("--json", action="store_true", help=words("cli.option.json"))


def _run(arguments: argparse.Namespace, console: Console) -> int:
    with running_database() as (_, database):
        try:
            match arguments.action:
                case "order":
                    return _order(database, arguments, console)
                case "replay":
                    return _replay(database, arguments.file, console)
                case "due":
                    return _due(database, console, as_json=arguments.json)
        except OrderFault as error:
            console.fault(error.message)
            return Exit.REFUSED
        return _list(database, console, as_json=arguments.json)


def _order(database: SyncDatabase, arguments: argparse.Namespace, console: Console) -> int:
    records = database.read(matching.records_of(arguments.person))
    for person, found in records.items():
        if not found:
            console.fail("erasure.nobody", person=person)
            return Exit.REFUSED
    patients = [*arguments.patient, *(each for found in records.values() for each in found)]
    store = open_records().store
    plan = erasure.order(store, _OPERATOR, patients, arguments.basis, arguments.reason)
    console.write(database.transact(plan))
    console.fail("erasure.ordered", count=len(set(patients)))
    return Exit.OK


def _list(database: SyncDatabase, console: Console, *, as_json: bool) -> int:
    for each in _all(database):
        if as_json:
            console.write(json.dumps(dataclasses.asdict(each), default=str, ensure_ascii=False))
        else:
            console.write(
                f"{each.id}  {each.ordered_at:%Y-%m-%d %H:%M}  {each.state:<14}"
                f"  {len(each.patients)}  {each.basis}"
            )
    return Exit.OK


def _due(database: SyncDatabase, console: Console, *, as_json: bool) -> int:
    on = datetime.now(VIETNAM).date()
    after: str | None = ""
    looked = 0
    while after is not None:
        page, after = database.read(retention.due(on, after))
        for each in page:
            told = {
                "patient": each.patient,
                "until": each.keep.until,
                "rule": each.keep.rule.kind,
                "source": each.keep.rule.source,
            }
            line = json.dumps(told, default=str, ensure_ascii=False)
            console.write(line if as_json else "  ".join(str(value) for value in told.values()))
        looked += 1
        console.progress("erasure.looking", looked)
    console.end_progress()
    return Exit.OK


def _all(database: SyncDatabase) -> Iterator[Order]:
    after = 0
    while page := database.read(erasure.orders(after)):
        yield from page
        after = page[-1].number


def _replay(database: SyncDatabase, path: Path | None, console: Console) -> int:
    if path is None:
        console.fail("erasure.no_file")
        return Exit.USAGE
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        console.fail("audit.unread", file=path, error=error)
        return Exit.USAGE
    told = list(_read(lines))
    if None in told:
        console.fail("erasure.no_order", file=path, line=told.index(None) + 1)
        return Exit.USAGE
    store = open_records().store
    known = {each.id for each in _all(database)}
    for each in filter(None, told):
        plan = erasure.order(
            store, _OPERATOR, each["patients"], each["basis"], each["reason"], id=each["id"]
        )
        database.transact(plan)
    console.say("erasure.replayed", count=len({each["id"] for each in filter(None, told)} - known))
    return Exit.OK


def _read(lines: Iterable[str]) -> Iterator[dict[str, Any] | None]:
    for line in lines:
        if not line.strip():
            continue
        try:
            told = json.loads(line)
            texts = all(isinstance(told[name], str) for name in ("id", "basis", "reason"))
            patients = all(isinstance(each, str) for each in told["patients"])
        except (ValueError, TypeError, KeyError):
            texts = patients = False
        yield told if texts and patients else None


COMMAND = Command("erasure", _arguments, _run)
