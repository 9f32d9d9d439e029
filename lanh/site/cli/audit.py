"""`lanh audit verify`: whether the sealed audit trail is as it was written."""

from __future__ import annotations

import argparse
import dataclasses
import json

from lanh.core import audit
from lanh.site.cli.command import Command, Words
from lanh.site.cli.console import Console, Exit
from lanh.site.cli.running import running_database


def _arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    parser.add_argument("action", choices=("verify",), help=words("cli.audit.verify"))
    parser.add_argument("--json", action="store_true", help=words("cli.option.json"))


def _run(arguments: argparse.Namespace, console: Console) -> int:
    with running_database() as (_, database):
        console.progress("audit.reading")
        found = database.read(audit.verify())
    if arguments.json:
        console.write(json.dumps(dataclasses.asdict(found), default=str))
    elif found.faults:
        for fault in found.faults[:20]:
            console.note(f"  {fault.kind}: {fault.seal} {fault.xid or ''} {fault.number or ''}")
        console.fail("audit.broken", count=len(found.faults))
    else:
        console.say("audit.whole", entries=found.entries, seals=found.seals)
    return Exit.REFUSED if found.faults else Exit.OK


COMMAND = Command("audit", _arguments, _run)
