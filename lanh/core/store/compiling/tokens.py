"""Token parameters (R4 3.1.1.4.10): codes, identifiers, displays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lanh.core import fhir
from lanh.core.store.compiling.scope import Hashes, Scope, any_token, texts_of
from lanh.core.store.compiling.strings import begins_a_word, string_pattern
from lanh.core.store.hashing import display_hash, system_hash, token_hash, typed_hash, value_hash
from lanh.core.store.layout import COMBINED
from lanh.core.store.query import bad_value, split_bars, split_token, unescape
from lanh.core.store.records import Parameter
from lanh.core.store.resolving import RESOLVED
from lanh.core.text import fold

_NEGATIVE = frozenset({"not", "not-in"})


def token(scope: Scope, parameter: Parameter) -> str:
    """The condition of a token parameter. Raises Invalid."""
    name, modifier = parameter.name, parameter.modifier
    if modifier == "text":
        return _text(scope, parameter)
    if modifier == "of-type":
        return any_token(scope, Hashes(_typed(scope, parameter)))
    if name == "_id":
        ids = scope.arguments.add(texts_of(name, parameter.values), "text[]")
        found = f"{scope.alias}.id = ANY({ids})"
    elif name == "identifier" and scope.own(name) is None:
        found = identifier(scope, parameter)
    else:
        wanted = wanted_tokens(parameter)
        found = any_token(scope, token_hashes(scope, parameter.name, wanted))
    return f"NOT ({found})" if modifier in _NEGATIVE else found


def wanted_tokens(parameter: Parameter) -> list[tuple[str | None, str]]:
    """(system, code) of each alternative; a code may be empty after a system. Raises Invalid."""
    wanted = [split_token(value) for value in parameter.values]
    if not wanted and parameter.modifier not in RESOLVED:
        raise bad_value(parameter.name, "", "[system|]code")
    for value, (system, code) in zip(parameter.values, wanted, strict=True):
        if not code and not system:
            raise bad_value(parameter.name, value, "[system|]code")
    return wanted


def token_hashes(scope: Scope, name: str, wanted: Sequence[tuple[str | None, str]]) -> Hashes:
    """The hashes of tokens as rows of the type hold them."""
    hashes = Hashes()
    for each in COMBINED.get((scope.shape.type, name), (name,)):
        listed = each in scope.shape.listed and scope.own(each) is None
        if listed:
            _listed(scope, each, wanted, hashes)
        else:
            _unlisted(scope, each, wanted, hashes)
    return hashes


def _listed(
    scope: Scope, name: str, wanted: Sequence[tuple[str | None, str]], hashes: Hashes
) -> None:
    """Codes: a row holds one hash a coding, with its system where it has one."""
    implied = fhir.implied_systems(scope.shape.type, name)
    codes, systems = [], []
    for system, code in wanted:
        if not code:
            systems.append(system)
            if system in implied:  # any code of a property that has no other system
                hashes.selected.append(_entries(scope, name, "v.system IS NULL"))
            continue
        if system:
            hashes.known.append(token_hash(name, system, code))
            if system in implied:
                hashes.known.append(token_hash(name, None, code))
            continue
        hashes.known.append(token_hash(name, None, code))
        if system is None:
            codes.append(code)
    if codes:
        listed = scope.arguments.add(codes, "text[]")
        hashes.selected.append(_entries(scope, name, f"v.value = ANY({listed})"))
    if systems:
        listed = scope.arguments.add(systems, "text[]")
        hashes.selected.append(_entries(scope, name, f"v.system = ANY({listed})"))


def _entries(scope: Scope, field: str, where: str) -> str:
    return f"v.field = {scope.arguments.add(field, 'text')} AND {where}"


def _unlisted(
    scope: Scope, name: str, wanted: Sequence[tuple[str | None, str]], hashes: Hashes
) -> None:
    """Values of one person or thing: a row holds a hash for each way to ask for one."""
    key = scope.key(name)
    with_systems = name in scope.shape.identified or ":" in name or key != name
    for system, code in wanted:
        if system == "" and not with_systems:
            system = None
        hashes.known.append(token_hash(key, system, code))


def _text(scope: Scope, parameter: Parameter) -> str:
    """Displays are in the vocabulary, other texts on the row: both as strings are searched."""
    names = COMBINED.get((scope.shape.type, parameter.name), (parameter.name,))
    found = [_text_of(scope, replace(parameter, name=name)) for name in names]
    return f"({' OR '.join(found)})"


def _text_of(scope: Scope, parameter: Parameter) -> str:
    key = scope.key(parameter.name)
    texts = [fold(text) for text in texts_of(parameter.name, parameter.values)]
    if not all(texts):
        raise bad_value(parameter.name, parameter.values[0], "text")
    pattern = scope.arguments.add(begins_a_word(texts), "text")
    entries = _entries(scope, f"{key}:text", f"v.value ~ {pattern}")
    displays = Hashes(selected=[entries])
    # Either a display, or the mark of a row with a text of its own: both by the index.
    either = Hashes([display_hash(key, "")], [entries])
    few = replace(scope, few=True)
    regex = scope.arguments.add(string_pattern(f"{key}:text", texts), "text")
    return (
        f"({any_token(scope, either)} AND"
        f" ({any_token(few, displays)} OR ({scope.alias}.strings ~ {regex}) IS TRUE))"
    )


def _typed(scope: Scope, parameter: Parameter) -> list[int]:
    key, found = scope.key(parameter.name), []
    for value in parameter.values:
        parts = [unescape(part) for part in split_bars(value)]
        if len(parts) != 3 or not all(parts[1:]):
            raise bad_value(f"{parameter.name}:of-type", value, "system|code|value")
        found.append(typed_hash(key, parts[0] or None, parts[1], parts[2]))
    return found


def identifier_source(scope: Scope, parameter: Parameter) -> str | None:
    """A query for (id, bucket) of rows by identifier; None where a system alone is asked for."""
    parts = []
    for system, value in wanted_tokens(parameter):
        if not value:
            return None
        part = f"i.value = {scope.arguments.add(value_hash(value), 'bigint')}"
        if system is not None:
            part += f" AND i.system = {scope.arguments.add(system_hash(system), 'bigint')}"
        parts.append(f"({part})")
    return (
        "SELECT DISTINCT i.id, i.bucket FROM store.identifier i"  # noqa: S608
        f" WHERE ({' OR '.join(parts)}) AND i.type = {scope.shape.number}"
    )


def identifier(scope: Scope, parameter: Parameter) -> str:
    """Rows by the index of identifiers; by their tokens where a system alone is asked for."""
    wanted = wanted_tokens(parameter)
    systems = [system for system, value in wanted if not value and system]
    valued = tuple(text for text, (_, value) in zip(parameter.values, wanted, strict=True) if value)
    found = []
    if valued:
        source = identifier_source(scope, Parameter("identifier", valued))
        found.append(f"({scope.alias}.id, {scope.alias}.bucket) IN ({source})")
    if systems:
        known = [token_hash("identifier", system, "") for system in systems]
        found.append(any_token(scope, Hashes(known)))
    return found[0] if len(found) == 1 else f"({' OR '.join(found)})"
