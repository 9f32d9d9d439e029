"""How large a system is, and what of it escapes the kit's words.

Two things escape, and are counted line by line wherever they stand: *own queries*, functions that
are plans of their own (they read or write the store beside what forms, lists and overviews do), and
*own pages*, functions that draw markup. All else is what the kit asks for: declarations, and
behaviour as pure functions, which are always Python.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lanh.kit.system import System

# What of the components is data or words, not markup.
_NO_MARKUP = frozenset({"Dot", "Point", "Tone", "formats"})
_COMPONENTS = "lanh.core.ui"


@dataclass(frozen=True, slots=True)
class Size:
    """A system in lines: Python by what it is, artefacts (YAML, Typst, SQL), tests; and how many
    own queries and own pages there are."""

    key: str
    declared: int
    rules: int
    queried: int
    drawn: int
    artefacts: int
    tests: int
    own_queries: int
    own_pages: int

    @property
    def python(self) -> int:
        """All lines of Python but tests."""
        return self.declared + self.rules + self.queried + self.drawn

    @property
    def escapes(self) -> int:
        """Lines that escape."""
        return self.queried + self.drawn

    @property
    def share(self) -> int:
        """Lines that escape, in per cent of all but tests."""
        return round(100 * self.escapes / max(1, self.python + self.artefacts))


def report(folder: Path, system: System) -> Size:
    """How large a system is and how much of it escapes the kit's words."""
    lines = {"declared": 0, "rules": 0, "queried": 0, "drawn": 0}
    artefacts = tests = queries = 0
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.suffix not in (".py", ".yaml", ".typ", ".sql") or "__pycache__" in parts:
            continue
        text = path.read_text(encoding="utf-8")
        count = len(text.splitlines())
        if parts[0] == "tests":
            tests += count
        elif path.suffix == ".py":
            rest = count
            for kind, length in functions(text):
                lines[kind] += length
                rest -= length
                queries += kind == "queried"
            lines["declared"] += rest
        elif parts[0] != "examples":
            artefacts += count
    pages = len(system.own_pages)
    return Size(system.key, **lines, artefacts=artefacts, tests=tests, own_queries=queries,
                own_pages=pages)  # fmt: skip


def functions(text: str) -> Iterator[tuple[str, int]]:
    """The functions of a module, those in classes too: what each is, and its lines."""
    tree = ast.parse(text)
    markup = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == _COMPONENTS
        for alias in node.names
        if alias.name not in _NO_MARKUP
    }
    for top in tree.body:
        held = top.body if isinstance(top, ast.ClassDef) else [top]
        for node in held:
            if isinstance(node, ast.FunctionDef):
                first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
                yield _kind(node, markup), (node.end_lineno or first) - first + 1


def _kind(node: ast.FunctionDef, markup: set[str]) -> str:
    returned = ast.unparse(node.returns) if node.returns is not None else ""
    names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    if names & markup or "OwnScreen" in returned or "Html" in returned:
        return "drawn"
    return "queried" if "Plan[" in returned else "rules"
