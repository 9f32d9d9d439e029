"""What a search must ask before it is compiled: value sets and hierarchies of codes, units."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Protocol

from lanh.core import fhir
from lanh.core.database import Plan
from lanh.core.store import vocabulary
from lanh.core.store.errors import Invalid
from lanh.core.store.layout import COMBINED, NUMBERS
from lanh.core.store.own_parameters import OwnParameter
from lanh.core.store.query import bad_value, escape, split_token, unescape
from lanh.core.store.records import Parameter
from lanh.core.store.vocabulary import Entry

RESOLVED = frozenset({"in", "not-in", "below", "above"})
MOST_CODES = 20_000  # that a value set or a code may stand for in a search

Code = tuple[str, str]


class Terminology(Protocol):
    """What the store asks of a terminology; (system, code) pairs, None for what is not known."""

    def members(self, value_set: str) -> Plan[Sequence[Code] | None]:
        """The codes of a value set, by its url with or without a version."""

    def below(self, system: str, code: str) -> Plan[Sequence[Code] | None]:
        """A code and those that it subsumes."""

    def above(self, system: str, code: str) -> Plan[Sequence[Code] | None]:
        """A code and those that subsume it."""


def resolve(
    parameters: Iterable[Parameter],
    terminology: Terminology | None,
    passed: Callable[[Parameter], bool] = lambda _: False,
) -> Plan[tuple[Parameter, ...]]:
    """The parameters with value sets and hierarchies turned into the codes they stand for.

    `passed` tells of parameters that are known to be none of codes: they stay.

    Raises Invalid where a set is not known, too large, or there is no terminology to ask.
    """
    found = []
    for parameter in parameters:
        then = parameter.then
        if then is not None:
            (then,) = yield from resolve([then], terminology)
            parameter = replace(parameter, then=then)
        if passed(parameter):
            found.append(parameter)
            continue
        if parameter.name != "_has" and parameter.modifier in RESOLVED and _of_codes(parameter):
            parameter = yield from _codes(parameter, terminology)
        found.append(parameter)
    return tuple(found)


def _of_codes(parameter: Parameter) -> bool:
    """Whether a parameter is one of tokens in some type; `:below` and `:above` are of uris too."""
    return parameter.modifier in ("in", "not-in") or parameter.name not in _uris()


@lru_cache(maxsize=1)
def _uris() -> frozenset[str]:
    """Parameters that are a uri, and in no type a token."""
    kinds: dict[str, set[str]] = {}
    for kind in NUMBERS:
        for each in fhir.search_parameters(kind):
            kinds.setdefault(each.name, set()).add(each.kind)
    return frozenset(name for name, found in kinds.items() if found == {"uri"})


def _codes(parameter: Parameter, terminology: Terminology | None) -> Plan[Parameter]:
    values: list[str] = []
    for value in parameter.values:
        if terminology is None:
            raise Invalid.because(
                "no_terminology", name=parameter.name, modifier=parameter.modifier
            )
        codes = yield from _asked(parameter, value, terminology)
        if codes is None:
            raise Invalid.because("unknown_codes", name=parameter.name, value=value[:200])
        values += [f"{escape(system)}|{escape(code)}" for system, code in codes]
    if len(values) > MOST_CODES:
        raise Invalid.because("too_many_codes", name=parameter.name, most=MOST_CODES)
    return replace(parameter, values=tuple(dict.fromkeys(values)))


def _asked(
    parameter: Parameter, value: str, terminology: Terminology
) -> Plan[Sequence[Code] | None]:
    if parameter.modifier in ("in", "not-in"):
        found = yield from terminology.members(unescape(value))
        return found
    system, code = split_token(value)
    if not system or not code:
        raise bad_value(f"{parameter.name}:{parameter.modifier}", value, "system|code")
    ask = terminology.below if parameter.modifier == "below" else terminology.above
    found = yield from ask(system, code)
    return found


@lru_cache(maxsize=1)
def _quantities() -> dict[str, tuple[str, ...]]:
    """By parameter that can hold a quantity: those whose units decide about it."""
    found: dict[str, set[str]] = {}
    for kind in NUMBERS:
        for each in fhir.search_parameters(kind):
            if each.kind == "quantity":
                parts = COMBINED.get((kind, each.name), (each.name,))
                found.setdefault(each.name, set()).update(parts)
    for kind in NUMBERS:
        for each in fhir.search_parameters(kind):
            for part, _ in each.components:
                if part in found:
                    found.setdefault(each.name, set()).update(found[part])
    return {name: tuple(sorted(parts)) for name, parts in found.items()}


def units(parameters: Iterable[Parameter], own: Iterable[OwnParameter] = ()) -> Plan[list[Entry]]:
    """The units that rows have, for those parameters of a search whose values name one."""
    wanted: set[str] = set()
    for parameter in parameters:
        last = parameter
        while last.then is not None:
            last = last.then
        if any("|" in value for value in last.values):
            wanted.update(_quantities().get(last.name, ()))
            wanted |= {e.key for e in own if e.name == last.name and e.kind == "quantity"}
    if not wanted:
        return []
    found = yield from vocabulary.units(wanted)
    return found
