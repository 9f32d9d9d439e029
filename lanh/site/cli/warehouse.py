"""`lanh warehouse refresh`: bring the figures up to the records of this moment."""

from __future__ import annotations

import argparse

from lanh.core.warehouse import LakeError, Progress
from lanh.site.cli.command import Command, Words
from lanh.site.cli.console import Console, Exit
from lanh.site.cli.running import running_database
from lanh.site.warehousing import refresh_when_free
from lanh.site.wiring import open_records


def _arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    parser.add_argument("action", choices=("refresh",), help=words("cli.warehouse.refresh"))


def _run(_arguments: argparse.Namespace, console: Console) -> int:
    def told(progress: Progress) -> None:
        console.progress("warehouse.reading", progress.changes)

    with running_database() as (instance, database):
        try:
            done = refresh_when_free(database, instance, open_records().store, told)
        except LakeError as error:
            console.fail("warehouse.busy", error=error)
            return Exit.REFUSED
    console.say(
        "warehouse.refreshed",
        changes=done.changes,
        records=done.records,
        seconds=f"{done.seconds:.1f}",
    )
    return Exit.OK


COMMAND = Command("warehouse", _arguments, _run)
