"""`lanh`: the command line of an installation.

Exit codes: 0 done; 1 refused or failed; 2 wrong usage; 3 the instance is not running or cannot be
reached; 130 interrupted.
"""

from __future__ import annotations

import argparse
import importlib
import keyword
import os
import sys
from collections.abc import Sequence

from lanh.core.text import Language
from lanh.site.cli.command import Command
from lanh.site.cli.console import Console, Exit, language_of
from lanh.site.cli.running import NotRunning
from lanh.site.settings import SettingsFault

# In the order in which help lists them. Each is a module here with a COMMAND (`import_` for
# "import"), loaded only when it is the one asked for: `lanh --help` must not wait for the engines.
_MODULES = (
    "up",
    "down",
    "serve",
    "send",
    "token",
    "import",
    "export",
    "demo",
    "warehouse",
    "reindex",
    "audit",
    "bus",
    "erasure",
    "bench",
    "systems",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    console = Console(_language(given))
    parser, chosen = _parser(given, console)
    namespace = parser.parse_args(given)
    if chosen is None:
        parser.print_help(sys.stderr)
        return Exit.USAGE
    try:
        return int(chosen.run(namespace, console))
    except SettingsFault as fault:
        console.fault(fault.message)
        return Exit.USAGE
    except NotRunning as fault:
        console.fail("cli.not_running", path=fault.instance.folder)
        return Exit.NOT_RUNNING
    except KeyboardInterrupt:
        console.fail("cli.interrupted")
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # The reader went away (`lanh systems | head`): nothing is left to say, nor anybody to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OK


def _language(given: Sequence[str]) -> Language:
    for place, argument in enumerate(given):
        if argument == "--lang" and place + 1 < len(given):
            return "vi" if given[place + 1] == "vi" else "en"
        if argument.startswith("--lang="):
            return "vi" if argument == "--lang=vi" else "en"
    return language_of(os.environ)


def _parser(
    given: Sequence[str], console: Console
) -> tuple[argparse.ArgumentParser, Command | None]:
    words = console.words
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--lang", choices=("vi", "en"), default=argparse.SUPPRESS, help=words("cli.option.lang")
    )
    parser = argparse.ArgumentParser(
        prog="lanh",
        description=words("cli.description"),
        epilog=words("cli.exit_codes"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[common],
    )
    commands = parser.add_subparsers(title=words("cli.commands"), metavar=words("cli.command"))
    asked = next((name for name in given if name in _MODULES), None)
    chosen = None
    for name in _MODULES:
        command = commands.add_parser(
            name,
            help=words(f"cli.{name}.summary"),
            description=words(f"cli.{name}.text"),
            epilog=words("cli.exit_codes"),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            parents=[common],
        )
        if name == asked:
            chosen = _load(name)
            chosen.arguments(command, words)
    return parser, chosen


def _load(name: str) -> Command:
    module = f"{name}_" if keyword.iskeyword(name) else name
    found: Command = importlib.import_module(f"lanh.site.cli.{module}").COMMAND
    return found
