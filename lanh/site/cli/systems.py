"""`lanh systems`: what is installed, and which rows of the mission it serves."""

from __future__ import annotations

import argparse
import json

import lanh.systems
from lanh.kit import installed
from lanh.site.cli.command import Command, Words
from lanh.site.cli.console import Console, Exit


def _arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    parser.add_argument("--json", action="store_true", help=words("cli.option.json"))


def _run(arguments: argparse.Namespace, console: Console) -> int:
    systems = installed(lanh.systems)
    if arguments.json:
        listed = [
            {
                "key": system.key,
                "title": {"vi": system.title.vi, "en": system.title.en},
                "rows": list(system.rows),
                "pages": [page.path for page in system.pages],
            }
            for system in systems
        ]
        console.write(json.dumps(listed, ensure_ascii=False, indent=2))
        return Exit.OK
    for system in systems:
        rows = " ".join(system.rows)
        console.write(f"{system.key:<24}{rows:<16}{system.title.say(console.language)}")
        console.write(f"{'':<40}{system.summary.say(console.language)}")
    return Exit.OK


COMMAND = Command("systems", _arguments, _run)
