"""Engines are entered by their front doors: what stands in their package, not a module within."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.contracts.project import PACKAGE, is_test, module, name, sources, tree

ENGINES = {path.name for path in (PACKAGE / "core").iterdir() if (path / "__init__.py").exists()}

# Its package would load the framework for whoever only asks for its ports.
DOORS = {"lanh.core.web.wsgi"}


def _is_package(dotted: str) -> bool:
    return PACKAGE.parent.joinpath(*dotted.split("."), "__init__.py").exists()


def _behind_the_door(imported: str) -> str | None:
    """The engine whose inner module this is, or None."""
    parts = imported.split(".")
    if parts[:2] != ["lanh", "core"] or len(parts) < 4 or parts[2] not in ENGINES:
        return None
    return None if _is_package(imported) or imported in DOORS else parts[2]


def _imports(path: Path) -> list[tuple[int, str]]:
    found = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.append((node.lineno, node.module))
        elif isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
    return found


def test_nobody_enters_an_engine_by_a_window() -> None:
    found = []
    for path in sources():
        if is_test(path) or PACKAGE not in path.parents:
            continue
        own = module(path).split(".")[:3]
        for line, imported in _imports(path):
            engine = _behind_the_door(imported)
            if engine and own != ["lanh", "core", engine]:
                found.append(f"{name(path)}:{line}: {imported}")
    assert found == []
