"""`lanh demo`: make demonstration people and send what their facilities say, or write it down."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

import httpx

from lanh.core.database import SyncDatabase
from lanh.site.backend_client import TokenRefused
from lanh.site.cli.command import Command, Words
from lanh.site.cli.console import Console, Exit
from lanh.site.cli.running import running_database
from lanh.site.demonstration import PEOPLE, SEED, Wanted, files, generate, install, messages, today
from lanh.site.demonstration.worklist import NoHospital, mend_all, score, send_faulty
from lanh.site.facts import DEMONSTRATION, fact, set_fact


def _arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    people = words("cli.demo.people")
    parser.add_argument("--people", type=int, default=PEOPLE, metavar="N", help=people)
    parser.add_argument(
        "--seed", type=int, default=SEED, metavar="N", help=words("cli.option.seed")
    )
    until = words("cli.demo.until")
    parser.add_argument("--until", type=day, metavar="YYYY-MM-DD", help=until)
    parser.add_argument("--files", type=Path, metavar="DIR", help=words("cli.demo.files"))
    faulty = words("cli.demo.faulty")
    parser.add_argument("--faulty", type=int, metavar="N", help=faulty)
    parser.add_argument("--mend", action="store_true", help=words("cli.demo.mend"))
    parser.add_argument("--gzip", action="store_true", help=words("cli.demo.gzip"))


def day(text: str) -> date:
    """A day as YYYY-MM-DD. Raises ValueError."""
    return date.fromisoformat(text)


def _run(arguments: argparse.Namespace, console: Console) -> int:
    if arguments.faulty is not None or arguments.mend:
        return _walk(arguments, console)
    given = Wanted(arguments.people, arguments.seed, arguments.until or today())
    try:
        population = generate(given.people, given.seed, given.until)
    except ValueError as error:
        console.fail("demo.impossible", error=error)
        return Exit.USAGE
    if arguments.files is not None:
        console.progress("demonstration.people", 0, arguments.people)
        written = files.write(arguments.files, messages(population), packed=arguments.gzip)
        console.say("demo.written", count=written, path=arguments.files)
        return Exit.OK
    with running_database() as (instance, database):
        wanted = _remembered(database, given, told=arguments.until is not None)
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


def _walk(arguments: argparse.Namespace, console: Console) -> int:
    """A hospital's system sends what is refused; its people mend it by cause; the score rises."""
    with running_database() as (instance, database):
        try:
            if arguments.faulty is not None:
                url = instance.settings.url
                report = send_faulty(database, url, instance.keys, arguments.faulty)
                console.say("demo.faulty", sent=report.sent, refused=report.states["refused"])
                console.say("demo.score", score=score(database))
            if arguments.mend:
                for done in mend_all(database):
                    console.say("demo.mended", cause=done.cause, taken=done.taken, total=done.total)
                console.say("demo.score", score=score(database))
        except NoHospital:
            console.fail("demo.no_hospital")
            return Exit.REFUSED
        except (TimeoutError, TokenRefused, httpx.HTTPError) as error:
            console.fail("demo.walk_failed", error=type(error).__name__)
            return Exit.REFUSED
        console.say("demo.look", url=f"{instance.settings.url}/messages/rejects")
    return Exit.OK


def _remembered(database: SyncDatabase, given: Wanted, *, told: bool) -> Wanted:
    """The day of an earlier run with this seed, unless another was told; kept for the next.

    Sent again, the same seed must be the same messages: another day would add visits to people
    who are there already.
    """
    first = database.read(fact(DEMONSTRATION))
    own = DEMONSTRATION if first is None else f"{DEMONSTRATION}.{given.seed}"
    begun = first if first and first["seed"] == given.seed else database.read(fact(own))
    if begun is not None:
        until = given.until if told else Wanted.of_fact(begun).until
        return Wanted(given.people, given.seed, until)
    database.transact(set_fact(own, {**given.as_fact(), "complete": True}))
    return given


COMMAND = Command("demo", _arguments, _run)
