"""`lanh down`: stop every part of the installation."""

from __future__ import annotations

import argparse
import os
import signal
import time

from lanh.core.database import ClusterError
from lanh.site.cli.command import Command, no_arguments
from lanh.site.cli.console import Console, Exit
from lanh.site.instance import Instance, process_runs
from lanh.site.settings import Settings

_PATIENCE = 60.0
_LAST_BREATH = 3.0


def _run(_arguments: argparse.Namespace, console: Console) -> int:
    instance = Instance(Settings.from_environment())
    was_held = instance.held
    if was_held and not _end_supervisor(instance, console):
        return Exit.REFUSED
    # A supervisor that was killed leaves its PostgreSQL behind, which has a session of its own.
    cluster = instance.cluster() if instance.folder.exists() else None
    left = cluster is not None and cluster.running
    if cluster is not None and left:
        try:
            cluster.stop()
        except ClusterError as error:
            console.fail("down.database", error=error)
            return Exit.REFUSED
    console.say("down.done" if was_held or left else "down.not_running")
    return Exit.OK


def _holder(instance: Instance) -> int:
    """The running supervisor; it may have taken the folder a moment ago."""
    for _ in range(50):
        if pid := instance.holder:
            return pid
        time.sleep(0.1)
    return 0


def _end_supervisor(instance: Instance, console: Console) -> bool:
    console.progress("down.stopping")
    pid = _holder(instance)
    if not pid and not instance.held:
        return True
    if not pid:
        console.fail("down.unknown", path=instance.folder)
        return False
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        pass
    except PermissionError:
        console.fail("down.not_ours", pid=pid)
        return False
    if not instance.wait_until_free(_PATIENCE):
        console.fail("down.will_not", pid=pid, seconds=int(_PATIENCE))
        return False
    # The folder is free a moment before the process is gone; "stopped" must mean both.
    deadline = time.monotonic() + _LAST_BREATH
    while process_runs(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return True


COMMAND = Command("down", no_arguments, _run)
