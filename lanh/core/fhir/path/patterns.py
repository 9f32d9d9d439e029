"""Regular expressions of FHIRPath, matched in time linear in the text.

RE2 knows no back references and no looking ahead; FHIR's own expressions need neither. What an
outsider writes can therefore not run for hours.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import re2

from lanh.core.fhir.path.nodes import PathError

_MAX_PATTERN = 2_000
_GROUP = re.compile(r"\$(?:\{(\w+)\}|(\d{1,2})|(\$))")


def _options() -> Any:
    options = re2.Options()
    options.dot_nl = True
    options.log_errors = False
    options.max_mem = 4 << 20
    return options


@lru_cache(maxsize=512)
def _compiled(pattern: str, flags: str = "") -> Any:
    if flags.strip("im"):
        raise PathError("a regular expression takes the flags i and m")
    if flags:
        pattern = f"(?{flags}){pattern}"
    if len(pattern) > _MAX_PATTERN:
        raise PathError("a regular expression has at most 2000 characters")
    try:
        return re2.compile(pattern, _options())
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        shown = reason.decode(errors="replace") if isinstance(reason, bytes) else reason
        raise PathError(f"not a regular expression of RE2 ({shown}): {pattern}") from error


def matches(text: str, pattern: str, flags: str = "") -> bool:
    """Whether the pattern is found somewhere in the text. Raises PathError on a bad pattern.

    Flags: `i` case does not count, `m` `^` and `$` stand at each line.
    """
    return _compiled(pattern, flags).search(text) is not None


def matches_full(text: str, pattern: str, flags: str = "") -> bool:
    """Whether the pattern is the whole text. Raises PathError on a bad pattern."""
    return _compiled(pattern, flags).fullmatch(text) is not None


def replace_matches(text: str, pattern: str, substitution: str, limit: int, flags: str = "") -> str:
    """Every match replaced; `$1` and `${name}` stand for groups. An empty pattern changes nothing.

    Raises PathError on a bad pattern, on a group that it lacks, and where the result is longer
    than `limit`.
    """
    if not pattern:
        return text
    parts: list[str] = []
    size, last = 0, 0
    for match in _compiled(pattern, flags).finditer(text):
        piece = text[last : match.start()] + _filled(substitution, match)
        size += len(piece)
        if size > limit:
            raise PathError("the text becomes too long")
        parts.append(piece)
        last = match.end()
    return "".join(parts) + text[last:]


def _filled(substitution: str, match: Any) -> str:
    def one(found: re.Match[str]) -> str:
        if found[3]:
            return "$"
        name = found[1] or found[2]
        try:
            return match.group(int(name) if name.isdigit() else name) or ""
        except (IndexError, KeyError) as error:
            raise PathError(f"the regular expression has no group {name}") from error

    return _GROUP.sub(one, substitution)
