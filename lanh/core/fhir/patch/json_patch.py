"""JSON Patch (RFC 6902) on JSON values, decimals to the digit."""

from __future__ import annotations

import copy
import re
from decimal import Decimal
from typing import Any

from lanh.core.fhir.patch.faults import MOST_OPERATIONS, PatchError

_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")
_BAD_ESCAPE = re.compile(r"~(?![01])")
_OPERATIONS = {
    "add": ("value",),
    "remove": (),
    "replace": ("value",),
    "move": ("from",),
    "copy": ("from",),
    "test": ("value",),
}
_MOST_COPIED = 500_000  # values; what copies of copies may add up to


def apply_json_patch(document: Any, operations: Any) -> Any:
    """The document after all operations; the one given is left as it is.

    Raises PatchError, `malformed` where the patch itself is wrong whatever the document.
    """
    if not isinstance(operations, list):
        raise PatchError("not-a-list", "patch", malformed=True)
    if len(operations) > MOST_OPERATIONS:
        raise PatchError("too-many", "patch", malformed=True, limit=MOST_OPERATIONS)
    patch = _Patch(copy.deepcopy(document))
    for number, operation in enumerate(operations):
        _check(operation, f"patch[{number}]")
    for number, operation in enumerate(operations):
        patch.apply(operation, f"patch[{number}]")
    return patch.document


def _check(operation: Any, place: str) -> None:
    if not isinstance(operation, dict):
        raise PatchError("bad-member", place, malformed=True, member="op")
    op = operation.get("op")
    if not isinstance(op, str) or op not in _OPERATIONS:
        raise PatchError("bad-operation", place, malformed=True, op=str(op)[:40])
    pointers = ("path", "from") if "from" in _OPERATIONS[op] else ("path",)
    for member in pointers:
        text = operation.get(member)
        if not isinstance(text, str) or (text and not text.startswith("/")):
            raise PatchError("bad-member", place, malformed=True, member=member)
        if _BAD_ESCAPE.search(text):
            raise PatchError("bad-member", place, malformed=True, member=member)
    if "value" in _OPERATIONS[op] and "value" not in operation:
        raise PatchError("bad-member", place, malformed=True, member="value")


def _steps(pointer: str) -> list[str]:
    """The steps of a JSON Pointer (RFC 6901)."""
    return [each.replace("~1", "/").replace("~0", "~") for each in pointer.split("/")[1:]]


class _Patch:
    def __init__(self, document: Any) -> None:
        self.document = document
        self.copied = 0

    def apply(self, operation: dict[str, Any], place: str) -> None:
        """Carry out one well-formed operation."""
        op, path = operation["op"], operation["path"]
        match op:
            case "add":
                self._add(path, copy.deepcopy(operation["value"]), place)
            case "remove":
                self._remove(path, place)
            case "replace":
                self._replace(path, copy.deepcopy(operation["value"]), place)
            case "move":
                origin = operation["from"]
                value = self._get(origin, place)
                if path.startswith(f"{origin}/"):
                    raise PatchError("into-itself", place, path=origin)
                if path != origin:
                    self._remove(origin, place)
                    self._add(path, value, place)
            case "copy":
                value = self._get(operation["from"], place)
                self.copied += _size(value)
                if self.copied > _MOST_COPIED:
                    raise PatchError("too-large", place)
                self._add(path, copy.deepcopy(value), place)
            case "test":
                if not same(self._get(path, place), operation["value"]):
                    raise PatchError("test-failed", place, path=path)

    def _get(self, pointer: str, place: str) -> Any:
        value = self.document
        for step in _steps(pointer):
            value = _into(value, step, pointer, place)
        return value

    def _holder(self, pointer: str, place: str) -> tuple[Any, str]:
        head, _, _ = pointer.rpartition("/")
        holder = self._get(head, place)
        if not isinstance(holder, dict | list):
            raise PatchError("no-target", place, path=pointer)
        return holder, _steps(pointer)[-1]

    def _add(self, pointer: str, value: Any, place: str) -> None:
        if not pointer:
            self.document = value
            return
        holder, step = self._holder(pointer, place)
        if isinstance(holder, dict):
            holder[step] = value
            return
        at = len(holder) if step == "-" else _position(step, len(holder) + 1, pointer, place)
        holder.insert(at, value)

    def _remove(self, pointer: str, place: str) -> None:
        if not pointer:
            raise PatchError("no-target", place, path=pointer)
        holder, step = self._holder(pointer, place)
        _into(holder, step, pointer, place)
        if isinstance(holder, dict):
            del holder[step]
        else:
            del holder[int(step)]

    def _replace(self, pointer: str, value: Any, place: str) -> None:
        if not pointer:
            self.document = value
            return
        holder, step = self._holder(pointer, place)
        _into(holder, step, pointer, place)
        if isinstance(holder, dict):
            holder[step] = value
        else:
            holder[int(step)] = value


def _into(value: Any, step: str, pointer: str, place: str) -> Any:
    if isinstance(value, dict):
        if step not in value:
            raise PatchError("no-target", place, path=pointer)
        return value[step]
    if isinstance(value, list):
        return value[_position(step, len(value), pointer, place)]
    raise PatchError("no-target", place, path=pointer)


def _position(step: str, size: int, pointer: str, place: str) -> int:
    if not _INDEX.fullmatch(step) or int(step) >= size:
        raise PatchError("bad-index", place, path=pointer, index=step[:40])
    return int(step)


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal as RFC 6902 4.6 says: numbers by value, true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool) or one is None or other is None:
        return one is other
    if isinstance(one, dict):
        if not isinstance(other, dict) or one.keys() != other.keys():
            return False
        return all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        if not isinstance(other, list) or len(one) != len(other):
            return False
        return all(same(left, right) for left, right in zip(one, other, strict=True))
    if isinstance(one, int | float | Decimal):
        return isinstance(other, int | float | Decimal) and bool(one == other)
    return type(one) is type(other) and bool(one == other)


def _size(value: Any) -> int:
    count, stack = 0, [value]
    while stack:
        item = stack.pop()
        count += 1
        if isinstance(item, dict):
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
    return count
