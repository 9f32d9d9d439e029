"""A scene a test."""

from __future__ import annotations

from pathlib import Path

import pytest

from lanh.core.bulk.tests.scene import Scene
from lanh.core.database import SyncDatabase


@pytest.fixture
def scene(database: SyncDatabase, tmp_path: Path) -> Scene:
    """The engines on a fresh database and folder."""
    return Scene(database, tmp_path / "bulk")
