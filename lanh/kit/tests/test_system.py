"""The installed systems are whole, and a folder that is not is refused."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

import lanh.systems
from lanh.kit import SystemFault, installed


def test_installed_systems_are_whole() -> None:
    systems = installed(lanh.systems)
    assert [system.key for system in systems] == sorted(system.key for system in systems)
    assert {row for system in systems for row in system.rows} >= {"A3", "A8", "B1", "G5", "J6"}


@pytest.mark.parametrize("missing", ["README.md", "system.py", "messages.yaml"])
def test_a_folder_without_its_parts_is_refused(
    missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "some_systems"
    folder = package / "one"
    folder.mkdir(parents=True)
    for path in (package / "__init__.py", folder / "__init__.py"):
        path.touch()
    for name in {"README.md", "system.py", "messages.yaml"} - {missing}:
        (folder / name).write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "some_systems", raising=False)
    with pytest.raises(SystemFault, match=missing):
        installed(importlib.import_module("some_systems"))
