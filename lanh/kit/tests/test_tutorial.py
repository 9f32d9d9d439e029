"""The tutorial is run: its files make a system that is whole and passes the harness."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

import pytest

import lanh.systems
from lanh.kit import check, new_system
from lanh.kit.tests.trying_out import ROOT, try_out
from lanh.nation.roles import ROLES

PAGE = ROOT / "docs" / "tutorial" / "README.md"
_BLOCK = re.compile(r"^```(\w+)(?: file=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_what_the_tutorial_says_works(
    tmp_path: Path, server_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = _BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    commands = "".join(text for language, _, text in blocks if language == "console")
    (name,) = set(re.findall(r"lanh systems \w+ (\w+)", commands))
    new_system(name, tmp_path)
    folder = tmp_path / name
    written = [(file, text) for _, file, text in blocks if file]
    assert len(written) >= 8
    for file, text in written:
        (folder / file).write_text(text, encoding="utf-8")
    monkeypatch.setattr(lanh.systems, "__path__", [*lanh.systems.__path__, str(tmp_path)])
    system = importlib.import_module(f"lanh.systems.{name}.system").SYSTEM
    for module in [each for each in sys.modules if each.startswith(f"lanh.systems.{name}")]:
        monkeypatch.delitem(sys.modules, module)
    assert [f"{f.where}: {f.message.en}" for f in check(folder, system, roles=ROLES)] == []
    assert "LANH_BASELINES=1" in commands
    code, said = try_out(tmp_path, name, server_url, baselines=True)
    assert code == 0, said
    code, said = try_out(tmp_path, name, server_url)
    assert code == 0, said
