"""SIGKILL in the midst of exports and imports: nothing lost, nothing doubled."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

from lanh.core.bulk.tests.scene import Scene, observation, patient
from lanh.core.database import fetch
from lanh.core.fhir import dumps

_COUNT, _KILLS = 1200, 4


def _work_with_kills(scene: Scene, url: str, name: str) -> int:
    """Run worker processes, killing each after it has done some more; how many were killed."""
    kills = 0
    deadline = time.monotonic() + 90
    while scene.task(name).state == "running":
        process = subprocess.Popen(
            [
                sys.executable, "-m", "lanh.core.bulk.tests.working_process", url,
                str(scene.folder.root),
            ],
            stdout=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None and process.stdout.readline() == b"ready\n"
        before = scene.task(name).done
        while (task := scene.task(name)).state == "running":
            assert time.monotonic() < deadline
            if kills < _KILLS and task.done > before + 130:
                kills += 1
                break
            time.sleep(0.002)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
    return kills


def test_an_import_whose_worker_is_killed(scene: Scene, database_url: str) -> None:
    lines = []
    for number in range(_COUNT):
        lines.append(dumps(observation(f"o{number}", "p")))
        if number % 10 == 0:
            lines.append(b"{broken")
    name = scene.upload([dumps(patient("p")), *lines])
    assert _work_with_kills(scene, database_url, name) == _KILLS
    assert scene.task(name).done == _COUNT + 1
    versions = scene.database.read(
        fetch("SELECT version, count(*) FROM store.observation GROUP BY 1")
    )
    assert [tuple(row) for row in versions] == [(1, _COUNT)]
    (file,) = scene.files(name)
    told = scene.folder.path(name, file).read_bytes().splitlines()
    assert len(told) == len(set(told)) == _COUNT // 10 == file.count


def test_an_export_whose_worker_is_killed(scene: Scene, database_url: str) -> None:
    for at in range(0, _COUNT, 400):
        scene.put(patient("p"), *(observation(f"o{n}", "p") for n in range(at, at + 400)))
    time.sleep(0.005)
    name = scene.order([("_type", "Observation,Patient")])
    assert _work_with_kills(scene, database_url, name) == _KILLS
    ids = scene.ids(name)
    assert len(ids) == len(set(ids)) == _COUNT + 1 == scene.task(name).done
