"""`lanh reindex`: the search parameters of this installation, and how far rows are indexed."""

from __future__ import annotations

import argparse
import dataclasses
import json
import time

from lanh.core.database import SyncDatabase
from lanh.core.store import OwnParameter, Store, why_unusable
from lanh.site.cli.command import Command, Words
from lanh.site.cli.console import Console, Exit
from lanh.site.cli.running import running_database

_PAUSE = 1.0  # seconds, where writers must end first


def _arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    parser.add_argument("--run", action="store_true", help=words("cli.reindex.run"))
    parser.add_argument("--json", action="store_true", help=words("cli.option.json"))


def _run(arguments: argparse.Namespace, console: Console) -> int:
    store = Store()
    with running_database() as (_, database):
        if arguments.run:
            _finish(database, store, console)
        found = database.read(store.own_parameters())
    if arguments.json:
        console.write(json.dumps([dataclasses.asdict(each) for each in found], ensure_ascii=False))
        return Exit.OK
    if not found:
        console.say("reindex.none")
    for each in found:
        _say(console, each)
    return Exit.OK


def _finish(database: SyncDatabase, store: Store, console: Console) -> None:
    """Do the work here, with progress, until nothing is left; the worker may do part of it."""
    while True:
        more = database.transact(store.reindex())
        listed = database.read(store.own_parameters())
        waiting = [each for each in listed if each.state in ("waiting", "indexing")]
        if not waiting:
            return
        console.progress("reindex.progress", done=waiting[0].done, total=waiting[0].total)
        if not more:
            time.sleep(_PAUSE)


def _say(console: Console, own: OwnParameter) -> None:
    what = f"{own.type}.{own.name} ({own.kind}, SearchParameter/{own.resource})"
    if own.state == "unusable":
        reason = why_unusable(own).say(console.language)
        console.say("reindex.unusable", what=what, reason=reason)
    else:
        console.say(f"reindex.{own.state}", what=what, done=own.done, total=own.total)


COMMAND = Command("reindex", _arguments, _run)
