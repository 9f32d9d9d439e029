"""A search parameter and many rows, for the tests of `lanh reindex`."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from typing import Any

from lanh.core.access import system_access
from lanh.core.database import connected
from lanh.core.store import Context, Write
from lanh.site.tests.installation import ROOT, Installation, eventually
from lanh.site.wiring import open_records

ROWS = 4_000
PARAMETER: dict[str, Any] = {
    "resourceType": "SearchParameter", "id": "eye", "url": "http://example.vn/eye", "name": "eye",
    "status": "active", "description": "Màu mắt", "code": "eye", "base": ["Patient"],
    "type": "token", "expression": "Patient.extension.where(url = 'urn:test:eye').value",
}  # fmt: skip


def write(installation: Installation, resources: list[dict[str, Any]]) -> None:
    """Write resources under the ids that they have."""
    store, context = open_records().store, Context(system_access("test"))
    writes = [Write("update", each["resourceType"], each["id"], each) for each in resources]
    with connected(installation.database_url) as database:
        for begin in range(0, len(writes), 500):
            database.transact(store.write(writes[begin : begin + 500], context))


def patients() -> list[dict[str, Any]]:
    """Patients that the parameter finds."""
    eye = [{"url": "urn:test:eye", "valueCode": "brown"}]
    return [
        {"resourceType": "Patient", "id": f"eye-{at:05}", "extension": eye} for at in range(ROWS)
    ]


def own(installation: Installation) -> dict[str, Any]:
    """The parameter, as the command tells of it."""
    done = installation.lanh("reindex", "--json")
    assert done.returncode == 0, done.stderr
    (found,) = (each for each in json.loads(done.stdout) if PARAMETER["url"] in each.values())
    assert isinstance(found, dict)
    return found


@contextlib.contextmanager
def without_worker(installation: Installation) -> Iterator[None]:
    """The worker sleeps, in no transaction, so that the command alone does the work."""
    pid = installation.pid("worker")
    busy = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
    )

    def stopped() -> bool:
        os.kill(pid, signal.SIGSTOP)
        if installation.query(busy)[0][0] == 0:
            return True
        os.kill(pid, signal.SIGCONT)
        return False

    eventually(stopped)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def start(installation: Installation) -> subprocess.Popen[str]:
    """The command as a process that can be killed."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LANH_")}
    return subprocess.Popen(
        installation.command("reindex", "--run"),
        env={**environment, **installation.variables},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def places(installation: Installation, after: str) -> list[tuple[Any, ...]]:
    """Where the rows up to an id stand: an update would have moved them."""
    return installation.query(
        f"SELECT id, ctid::text FROM store.patient WHERE id <= '{after}' ORDER BY id"
    )
