"""`lanh bus`: whether ledger and archive are as they were signed; what is kept, by kind."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from lanh.core import bus
from lanh.core.signing import fingerprint, read_certificates
from lanh.site.cli.command import Command, Words
from lanh.site.cli.console import Console, Exit
from lanh.site.cli.running import running_database
from lanh.site.ledger_keeping import keep_ledger, key_files


def _arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    parser.add_argument(
        "action", choices=("verify", "archive", "read", "keep"), help=words("cli.bus.do")
    )
    parser.add_argument("files", nargs="*", metavar="FILE", help=words("cli.bus.files"))
    parser.add_argument("--receipt", metavar="ID", help=words("cli.bus.receipt"))
    parser.add_argument("--kind", metavar="FORMAT", help=words("cli.bus.kind"))
    parser.add_argument("--level", choices=bus.LEVELS, help=words("cli.bus.level"))
    parser.add_argument("--days", type=int, metavar="N", help=words("cli.bus.days"))


def _run(arguments: argparse.Namespace, console: Console) -> int:
    action = {"verify": _verify, "archive": _archive, "read": _read, "keep": _keep}
    return action[arguments.action](arguments, console)


def _verify(arguments: argparse.Namespace, console: Console) -> int:
    broken = 0
    with running_database() as (instance, database):
        own = _fingerprint(key_files(instance)[1])
        for name in arguments.files:
            try:
                found = bus.verify_archive(Path(name), own)
            except bus.ArchiveFault as fault:
                broken += 1
                console.fail("bus.archive_broken", file=name, code=fault.code)
            else:
                console.say("bus.archive_whole", file=name, count=found.messages)
        seals = database.read(bus.verify_seals([own] if own else []))
    for number in seals.broken[:20]:
        console.fail("bus.seal_broken", number=number)
    if not seals.broken:
        console.say("bus.whole", seals=seals.seals, count=seals.messages)
    return Exit.REFUSED if broken or seals.broken else Exit.OK


def _fingerprint(path: Path) -> bytes | None:
    if not path.exists():
        return None
    return bytes.fromhex(fingerprint(read_certificates(path)[0]))


def _archive(_: argparse.Namespace, console: Console) -> int:
    with running_database() as (instance, database):
        keep_ledger(database, instance)
        console.say("bus.kept", folder=instance.folder / "archive")
    return Exit.OK


def _read(arguments: argparse.Namespace, console: Console) -> int:
    if len(arguments.files) != 1 or not arguments.receipt:
        console.fail("bus.read_usage")
        return Exit.USAGE
    with running_database() as (_, database):
        try:
            content = database.read(bus.read_archived(Path(arguments.files[0]), arguments.receipt))
        except (bus.ArchiveFault, OSError) as fault:
            code = getattr(fault, "code", "unreadable")
            console.fail("bus.archive_broken", file=arguments.files[0], code=code)
            return Exit.REFUSED
    sys.stdout.buffer.write(content)
    return Exit.OK


def _keep(arguments: argparse.Namespace, console: Console) -> int:
    with running_database() as (_, database):
        if arguments.kind:
            before = {each.kind: each for each in database.read(bus.policies())}
            base = before.get(arguments.kind, before["*"])
            level, days = arguments.level or base.level, arguments.days or base.days
            if days < 1:
                console.fail("bus.bad_days")
                return Exit.USAGE
            database.transact(bus.keep(bus.Policy(arguments.kind, level, days)))
        for each in database.read(bus.policies()):
            console.write(f"{each.kind}\t{each.level}\t{each.days}")
    return Exit.OK


COMMAND = Command("bus", _arguments, _run)
"""Whether ledger and archive are as they were signed; what is kept, by kind."""
