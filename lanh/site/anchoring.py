"""Keeping heads of the audit trail's chain outside the database."""

from __future__ import annotations

import os
from pathlib import Path

from lanh.core import audit
from lanh.core.audit import Head
from lanh.core.database import SyncDatabase


def keep_head(database: SyncDatabase, path: Path) -> Head | None:
    """Append the head of the chain to a file, unless its last line says the same; None if not.

    The file should stand where who runs the database cannot write: another machine's share, or a
    medium that is written once. Raises OSError, AnchorFault where the file holds something else.
    """
    head = database.read(audit.head())
    kept = kept_heads(path)
    if head is None or (kept and kept[-1].seal >= head.seal):
        return None
    with path.open("a", encoding="utf-8") as file:
        file.write(head.line() + "\n")
        file.flush()
        os.fsync(file.fileno())
    return head


def kept_heads(path: Path) -> list[Head]:
    """The heads that a file holds; none where it does not exist. Raises OSError, AnchorFault."""
    return audit.read_anchors(path.read_text(encoding="utf-8")) if path.exists() else []
