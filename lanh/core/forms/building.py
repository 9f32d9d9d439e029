"""A Questionnaire's JSON turned into the typed model; what it says is already known to be sound."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from lanh.core.forms import sdc
from lanh.core.forms.model import (
    ANSWER_KEYS,
    Assigned,
    Bounds,
    Constraint,
    Expression,
    Extract,
    Extraction,
    Form,
    Item,
    LaunchContext,
    Option,
    Unit,
)
from lanh.core.forms.sdc import Json, extensions, part, parts, rows, value, values
from lanh.core.text import Words

_EXPAND = re.compile(r"ValueSet/\$expand\?(?P<query>.+)", re.ASCII)
_CORE_TYPE = re.compile(r"http://hl7\.org/fhir/StructureDefinition/([A-Za-z]+)(?:\|.*)?")


def build(source: Json, types: Mapping[str, str]) -> Form:
    """The model of a Questionnaire that has passed the checks; `types` are those of profiles."""
    language = str(source.get("language", "vi"))
    url = source.get("url") or f"urn:lanh:form:{source.get('id') or source.get('name') or '?'}"
    title = sdc.words(source, "title", language) or Words(url, url)
    return Form(
        url=url,
        version=source.get("version"),
        title=title,
        source=source,
        items=tuple(_item(row, (), language, types) for row in rows(source, "item")),
        contexts=tuple(_context(row) for row in extensions(source, "launchContext")),
        variables=_expressions(source, "variable"),
        constraints=_constraints(source, language),
        extraction=_extraction(source, types),
    )


def _item(row: Json, above: tuple[str, ...], language: str, types: Mapping[str, str]) -> Item:
    path = (*above, row["linkId"])
    below = tuple(_item(each, path, language, types) for each in rows(row, "item"))
    helps = [one for one in below if one.type == "display" and one.control == "help"]
    answer = _one(row, "answerExpression")
    url, narrowed = expansion_of(row)
    return Item(
        link_id=row["linkId"],
        type=row["type"],
        source=row,
        path=path,
        words=sdc.words(row, "text", language),
        other=_text(row, "openLabel", language),
        help=helps[0].words if helps else None,
        prefix=row.get("prefix"),
        entry_format=_text(row, "entryFormat", language),
        short=_text(row, "shortText", language),
        control=sdc.control_of(row),
        orientation=value(row, "choiceOrientation"),
        required=row.get("required") is True,
        repeats=row.get("repeats") is True,
        read_only=row.get("readOnly") is True,
        hidden=value(row, "hidden") is True,
        given_rows=value(row, "givenRows") is True,
        least=value(row, "minOccurs") or (1 if row.get("required") is True else 0),
        most=value(row, "maxOccurs") if row.get("repeats") is True else 1,
        bounds=_bounds(row),
        options=tuple(_option(each, language) for each in rows(row, "answerOption")),
        value_set=row.get("answerValueSet") or url,
        value_set_filter=narrowed,
        units=tuple(_unit(each, language) for each in extensions(row, "unitOption")),
        unit=next((_unit(each, language) for each in extensions(row, "unit")), None),
        unit_value_set=value(row, "unitValueSet"),
        targets=tuple(values(row, "referenceResource")),
        initial=_initial(row),
        variables=_expressions(row, "variable"),
        conditional="enableWhen" in row or bool(extensions(row, "enableWhenExpression")),
        enabling=_one(row, "enableWhenExpression"),
        calculated=_one(row, "calculatedExpression"),
        initial_expression=_one(row, "initialExpression"),
        answer_expression=None if url is not None else answer,
        population=_one(row, "itemPopulationContext"),
        constraints=_constraints(row, language),
        extraction=_extraction(row, types),
        items=tuple(one for one in below if one not in helps),
    )


def expansion_of(row: Json) -> tuple[str | None, str | None]:
    """The value set and filter of an answerExpression that is a query for an expansion."""
    found = value(row, "answerExpression")
    if not isinstance(found, dict) or found.get("language") != sdc.QUERY:
        return None, None
    match = _EXPAND.fullmatch(str(found.get("expression", "")))
    query = dict(parse_qsl(match["query"])) if match else {}
    return query.get("url"), query.get("filter")


def _expressions(row: Json, name: str) -> tuple[Expression, ...]:
    found = [v for v in values(row, name) if isinstance(v, dict)]
    return tuple(Expression(str(v.get("expression", "")), v.get("name")) for v in found)


def _one(row: Json, name: str) -> Expression | None:
    return next(iter(_expressions(row, name)), None)


def _text(row: Json, name: str, language: str) -> Words | None:
    found = extensions(row, name)
    return sdc.words(found[0], "valueString", language) if found else None


def _bounds(row: Json) -> Bounds:
    least, most = value(row, "minValue"), value(row, "maxValue")
    size = value(row, "maxSize")
    return Bounds(
        minimum=least if least is not None else value(row, "minQuantity"),
        maximum=most if most is not None else value(row, "maxQuantity"),
        least_signs=value(row, "minLength"),
        most_signs=row.get("maxLength"),
        decimals=value(row, "maxDecimalPlaces"),
        regex=value(row, "regex"),
        media_types=tuple(values(row, "mimeType")),
        most_bytes=None if size is None else int(size),
    )


def token(key: str, given: Any) -> str:
    """How an option is written in a form field."""
    if isinstance(given, dict):
        if "reference" in given:
            return str(given["reference"])
        return f"{given.get('system') or ''}|{given.get('code') or ''}"
    return str(given)


def _option(row: Json, language: str) -> Option:
    found = sdc.value_of(row)
    key, given = found if found is not None else ("valueString", "")
    coded = given if isinstance(given, dict) else {}
    if key == "valueCoding":
        words = sdc.words(coded, "display", language)
    elif key == "valueString":
        words = sdc.words(row, "valueString", language)
    elif key == "valueReference":
        words = sdc.words(coded, "display", language)
    else:
        words = None
    text = token(key, given)
    return Option(
        token=text,
        key=key,
        value=plain(given),
        words=words or Words(text, text),
        exclusive=value(row, "optionExclusive") is True,
        initial=row.get("initialSelected") is True,
        prefix=value(row, "optionPrefix"),
    )


def plain(given: Any) -> Any:
    """A value without the translations that the form has beside it: what an answer keeps."""
    if isinstance(given, dict):
        return {k: plain(v) for k, v in given.items() if not k.startswith("_")}
    return given


def _unit(row: Json, language: str) -> Unit:
    coding = row.get("valueCoding") or {}
    system, code = coding.get("system"), coding.get("code")
    words = sdc.words(coding, "display", language)
    return Unit(token("valueCoding", coding), system, code, words or Words(str(code), str(code)))


def _initial(row: Json) -> tuple[tuple[str, Any], ...]:
    found = [sdc.value_of(each) for each in rows(row, "initial")]
    given = [(key, plain(each)) for key, each in (f for f in found if f is not None)]
    if not given:
        chosen = [o for o in rows(row, "answerOption") if o.get("initialSelected") is True]
        picked = [sdc.value_of(each) for each in chosen]
        given = [(key, plain(each)) for key, each in (p for p in picked if p is not None)]
    return tuple(given)


def _constraints(row: Json, language: str) -> tuple[Constraint, ...]:
    made = []
    for each in (*extensions(row, "constraint"), *extensions(row, "targetConstraint")):
        told = parts(each)
        human = part(each, "human") or {}
        words = sdc.words(human, "valueString", language)
        stated = told.get("expression", "")
        made.append(
            Constraint(
                str(told.get("key")),
                str(told.get("severity", "error")),
                str(stated.get("expression", "") if isinstance(stated, dict) else stated),
                words or Words(str(told.get("key")), str(told.get("key"))),
            )
        )
    return tuple(made)


def _context(row: Json) -> LaunchContext:
    told = parts(row)
    name = told.get("name")
    types = [r["valueCode"] for r in rows(row, "extension") if r.get("url") == "type"]
    code = name.get("code") if isinstance(name, dict) else name
    return LaunchContext(str(code), tuple(str(each) for each in types))


def _extraction(row: Json, types: Mapping[str, str]) -> Extraction:
    return Extraction(
        definition=row.get("definition"),
        extracts=(*_extracts(row, types), *_legacy(row)),
        assigned=tuple(_assigned(each) for each in extensions(row, "definitionExtractValue")),
        allocated=tuple(str(each) for each in values(row, "extractAllocateId")),
    )


def _extracts(row: Json, types: Mapping[str, str]) -> list[Extract]:
    made = []
    for each in extensions(row, "definitionExtract"):
        told = parts(each)
        url = str(told.pop("definition", ""))
        match = _CORE_TYPE.fullmatch(url)
        profiled = url.partition("|")[0] in types
        kind = types[url.partition("|")[0]] if profiled else match[1] if match else ""
        made.append(Extract(url, profiled, kind, {k: str(v) for k, v in told.items()}))
    return made


def _legacy(row: Json) -> list[Extract]:
    """itemExtractionContext (deprecated since SDC 4.0): a resource type, by its base definition."""
    kinds = [given for given in values(row, "itemExtractionContext") if isinstance(given, str)]
    return [Extract(sdc.CORE + kind, False, kind) for kind in kinds]


def _assigned(row: Json) -> Assigned:
    told = parts(row)
    fixed = part(row, "fixed-value")
    expression = told.get("expression")
    found = sdc.value_of(fixed) if fixed is not None else None
    return Assigned(
        str(told.get("definition", "")),
        found[0] if found else None,
        plain(found[1]) if found else None,
        str(expression.get("expression")) if isinstance(expression, dict) else None,
    )


__all__ = ["ANSWER_KEYS", "build", "expansion_of", "plain", "token"]
