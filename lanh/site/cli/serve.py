"""`lanh serve`: one server process in the foreground, for those who bring their own supervisor."""

from __future__ import annotations

import argparse
import asyncio
import os

from lanh.site.cli.command import Command, Words
from lanh.site.cli.console import Console, Exit
from lanh.site.instance import Instance
from lanh.site.settings import Settings
from lanh.site.supervision import ports


def _arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    parser.add_argument("--port", type=int, metavar="N", help=words("cli.serve.port"))


def _run(arguments: argparse.Namespace, console: Console) -> int:
    environment = dict(os.environ)
    if arguments.port is not None:
        environment["LANH_PORT"] = str(arguments.port)
    settings = Settings.from_environment(environment)
    instance = Instance(settings)
    cluster = instance.cluster()
    if cluster is not None and not cluster.running:
        console.fail("serve.no_database", path=instance.folder)
        return Exit.NOT_RUNNING
    try:
        bound = ports.listen(settings.host, settings.port, "LANH_PORT")
    except ports.PortFault as fault:
        console.fault(fault.message)
        return Exit.REFUSED
    from lanh.site.logging import configure
    from lanh.site.processes.server import serve

    configure("server")
    console.note(console.words("serve.serving", url=settings.url))
    asyncio.run(serve(bound, settings))
    return Exit.OK


COMMAND = Command("serve", _arguments, _run)
