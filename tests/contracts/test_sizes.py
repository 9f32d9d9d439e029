"""A source file has at most 400 lines, a function at most 60; the exceptions may only shrink."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import yaml

from tests.contracts.project import name, sources, tree

FILE_LINES, FUNCTION_LINES = 400, 60
EXCEPTIONS = yaml.safe_load(Path(__file__).with_name("exceptions.yaml").read_text())


def _functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.lineno
            yield f"{name(path)}:{node.name}", (node.end_lineno or first) - first + 1


def _too_long(found: dict[str, int], limit: int) -> dict[str, int]:
    return {each: lines for each, lines in found.items() if lines > limit}


def test_no_file_is_longer_than_the_rule_allows() -> None:
    lines = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in sources()}
    assert _too_long(lines, FILE_LINES) == EXCEPTIONS["files"]


def test_no_function_is_longer_than_the_rule_allows() -> None:
    lines = {each: count for path in sources() for each, count in _functions(path)}
    assert _too_long(lines, FUNCTION_LINES) == EXCEPTIONS["functions"]
