"""`lanh bench`: benchmarks, each a table on the screen and a file under `build/bench`."""

from __future__ import annotations

import argparse

from lanh.site import bench
from lanh.site.cli.command import Command, Words
from lanh.site.cli.console import Console, Exit


def _arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME", help=words("cli.bench.name"))
    parser.add_argument("--resources", type=int, metavar="N", help=words("cli.bench.resources"))
    parser.add_argument("--list", action="store_true", help=words("cli.bench.list"))


def _run(arguments: argparse.Namespace, console: Console) -> int:
    names = bench.names()
    if arguments.list:
        console.write("\n".join(names))
        return Exit.OK
    if arguments.name is not None and arguments.name not in names:
        console.fail("bench.unknown", name=arguments.name, names=", ".join(names))
        return Exit.USAGE
    for name in [arguments.name] if arguments.name else names:
        console.progress(name)
        figures = bench.run(name, arguments.resources)
        console.write(bench.table(name, figures))
        console.note(console.words("bench.written", path=bench.write(name, figures)))
    return Exit.OK


COMMAND = Command("bench", _arguments, _run)
