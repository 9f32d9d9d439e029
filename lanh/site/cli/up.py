"""`lanh up`: start the installation, once, and say where to go."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import time

from lanh.core.text import Message, Words
from lanh.site.cli.command import Command
from lanh.site.cli.command import Words as Say
from lanh.site.cli.console import Console, Exit
from lanh.site.demonstration import users
from lanh.site.instance import Instance, Status
from lanh.site.preparation import has_demonstration
from lanh.site.settings import Settings
from lanh.site.trusting import unit_signature

_LOOK_EVERY = 0.1


def _arguments(parser: argparse.ArgumentParser, words: Say) -> None:
    parser.add_argument("--foreground", action="store_true", help=words("cli.up.foreground"))
    parser.add_argument("--people", type=int, metavar="N", help=words("cli.up.people"))
    parser.add_argument("--seed", type=int, metavar="N", help=words("cli.option.seed"))


def _run(arguments: argparse.Namespace, console: Console) -> int:
    settings = _settings(arguments)
    instance = Instance(settings)
    try:
        instance.make()
    except OSError as error:
        console.fail("up.no_folder", path=settings.data, error=error.strerror)
        return Exit.REFUSED
    if instance.held:
        return _already(instance, console)
    # A trust list that cannot be used is told here, and not by processes that end at once.
    unit_signature(settings)
    if arguments.foreground:
        return _foreground(instance, console)
    daemon = _spawn(settings, instance)
    try:
        return _follow(instance, daemon, console)
    except KeyboardInterrupt:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(60)
        raise


def _settings(arguments: argparse.Namespace) -> Settings:
    environment = dict(os.environ)
    if arguments.people is not None:
        environment["LANH_PEOPLE"] = str(arguments.people)
    if arguments.seed is not None:
        environment["LANH_SEED"] = str(arguments.seed)
    return Settings.from_environment(environment)


def _already(instance: Instance, console: Console) -> int:
    status = instance.status()
    if status is not None and status.state == "starting":
        return _follow(instance, None, console)
    console.say("up.already", url=status.url if status else instance.settings.url)
    return Exit.OK


def _foreground(instance: Instance, console: Console) -> int:
    from lanh.site.logging import configure
    from lanh.site.supervision.logs import RotatingFile
    from lanh.site.supervision.supervisor import supervise

    if not instance.lock():
        return _already(instance, console)
    configure("supervisor", RotatingFile(instance.logs / "supervisor.log"))
    console.say("up.foreground", url=instance.settings.url, logs=instance.logs)
    code = asyncio.run(supervise(instance.settings))
    status = instance.status()
    if code and status is not None:
        console.fault(_failure(status))
    return code


def _spawn(settings: Settings, instance: Instance) -> subprocess.Popen[bytes]:
    with (instance.logs / "supervisor.err").open("wb") as errors:
        return subprocess.Popen(
            [sys.executable, "-m", "lanh.site.supervision"],
            stdin=subprocess.DEVNULL,
            stdout=errors,
            stderr=errors,
            env={**os.environ, **settings.environment()},
            cwd="/",
            start_new_session=True,
        )


def _follow(instance: Instance, daemon: subprocess.Popen[bytes] | None, console: Console) -> int:
    """Show how the start goes until it is done."""
    began = time.monotonic()
    while True:
        status = instance.status()
        if status is not None and daemon is not None and status.pid != daemon.pid:
            status = None  # what an earlier run said last
        if status is not None and status.state != "starting":
            break
        if daemon is not None and daemon.poll() is not None:
            # Another start was quicker to take the folder, or this one broke before it could say.
            return _already(instance, console) if instance.held else _broken(instance, console)
        if daemon is None and not instance.held:
            return _broken(instance, console)
        if status is not None and status.step:
            console.progress(status.step, status.done, status.total)
        time.sleep(_LOOK_EVERY)
    if status.state != "ready":
        console.fault(_failure(status))
        if daemon is not None:
            daemon.wait(60)
        return Exit.REFUSED
    _greet(instance, status, console, time.monotonic() - began)
    if status.message:
        console.fault(_failure(status))
        return Exit.REFUSED
    return Exit.OK


def _broken(instance: Instance, console: Console) -> int:
    status = instance.status()
    if status is not None and status.message:
        console.fault(_failure(status))
    else:
        console.fail("up.broken", path=instance.logs / "supervisor.err")
    return Exit.REFUSED


def _failure(status: Status) -> Message:
    return Message(Words(vi=status.message.get("vi", "?"), en=status.message.get("en", "?")))


def _greet(instance: Instance, status: Status, console: Console, seconds: float) -> None:
    console.say("up.ready", url=status.url, seconds=f"{seconds:.1f}")
    if has_demonstration(instance):
        console.say("up.sign_in")
        for user in users():
            title = user.title.say(console.language)
            console.write(f"  {user.username:<14}{user.password:<26}{title}")
    console.say("up.next")


COMMAND = Command("up", _arguments, _run)
