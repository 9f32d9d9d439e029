"""`lanh audit`: whether the sealed trail is as it was written, and how far sealing has come."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any

from lanh.core import audit
from lanh.core.audit import AnchorFault, Head, Verification
from lanh.core.database import SyncDatabase
from lanh.site.cli.command import Command, Words
from lanh.site.cli.console import Console, Exit
from lanh.site.cli.running import running_database


def _arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    parser.add_argument("action", choices=("verify", "status", "head"), help=words("cli.audit.do"))
    parser.add_argument("--anchors", metavar="FILE", type=Path, help=words("cli.audit.anchors"))
    parser.add_argument("--json", action="store_true", help=words("cli.option.json"))


def _run(arguments: argparse.Namespace, console: Console) -> int:
    anchors: list[Head] = []
    if arguments.anchors is not None:
        try:
            anchors = audit.read_anchors(arguments.anchors.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            console.fail("audit.unread", file=arguments.anchors, error=error)
            return Exit.USAGE
        except AnchorFault as error:
            console.fail("audit.no_anchor", file=arguments.anchors, line=error.line)
            return Exit.USAGE
    with running_database() as (_, database):
        if arguments.action == "status":
            return _status(database, console, as_json=arguments.json)
        if arguments.action == "head":
            return _head(database, console)
        console.progress("audit.reading")
        found = database.read(audit.verify())
        unlike = database.read(audit.unlike(anchors))
    return _told(console, found, unlike, as_json=arguments.json)


def _status(database: SyncDatabase, console: Console, *, as_json: bool) -> int:
    head, lag = database.read(audit.head()), database.read(audit.lag())
    if as_json:
        told: dict[str, Any] = {"head": None, "lag": dataclasses.asdict(lag)}
        if head is not None:
            told["head"] = json.loads(head.line())
        console.write(json.dumps(told))
    else:
        console.say("audit.status", seals=head.seal if head else 0, entries=lag.entries,
                    seconds=f"{lag.seconds:.1f}")  # fmt: skip
    return Exit.OK


def _head(database: SyncDatabase, console: Console) -> int:
    head = database.read(audit.head())
    if head is None:
        console.fail("audit.no_seal")
        return Exit.REFUSED
    console.write(head.line())
    return Exit.OK


def _told(console: Console, found: Verification, unlike: list[Head], *, as_json: bool) -> int:
    if as_json:
        told = {**dataclasses.asdict(found), "unlike": [json.loads(each.line()) for each in unlike]}
        console.write(json.dumps(told, default=str))
    else:
        for fault in found.faults[:20]:
            console.note(f"  {fault.kind}: {fault.seal} {fault.xid or ''} {fault.number or ''}")
        for each in unlike[:20]:
            console.fail("audit.unlike", seal=each.seal, at=each.at.isoformat())
        if found.faults:
            console.fail("audit.broken", count=len(found.faults))
        elif not unlike:
            console.say("audit.whole", entries=found.entries, seals=found.seals)
    return Exit.REFUSED if found.faults or unlike else Exit.OK


COMMAND = Command("audit", _arguments, _run)
