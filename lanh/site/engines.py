"""The engines that own tables, in the order in which their migrations are applied."""

from __future__ import annotations

from pathlib import Path

from lanh.core.database import Engine

_PACKAGE = Path(__file__).parents[1]

_FOLDERS = (
    "core/audit",
    "core/jobs",
    "core/store",
    "core/terminology",
    "core/profiles",
    "core/accounts",
    "core/matching",
    "core/workflow",
    "core/forms",
    "core/lists",
    "core/bus",
    "core/warehouse",
    "core/bulk",
    "core/subscriptions",
    "core/web",
    "nation",
    "site",
)

ENGINES = [
    Engine(folder.rsplit("/", 1)[-1], _PACKAGE / folder / "migrations") for folder in _FOLDERS
]
