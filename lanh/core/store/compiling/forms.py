"""The commonest parameters by their form: what a value adds to a statement whose text is known.

Two values of one form differ in the arguments of the compiled condition alone. So a search that has
been compiled once is not compiled again for other values, and several run as one statement. What is
told here of a parameter is compared with what the compiler made of it when a text is new (see
repeating.py); where the two differ the form is not used.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from lanh.core import fhir
from lanh.core.store.compiling.strings import LAST_SIGN, NAMES, string_pattern
from lanh.core.store.hashing import (
    other_code_hash,
    reference_hash,
    system_hash,
    token_hash,
    value_hash,
)
from lanh.core.store.identity import bucket_of
from lanh.core.store.indexing import NOT_SUBJECT
from lanh.core.store.layout import COMBINED, NAMED, Layout
from lanh.core.store.matching import Check, text_check
from lanh.core.store.records import Parameter
from lanh.core.store.values import DATE_SQL, wanted_date
from lanh.core.text import fold

_PATIENT = re.compile(r"(Patient/)?([A-Za-z0-9\-.]{1,64})", re.ASCII)


# Forms that are a way into the table: few rows are left for what is compiled after them.
NARROW = frozenset({"words", "identifier", "identifier of a system"})


class Form(NamedTuple):
    """One value of a parameter: which condition it asks for, and that condition's arguments in the
    order in which the compiler adds them. `check` looks at the bodies of rows found."""

    key: str
    values: tuple[Any, ...]
    check: Check | None = None


def form_of(shape: Layout, parameter: Parameter, base: str, *, few: bool) -> Form | None:
    """The form of a parameter, None where it must be compiled. Raises Invalid for a bad value.

    `few` says that what was compiled before it leaves few rows, so that it is a filter.
    """
    if parameter.modifier is not None or parameter.then is not None or len(parameter.values) != 1:
        return None
    name, value = parameter.name, parameter.values[0]
    if "\\" in value:
        return None
    if name in shape.patient_parameters:
        return _patient(name, value, base)
    if name == "identifier":
        return _identifier(value) if shape.kinds.get(name) == "token" else None
    if shape.type in NAMED and name in NAMES:
        return _words(name, value, few=few)
    if name in shape.single and shape.kinds[name] == "date":
        return _date(name, value)
    if name == shape.main_code and few:
        return _code(shape, name, value)
    if name in shape.listed:
        return _listed(shape, name, value)
    return None


def _patient(name: str, value: str, base: str) -> Form | None:
    match = _PATIENT.fullmatch(value)
    if match is None or (match[1] is None and name != "patient"):
        return None
    patient = match[2]
    values: tuple[Any, ...] = (patient, bucket_of(patient), [NOT_SUBJECT])
    if match[1] is None:
        return Form("id", values)
    if not base:
        return Form("named", values)
    return Form("based", (*values, [reference_hash(name, f"{base}/Patient/{patient}")]))


def _identifier(value: str) -> Form | None:
    system, bar, text = value.partition("|")
    if not bar:
        return Form("identifier", (value_hash(value),), text_check([value])) if value else None
    if not text:
        return None
    return Form(
        "identifier of a system", (value_hash(text), system_hash(system)), text_check([text])
    )


def _words(name: str, value: str, *, few: bool) -> Form | None:
    text = fold(value)
    if not text:
        return None
    if few:
        return Form("filter", (string_pattern(name, [text]),))
    if name == "name":
        return Form("words", (text, text + LAST_SIGN))
    return Form("words", (text, text + LAST_SIGN, string_pattern(name, [text])))


def _date(name: str, value: str) -> Form:
    wanted = wanted_date(name, value)
    template = DATE_SQL[wanted.prefix]
    ends = (("{a}", wanted.low), ("{b}", wanted.high), ("{v}", wanted.value))
    return Form(wanted.prefix, tuple(end for mark, end in ends if mark in template))


def _code(shape: Layout, name: str, value: str) -> Form | None:
    system, bar, code = value.partition("|")
    if not bar:
        code = value
    if not code or (bar and not system) or fhir.implied_systems(shape.type, name):
        return None
    column: tuple[Any, ...] = (token_hash(name, None, code), [other_code_hash(name, code)])
    if not bar:
        return Form("code", column)
    return Form("both", ([token_hash(name, system, code)], *column))


def _listed(shape: Layout, name: str, value: str) -> Form | None:
    system, bar, code = value.partition("|")
    if not bar or not system or not code or (shape.type, name) in COMBINED:
        return None
    if fhir.implied_systems(shape.type, name):
        return None
    return Form("both", ([token_hash(name, system, code)],))
