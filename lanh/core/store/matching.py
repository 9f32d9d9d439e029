"""Whether a row that SQL let through really answers: by its body.

Identifiers are looked at because their hashes could collide, and the wrong row would be a wrong
person. Words of a narrative or a whole resource have no index at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from lanh.core import fhir
from lanh.core.store.own_parameters import OwnParameter, own_values
from lanh.core.store.query import unescape
from lanh.core.store.records import Parameter, Stored
from lanh.core.text import fold

Check: TypeAlias = Callable[[Stored], bool]

_TAG = re.compile(r"<[^>]*>")
_ENTITY = re.compile(r"&(#x?[0-9a-fA-F]+|\w+);")
_NOT_CONTENT = frozenset({"div", "data", "id", "reference", "url", "system"})


def text_check(texts: Sequence[str]) -> Check:
    """Rows whose body holds one of the texts: tells every chance collision of hashes."""
    needles = [fhir.dumps(text)[1:-1] for text in texts]

    def check(row: Stored) -> bool:
        return any(needle in row.body for needle in needles)

    return check


def word_check(parameter: Parameter) -> Check:
    """Rows whose narrative (`_text`) or whole text (`_content`) has every word of an alternative.

    A word is found, folded, at the beginning of a word.
    """
    wanted = [[f" {word}" for word in fold(unescape(v)).split(" ")] for v in parameter.values]
    of_narrative = parameter.name == "_text"

    def check(row: Stored) -> bool:
        resource = row.resource()
        text = _narrative(resource)
        if not of_narrative:
            text = " ".join((text, *_texts(resource)))
        folded = f" {fold(text)}"
        return any(all(word in folded for word in words) for words in wanted)

    return check


def version_check(parameter: Parameter, own: OwnParameter | None) -> Check:
    """Rows with a canonical of a url and, where one is named, of a version or one below it
    (`|1` stands for 1, 1.0 and 1.2.3; R4 3.1.1.4.13)."""
    wanted = [unescape(value).partition("|") for value in parameter.values]

    def check(row: Stored) -> bool:
        resource = row.resource()
        if own is None:
            found = fhir.extract(resource).references.get(parameter.name, ())
        else:
            values = own_values([own], resource)
            found = values.references.get(own.key, ()) if values is not None else ()
        for text in found:
            url, _, version = str(text).partition("|")
            for other, _, least in wanted:
                if url == other and (not least or f"{version}.".startswith(f"{least}.")):
                    return True
        return False

    return check


def _narrative(resource: dict[str, Any]) -> str:
    text = resource.get("text")
    found = text.get("div") if isinstance(text, dict) else None
    if not isinstance(found, str):
        return ""
    return _ENTITY.sub(" ", _TAG.sub(" ", found))


def _texts(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, str):
        if key not in _NOT_CONTENT:
            yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _texts(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, key)
