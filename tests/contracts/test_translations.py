"""Each text that a person reads stands in both languages; none is missing, none is left over."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from lanh.core.text import Catalogue
from tests.contracts.catalogues import asked, catalogue_files, keys, patterns
from tests.contracts.project import PACKAGE, is_test, name, sources, tracked, tree

# Letters with marks that only Vietnamese has: a text in Python with one is a text to translate.
VIETNAMESE = re.compile(r"[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹĐĂƠƯ]")


@pytest.mark.parametrize("path", catalogue_files(), ids=name)
def test_a_catalogue_is_whole(path: Path) -> None:
    catalogue = Catalogue.load(path)
    blank = [
        key for key in catalogue if not catalogue[key].vi.strip() or not catalogue[key].en.strip()
    ]
    assert blank == []


def test_every_key_that_code_asks_for_exists() -> None:
    missing = [
        f"{name(path)}:{line}: {key} is not in {name(file)}"
        for path in sources()
        if PACKAGE in path.parents
        for line, file, key in asked(path)
        if key not in keys(file)
    ]
    assert missing == []


SPEAKING = [PACKAGE / "systems", *(PACKAGE / "core" / each for each in ("api", "bus", "ui", "web"))]


def _docstrings(node: ast.Module) -> set[int]:
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    return {
        id(part.body[0].value)
        for part in ast.walk(node)
        if isinstance(part, documented) and part.body and isinstance(part.body[0], ast.Expr)
    }


def test_no_vietnamese_text_stands_in_the_code_of_pages_and_engines() -> None:
    found = []
    for path in sources():
        if is_test(path) or not any(folder in path.parents for folder in SPEAKING):
            continue
        documented = _docstrings(tree(path))
        found += [
            f"{name(path)}:{node.lineno}: {node.value[:60]}"
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in documented
            and VIETNAMESE.search(node.value)
        ]
    assert found == []


@cache
def _literals() -> frozenset[str]:
    found: set[str] = set()
    for path in sources():
        if not is_test(path):
            found |= {
                node.value
                for node in ast.walk(tree(path))
                if isinstance(node, ast.Constant) and isinstance(node.value, str)
            }
    return frozenset(found)


@cache
def _templates() -> str:
    kinds = {".html", ".txt", ".yaml", ".js"}
    return "\n".join(
        path.read_text(encoding="utf-8")
        for path in tracked()
        if path.suffix in kinds
        and PACKAGE in path.parents
        and path not in catalogue_files()
        and "tests" not in path.parts
    )


@pytest.mark.parametrize("path", catalogue_files(), ids=name)
def test_no_key_is_left_over(path: Path) -> None:
    made = [
        pattern
        for source in sources()
        if not is_test(source) and PACKAGE in source.parents
        for pattern in patterns(tree(source))
    ]
    unused = [
        key
        for key in sorted(keys(path))
        if key not in _literals()
        and not any(pattern.fullmatch(key) for pattern in made)
        and not re.search(rf"['\"]{re.escape(key)}['\"]", _templates())
    ]
    assert unused == []
