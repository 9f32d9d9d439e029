"""String parameters (R4 3.1.1.4.8): folded, from the beginning of a word on."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lanh.core.store.compiling.scope import Scope, texts_of
from lanh.core.store.hashing import exact_mark
from lanh.core.store.indexing import EXACT, FIELD, VALUE
from lanh.core.store.layout import NAMED
from lanh.core.store.query import bad_value
from lanh.core.store.records import Parameter
from lanh.core.text import fold, nfc

LAST_SIGN = chr(0x10FFFF)
NAMES = frozenset({"name", "family", "given"})  # looked up by their words
_LONGEST_WORD = 254  # longer ones are not in the index
_NOT_WORD = re.compile(r"([^\w\s\x1d\x1e\x1f])", re.ASCII)


def escaped(text: str) -> str:
    """A text as a PostgreSQL regular expression that means it."""
    return _NOT_WORD.sub(r"\\\1", text)


def begins_a_word(texts: Sequence[str]) -> str:
    """The pattern of folded texts in which one of these begins a word."""
    return f"(^| )({'|'.join(map(escaped, texts))})"


def string_pattern(name: str, texts: Sequence[str], *, anywhere: bool = False) -> str:
    """The pattern of `strings` in which a value of the parameter holds one of the texts."""
    lead = f"[^{FIELD}]*" if anywhere else f"([^{FIELD}]* )?"
    return f"{escaped(f'{FIELD}{name}{VALUE}')}{lead}({'|'.join(map(escaped, texts))})"


def string(scope: Scope, parameter: Parameter) -> str:
    """The condition of a string parameter. Raises Invalid."""
    texts = folded_texts(parameter)
    name = _kept_name(parameter.name)
    key, conditions = scope.key(name), []
    by_name = _by_name(scope, name, texts) if parameter.modifier != "contains" else None
    if by_name is not None:
        conditions.append(by_name)
    if parameter.modifier == "exact":
        written = texts_of(name, parameter.values)
        marks = "|".join(exact_mark(nfc(text)) for text in written)
        before = escaped(f"{FIELD}{key}{EXACT}")
        conditions.append(_matches(scope, f"{before}([A-Za-z0-9_-]{{6}})*({marks})"))
        if by_name is None:
            conditions.append(matches(scope, key, texts))
    elif by_name is None or name != "name":
        anywhere = parameter.modifier == "contains"
        conditions.append(matches(scope, key, texts, anywhere=anywhere))
    return " AND ".join(conditions)


def folded_texts(parameter: Parameter) -> list[str]:
    """The texts asked for, folded. Raises Invalid where nothing is left of one."""
    texts = [fold(text) for text in texts_of(parameter.name, parameter.values)]
    if not all(texts):
        raise bad_value(parameter.name, parameter.values[0], "text")
    return texts


def _kept_name(name: str) -> str:
    return "name" if name == "phonetic" else name  # as Vietnamese is heard without its marks


def matches(scope: Scope, key: str, texts: Sequence[str], *, anywhere: bool = False) -> str:
    """Rows of which a value of a parameter begins with a text, or holds it, at a word."""
    found = _matches(scope, string_pattern(key, texts, anywhere=anywhere), texts)
    if anywhere or scope.few or not scope.shape.walked:
        return found
    words = scope.arguments.add(words_asked(texts), "text")
    return f"store.words({scope.alias}.strings) @@ {words}::tsquery AND {found}"


def words_asked(texts: Sequence[str]) -> str:
    """The tsquery of the rows whose texts may hold one of these, of which the last word may go on:
    an index answers it (migrations/0005_words.sql)."""
    ways = []
    for text in texts:
        words = [_lexeme(word) for word in text.split(" ") if word]
        ways.append(" & ".join([*words[:-1], f"{words[-1]}:*"]))
    return " | ".join([*(f"({way})" for way in ways), f"'{FIELD}'"])


def _lexeme(word: str) -> str:
    doubled = word[:_LONGEST_WORD].replace("\\", "\\\\").replace("'", "''")
    return f"'{doubled}'"


def _matches(scope: Scope, pattern: str, texts: Sequence[str] = ()) -> str:
    """Rows whose texts match a pattern; `texts` are those of which each match holds one."""
    found = f"{scope.alias}.strings ~ {scope.arguments.add(pattern, 'text')}"
    if not scope.shape.walked:
        return found
    # The planner takes a pattern for rare, whatever it says. Looking for a text costs half of it.
    held = [f"strpos({scope.alias}.strings, {scope.arguments.add(each, 'text')}) > 0"
            for each in texts]  # fmt: skip
    first = f"({' OR '.join(held)}) AND " if held else ""
    return f"CASE WHEN {first}{found} THEN true ELSE false END"


def words_source(scope: Scope, texts: Sequence[str]) -> str:
    """A query for (id, bucket) of people of whose names a word, or several, begin with a text."""
    parts = []
    for text in texts:
        low = scope.arguments.add(text, "text")
        high = scope.arguments.add(text + LAST_SIGN, "text")
        parts.append(f"(n.words >= {low} AND n.words < {high})")
    return (
        "SELECT DISTINCT n.id, n.bucket FROM store.name n"  # noqa: S608
        f" WHERE ({' OR '.join(parts)}) AND n.type = {scope.shape.number}"
    )


def _by_name(scope: Scope, name: str, texts: Sequence[str]) -> str | None:
    """Names by the index of their words, which alone decides about `name`."""
    if scope.shape.type not in NAMED or name not in NAMES or scope.few:
        return None
    return f"({scope.alias}.id, {scope.alias}.bucket) IN ({words_source(scope, texts)})"
