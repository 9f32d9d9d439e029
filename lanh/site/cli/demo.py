"""`lanh demo`: make demonstration people and send what their facilities say, or write it down."""

from __future__ import annotations

import argparse
from pathlib import Path

import httpx

from lanh.site.backend_client import TokenRefused
from lanh.site.cli.command import Command, Words
from lanh.site.cli.console import Console, Exit
from lanh.site.cli.running import running_database
from lanh.site.demonstration import PEOPLE, SEED, UNTIL, Wanted, files, generate, install, messages
from lanh.site.facts import DEMONSTRATION, fact, set_fact


def _arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    people = words("cli.demo.people")
    parser.add_argument("--people", type=int, default=PEOPLE, metavar="N", help=people)
    parser.add_argument(
        "--seed", type=int, default=SEED, metavar="N", help=words("cli.option.seed")
    )
    parser.add_argument("--files", type=Path, metavar="DIR", help=words("cli.demo.files"))
    parser.add_argument("--gzip", action="store_true", help=words("cli.demo.gzip"))


def _run(arguments: argparse.Namespace, console: Console) -> int:
    try:
        population = generate(arguments.people, arguments.seed, UNTIL)
    except ValueError as error:
        console.fail("demo.impossible", error=error)
        return Exit.USAGE
    if arguments.files is not None:
        console.progress("demonstration.people", 0, arguments.people)
        written = files.write(arguments.files, messages(population), packed=arguments.gzip)
        console.say("demo.written", count=written, path=arguments.files)
        return Exit.OK
    wanted = Wanted(arguments.people, arguments.seed)
    with running_database() as (instance, database):
        if database.read(fact(DEMONSTRATION)) is None:
            begun = {"people": wanted.people, "seed": wanted.seed, "until": UNTIL.isoformat()}
            database.transact(set_fact(DEMONSTRATION, {**begun, "complete": True}))
        try:
            report = install(
                database, instance.settings.url, instance.keys, wanted, console.progress
            )
        except TokenRefused as error:
            console.fail("send.no_token", client="demonstration", error=error)
            return Exit.REFUSED
        except httpx.HTTPError as error:
            url = instance.settings.url
            console.fail("send.unreachable", url=url, error=type(error).__name__)
            return Exit.NOT_RUNNING
    taken = report.states.get("accepted", 0) + report.states.get("received", 0)
    console.say("demo.sent", sent=report.sent, taken=taken, seconds=f"{report.seconds:.0f}")
    for reason in report.faults:
        console.note(f"    {reason}")
    return Exit.OK if report.complete else Exit.REFUSED


COMMAND = Command("demo", _arguments, _run)
