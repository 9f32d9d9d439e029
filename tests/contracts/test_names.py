"""Names are the field's terms; nothing points at a machine or at work left over."""

from __future__ import annotations

import re

from tests.contracts.project import PACKAGE, name, tracked

FORBIDDEN = {"utils", "util", "helpers", "helper", "manager", "managers", "base", "common", "misc"}
# Written with classes of one sign, so that this file does not hold what it looks for.
PRIVATE = re.compile(
    r"(?<![\w.])/(?:wor[k]|roo[t]|opt/py[p]i)/|\bTOD[O]\b|\bFIXM[E]\b|\bXX[X]\b|issue[s] show"
)
TEXT = {".py", ".md", ".yaml", ".yml", ".toml", ".sql", ".sh", ".html", ".css", ".js", ".txt", ""}


def test_no_module_is_named_after_nothing() -> None:
    parts = {
        name(path)
        for path in tracked()
        if PACKAGE in path.parents and FORBIDDEN & {path.stem, *path.relative_to(PACKAGE).parts}
    }
    assert parts == set()


def test_no_machine_path_and_no_work_left_over() -> None:
    found = []
    for path in tracked():
        if path.suffix not in TEXT:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if PRIVATE.search(line):
                found.append(f"{name(path)}:{number}: {line.strip()[:100]}")
    assert found == []
