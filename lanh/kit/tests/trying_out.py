"""Runs a system that stands outside the source tree, in a process of its own, as pytest does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
_RUN = """
import sys
import lanh.systems
lanh.systems.__path__.append(sys.argv[1])
import pytest
sys.exit(pytest.main(sys.argv[2:]))
"""


def try_out(
    systems: Path, name: str, database_server: str, *, baselines: bool = False
) -> tuple[int, str]:
    """The tests of the system `name` in a folder of systems: the exit code, and what was said."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "LANH_TEST_DATABASE_URL": database_server,
        "LANH_BASELINES": "1" if baselines else "0",
    }
    done = subprocess.run(
        [
            sys.executable, "-c", _RUN, str(systems), str(systems / name / "tests"), "-q", "-x",
            "-p", "no:cacheprovider", "-p", "conftest", "-c", str(ROOT / "pyproject.toml"),
            "--rootdir", str(systems), "--no-header",
        ],
        cwd=systems, env=environment, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr
