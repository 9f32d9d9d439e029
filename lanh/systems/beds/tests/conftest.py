"""What tests of beds share."""

from __future__ import annotations

import pytest

from lanh.core.database import SyncDatabase
from lanh.systems.beds.tests.scene import Room


@pytest.fixture
def room(database: SyncDatabase, monkeypatch: pytest.MonkeyPatch) -> Room:
    """The desk on a fresh database."""
    # Indexing waits for other processes to hear of a search parameter; there are none here.
    monkeypatch.setattr("lanh.core.store.reindexing.KNOWN_FOR", 0.0)
    monkeypatch.setattr("lanh.core.store.reindexing._SLACK", 0.0)
    return Room(database)
