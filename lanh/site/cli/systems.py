"""`lanh systems`: what is installed, which rows of the mission it serves, whether it is whole."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import lanh.systems
from lanh.kit import System, SystemFault, check, installed, new_system, report
from lanh.nation import codes
from lanh.nation.indicators import national_definitions
from lanh.nation.place import COMMUNES
from lanh.nation.roles import ROLES
from lanh.site.cli.command import Command, Words
from lanh.site.cli.console import Console, Exit

FOLDER = Path(lanh.systems.__path__[0])
_CORE = "http://hl7.org/fhir/ValueSet/"


def _arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    parser.add_argument("--json", action="store_true", help=words("cli.option.json"))
    parser.add_argument("--report", action="store_true", help=words("cli.systems.report"))
    acts = parser.add_subparsers(dest="act")
    checking = acts.add_parser("check", help=words("cli.systems.check"))
    checking.add_argument("name", nargs="?", help=words("cli.systems.name"))
    making = acts.add_parser("new", help=words("cli.systems.new"))
    making.add_argument("name", help=words("cli.systems.name"))


def value_sets() -> frozenset[str]:
    """The value sets that every installation has."""
    lists = [codes.resource(name) for name in codes.names()]
    found = {str(each["valueSet"]) for each in lists if "valueSet" in each}
    return frozenset({COMMUNES, *found, *(str(each["url"]) for each in codes.derived())})


def own_parameters() -> frozenset[str]:
    """The names of search parameters that every installation has beside those of R4."""
    return frozenset(
        str(each["code"]) for each in codes.derived() if each["resourceType"] == "SearchParameter"
    )


def faults_of(system: System) -> list[tuple[str, str, str]]:
    """What is wrong with an installed system: where, in Vietnamese, in English."""
    sets = value_sets()
    found = check(
        FOLDER / system.key,
        system,
        roles=ROLES,
        known=lambda url: url in sets or url.startswith(_CORE),
        own=own_parameters(),
        base=national_definitions(),
    )
    return [(each.where, each.message.vi, each.message.en) for each in found]


def _check(name: str | None, console: Console) -> int:
    try:
        systems = [each for each in installed(lanh.systems) if name in (None, each.key)]
    except Exception as error:  # a module of any content may stand there
        console.fail("systems.unloadable", problem=str(error))
        return Exit.REFUSED
    if not systems:
        console.fail("systems.unknown", name=name)
        return Exit.USAGE
    count = 0
    for system in systems:
        for where, vi, en in faults_of(system):
            count += 1
            console.write(f"{system.key}/{where}: {vi if console.language == 'vi' else en}")
    if count:
        console.fail("systems.faults", count=count)
        return Exit.REFUSED
    console.write(console.words("systems.whole", count=len(systems)))
    return Exit.OK


def _new(name: str, console: Console) -> int:
    try:
        made = new_system(name, FOLDER)
    except SystemFault as error:
        console.fail("systems.not-made", problem=str(error))
        return Exit.USAGE
    for path in made:
        console.write(str(path.relative_to(FOLDER.parent.parent)))
    console.write(console.words("systems.made", name=name))
    return Exit.OK


def _report(systems: list[System], console: Console) -> int:
    console.write(console.words("systems.report"))
    for system in systems:
        size = report(FOLDER / system.key, system)
        console.write(
            f"{size.key:<22}{size.python:>7}{size.declared:>10}{size.rules:>7}{size.queried:>9}"
            f"{size.own_queries:>6}{size.drawn:>7}{size.own_pages:>7}{size.artefacts:>7}"
            f"{size.tests:>7}{size.share:>6}%"
        )
    return Exit.OK


def _run(arguments: argparse.Namespace, console: Console) -> int:
    if arguments.act == "check":
        return _check(arguments.name, console)
    if arguments.act == "new":
        return _new(arguments.name, console)
    systems = installed(lanh.systems)
    if arguments.report:
        return _report(systems, console)
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
