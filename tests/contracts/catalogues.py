"""Which code speaks from which catalogue: `NAME = Catalogue.load(...)` and who imports NAME."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import yaml

from tests.contracts.project import PACKAGE, is_test, module, sources, tracked, tree

_SAID_BY = {"message", "say", "fail", "words", "progress", "phrase", "text"}


@cache
def catalogue_files() -> tuple[Path, ...]:
    """Every YAML file whose entries are all pairs of vi and en, or that is named as one."""
    found = []
    for path in tracked():
        if path.suffix != ".yaml" or PACKAGE not in path.parents or is_test(path):
            continue
        if path.name == "messages.yaml" or path in set(_owners().values()):
            found.append(path)
    return tuple(found)


@cache
def _owners() -> dict[tuple[str, str], Path]:
    """(module, name) of each catalogue that code loads -> its file."""
    found = {}
    for path in sources():
        if is_test(path):
            continue
        for node in tree(path).body:
            target = node.targets[0] if isinstance(node, ast.Assign) else None
            if isinstance(node, ast.AnnAssign):
                target = node.target
            if not isinstance(target, ast.Name) or not isinstance(node, ast.Assign | ast.AnnAssign):
                continue
            file = _loaded_file(node.value, path) if node.value else None
            if file is not None:
                found[module(path), target.id] = file
    return found


def _loaded_file(value: ast.expr, path: Path) -> Path | None:
    text = ast.unparse(value)
    if text == "catalogue(__file__)":
        return path.with_name("messages.yaml")
    match = re.search(r"Catalogue\.load\(Path\(__file__\)\.with_name\('([^']+)'\)\)", text)
    return path.with_name(match.group(1)) if match else None


def keys(path: Path) -> set[str]:
    """The keys of a catalogue."""
    return set(yaml.safe_load(path.read_text(encoding="utf-8")) or {})


def _visible(path: Path) -> dict[str, Path]:
    """The catalogues that a module can name, by the name it uses."""
    own = module(path)
    seen = {name: file for (owner, name), file in _owners().items() if owner == own}
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                for door in (node.module, f"{node.module}.{alias.name}"):
                    file = _reexported(door, alias.name)
                    if file is not None:
                        seen[alias.asname or alias.name] = file
    return seen


@cache
def _reexported(door: str, name: str) -> Path | None:
    if (door, name) in _owners():
        return _owners()[door, name]
    init = PACKAGE.parent.joinpath(*door.split("."), "__init__.py")
    if not init.exists():
        return None
    for node in tree(init).body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module != door:
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return _reexported(node.module, alias.name)
    return None


def asked(path: Path) -> Iterator[tuple[int, Path, str]]:
    """(line, catalogue, key) of each literal key that a module asks a catalogue for."""
    seen = _visible(path)
    for node in ast.walk(tree(path)):
        argument: ast.expr | None = None
        owner: ast.expr | None = None
        if isinstance(node, ast.Subscript):
            owner, argument = node.value, node.slice
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in _SAID_BY
            and node.args
        ):
            owner, argument = node.func.value, node.args[0]
        if not isinstance(owner, ast.Name) or owner.id not in seen:
            continue
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            yield node.lineno, seen[owner.id], argument.value


def patterns(node: ast.Module) -> Iterator[re.Pattern[str]]:
    """The f-strings of a module as patterns of what they can make."""
    for part in ast.walk(node):
        if isinstance(part, ast.JoinedStr):
            pieces = [
                re.escape(str(value.value)) if isinstance(value, ast.Constant) else ".+"
                for value in part.values
            ]
            if any(piece != ".+" and re.search(r"\w", piece) for piece in pieces):
                yield re.compile("".join(pieces))
