"""What must be true of a form before anybody may be shown it (R4 Questionnaire, SDC 4.0)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from lanh.core import fhir
from lanh.core.fhir import PathError, compile_path
from lanh.core.forms import sdc
from lanh.core.forms.binding import Scoped, extraction_faults, root_faults
from lanh.core.forms.building import expansion_of, token
from lanh.core.forms.errors import DefinitionFault, fault
from lanh.core.forms.expressions import fault_of, links_in
from lanh.core.forms.model import ANSWER_KEYS, CHOICES
from lanh.core.forms.sdc import Json, extensions, part, parts, rows, value_of, values

_TRANSLATED = frozenset({"title", "text", "description", "purpose"})
_ORDERED = frozenset({"decimal", "integer", "date", "dateTime", "time", "quantity"})
_OPTION_KEYS = frozenset({
    "valueCoding", "valueString", "valueInteger", "valueDate", "valueTime", "valueReference"
})  # fmt: skip
_OPTED = frozenset({"integer", "date", "time", "string"})
"""Types besides choices whose answers may be on offer (que-5)."""

_LINK_ID_SIGNS = 100
# What this house asks besides R4: both languages, words for every question, a name with version.
_HOUSE = frozenset({"required", "language", "untranslated", "text-missing"})


def faults_of(
    source: Json, types: Mapping[str, str], *, house: bool = True
) -> list[DefinitionFault]:
    """Everything that is wrong with a Questionnaire; `types` are those of the profiles. Without
    the rules of the `house`, one of anybody's in one language will do."""
    found = [
        DefinitionFault(issue.code, issue.expression, issue.message)
        for issue in fhir.validate(source)
    ]
    if source.get("resourceType") != "Questionnaire" or found:
        return found or [fault("structure", "Questionnaire", "not-questionnaire")]
    told = list(_Checks(source, types).all())
    return told if house else [each for each in told if each.key not in _HOUSE]


class _Checks:
    def __init__(self, source: Json, types: Mapping[str, str]) -> None:
        self._source = source
        self._types = types
        self._language = str(source.get("language", "vi"))
        self._placed = list(_walk(rows(source, "item"), "Questionnaire", ()))
        self._by_link = {row.get("linkId"): row for _, row, _ in self._placed}
        self._contexts = {_named(each) for each in extensions(source, "launchContext")}

    def all(self) -> Iterator[DefinitionFault]:
        source = self._source
        for name in ("url", "title", "version"):
            if not source.get(name):
                yield fault("required", f"Questionnaire.{name}", "required", name=name)
        if self._language not in ("vi", "en"):
            yield fault("value", "Questionnaire.language", "language", language=self._language)
        yield from self._translations(source, "Questionnaire")
        yield from self._owned(source, "Questionnaire")
        known = {*self._contexts}
        yield from self._variables(source, "Questionnaire", known)
        for each in (*extensions(source, "constraint"), *extensions(source, "targetConstraint")):
            yield from self._constraint(each, "Questionnaire.constraint", known)
        scope = Scoped(self._types, ())
        yield from root_faults(source, scope)
        yield from self._level(rows(source, "item"), "Questionnaire", known, scope.within(source))

    def _level(
        self, items: list[Json], where: str, known: set[str], scope: Scoped
    ) -> Iterator[DefinitionFault]:
        for number, row in enumerate(items):
            here = f"{where}.item[{number}]"
            own = set(known)
            yield from self._shape(row, here)
            yield from self._conditions(row, here)
            yield from self._choices(row, here)
            yield from self._limits(row, here)
            yield from self._translations(row, here)
            yield from self._owned(row, here)
            yield from self._variables(row, here, own)
            yield from self._expressions(row, here, own)
            inner = scope.within(row)
            yield from extraction_faults(row, here, scope)
            yield from self._level(rows(row, "item"), here, own, inner)

    def _shape(self, row: Json, here: str) -> Iterator[DefinitionFault]:
        kind, link = row.get("type"), str(row.get("linkId"))
        if len(link) > _LINK_ID_SIGNS:
            yield fault("too-long", here, "link-long", link=link[:40], limit=_LINK_ID_SIGNS)
        if kind == "question" or (
            kind != "group" and kind != "display" and kind not in ANSWER_KEYS
        ):
            yield fault("not-supported", here, "type", link=link, type=kind)
        if kind == "display" and rows(row, "item"):
            yield fault("structure", here, "display-items", link=link)
        if not row.get("text") and sdc.value(row, "hidden") is not True and kind != "group":
            yield fault("required", here, "text-missing", link=link)

    def _conditions(self, row: Json, here: str) -> Iterator[DefinitionFault]:
        for number, condition in enumerate(rows(row, "enableWhen")):
            place, link = f"{here}.enableWhen[{number}]", condition.get("question")
            asked = self._by_link.get(link)
            if asked is None:
                yield fault("not-found", place, "condition-target", link=link)
                continue
            kind, operator = str(asked.get("type")), condition.get("operator")
            if kind not in ANSWER_KEYS or asked is row:
                yield fault("value", place, "condition-answerless", link=link)
                continue
            if operator == "exists":
                continue
            given = next((k for k in condition if k.startswith("answer")), "")
            if given.replace("answer", "value", 1) not in _compared(asked):
                yield fault("value", place, "condition-type", link=link, type=kind, got=given)
            elif operator not in ("=", "!=") and kind not in _ORDERED:
                yield fault("value", place, "condition-order", link=link, type=kind)

    def _choices(self, row: Json, here: str) -> Iterator[DefinitionFault]:
        kind, link = str(row.get("type")), row.get("linkId")
        options = [value_of(each) for each in rows(row, "answerOption")]
        tokens = Counter(token(*each) for each in options if each is not None)
        for text, count in tokens.items():
            if count > 1:
                yield fault("duplicate", here, "option-twice", link=link, option=text)
        if kind in CHOICES:
            others = extensions(row, "answerExpression")
            if not options and "answerValueSet" not in row and not others:
                yield fault("required", here, "choice-empty", link=link)
            for option in options:
                if option is not None and option[0] not in _OPTION_KEYS:
                    yield fault("value", here, "option-type", link=link, got=option[0])
        elif "answerValueSet" in row or (options and kind not in _OPTED):
            yield fault("not-supported", here, "options-elsewhere", link=link, type=kind)
        else:
            for option in options:
                if option is not None and option[0] != ANSWER_KEYS[kind]:
                    yield fault("value", here, "option-type", link=link, got=option[0])
        keys = _keys(row)
        for number, initial in enumerate(rows(row, "initial")):
            found = value_of(initial)
            if found is not None and found[0] not in keys:
                place = f"{here}.initial[{number}]"
                yield fault("value", place, "initial-type", link=link, type=kind, got=found[0])
        chosen = [o for o in rows(row, "answerOption") if o.get("initialSelected") is True]
        several = max(len(rows(row, "initial")), len(chosen))
        if several > 1 and row.get("repeats") is not True:
            yield fault("structure", here, "initial-several", link=link)

    def _limits(self, row: Json, here: str) -> Iterator[DefinitionFault]:
        link, kind = row.get("linkId"), str(row.get("type"))
        least, most = sdc.value(row, "minOccurs"), sdc.value(row, "maxOccurs")
        repeats = row.get("repeats") is True
        if any(type(each) is int and each > 1 for each in (least, most)) and not repeats:
            yield fault("structure", here, "occurs-once", link=link)
        if type(least) is int and type(most) is int and least > most:
            yield fault("value", here, "occurs-order", link=link, least=least, most=most)
        for name in ("minValue", "maxValue"):
            for each in extensions(row, name):
                found = value_of(each)
                fits = found is not None and found[0] == ANSWER_KEYS.get(kind)
                if not fits and not (found and kind == "decimal" and found[0] == "valueInteger"):
                    yield fault("value", here, "bound-type", link=link, name=name, type=kind)
        if sdc.value(row, "givenRows") is True and not (kind == "group" and repeats):
            yield fault("structure", here, "given-rows-place", link=link)
        for pattern in values(row, "regex"):
            try:
                compile_path("'x'.matchesFull(%pattern)")({}, {"pattern": pattern})
            except PathError:
                yield fault("value", here, "regex", link=link, pattern=pattern)
        units = [token("valueCoding", u) for u in values(row, "unitOption")]
        if len(set(units)) != len(units):
            yield fault("duplicate", here, "unit-twice", link=link)

    def _variables(self, row: Json, here: str, known: set[str]) -> Iterator[DefinitionFault]:
        for number, each in enumerate(values(row, "variable")):
            place = f"{here}.variable[{number}]"
            yield from self._one(each, place, known)
            name = each.get("name") if isinstance(each, dict) else None
            if not name or name in known:
                yield fault("duplicate", place, "variable-name", name=name)
            known.add(str(name))

    def _expressions(self, row: Json, here: str, known: set[str]) -> Iterator[DefinitionFault]:
        link, kind = row.get("linkId"), row.get("type")
        population = values(row, "itemPopulationContext")
        for each in population:
            yield from self._one(each, f"{here}.itemPopulationContext", known)
            if kind != "group" or not each.get("name"):
                yield fault("structure", here, "population-place", link=link)
            known.add(str(each.get("name")))
        for name in ("calculatedExpression", "initialExpression", "answerExpression"):
            for each in values(row, name):
                place = f"{here}.{name}"
                query = isinstance(each, dict) and each.get("language") == sdc.QUERY
                if name == "answerExpression" and query:
                    if expansion_of(row)[0] is None:
                        yield fault("not-supported", place, "answer-query", link=link)
                else:
                    yield from self._one(each, place, known)
                if kind not in ANSWER_KEYS or (name == "answerExpression" and kind not in CHOICES):
                    yield fault("structure", place, "expression-place", link=link, name=name)
        for each in values(row, "enableWhenExpression"):
            yield from self._one(each, f"{here}.enableWhenExpression", known)
            if "enableWhen" in row:
                yield fault("structure", here, "enabled-twice", link=link)
        if values(row, "calculatedExpression") and rows(row, "item"):
            yield fault("structure", here, "calculated-items", link=link)
        if values(row, "initialExpression") and "initial" in row:
            yield fault("structure", here, "initial-both", link=link)
        for each in (*extensions(row, "constraint"), *extensions(row, "targetConstraint")):
            yield from self._constraint(each, f"{here}.constraint", known)

    def _constraint(self, row: Json, place: str, known: set[str]) -> Iterator[DefinitionFault]:
        stated = parts(row).get("expression", "")
        text = str(stated.get("expression", "") if isinstance(stated, dict) else stated)
        problem = fault_of(text, known)
        if problem is not None:
            yield fault("value", place, "expression", expression=text, problem=problem)
        human = part(row, "human")
        if human is None or sdc.translation(human, "valueString", self._other) is None:
            yield fault("required", place, "untranslated", name="human", language=self._other)

    def _one(self, given: Any, place: str, known: set[str]) -> Iterator[DefinitionFault]:
        language = given.get("language") if isinstance(given, dict) else None
        text = str(given.get("expression", "")) if isinstance(given, dict) else ""
        if language != sdc.FHIRPATH:
            yield fault("not-supported", place, "expression-language", language=language)
            return
        problem = fault_of(text, known)
        if problem is not None:
            yield fault("value", place, "expression", expression=text, problem=problem)
            return
        for link in sorted(links_in(text) - self._by_link.keys()):
            yield fault("not-found", place, "expression-link", expression=text, link=link)

    def _owned(self, row: Json, here: str) -> Iterator[DefinitionFault]:
        if sdc.dynamic(row):
            yield fault("not-supported", here, "dynamic")
        holders = [row, *rows(row, "answerOption"), *rows(row, "initial")]
        for holder in holders:
            for each in (*rows(holder, "extension"), *rows(holder, "modifierExtension")):
                url = str(each.get("url"))
                if url.startswith(sdc.OWNED) and url not in sdc.URLS:
                    yield fault("not-supported", here, "extension-unknown", url=url)

    @property
    def _other(self) -> str:
        return "en" if self._language == "vi" else "vi"

    def _translations(self, row: Json, here: str) -> Iterator[DefinitionFault]:
        holders: list[tuple[Json, str, str]] = [(row, name, here) for name in _TRANSLATED]
        for number, option in enumerate(rows(row, "answerOption")):
            place = f"{here}.answerOption[{number}]"
            holders.append((option, "valueString", place))
            holders += [
                (option[key], "display", place)
                for key in ("valueCoding", "valueReference")
                if isinstance(option.get(key), dict)
            ]
            if (
                isinstance(option.get("valueCoding"), dict)
                and "display" not in option["valueCoding"]
            ):
                yield fault("required", place, "untranslated", name="display", language="vi, en")
        for name in ("entryFormat", "shortText"):
            holders += [(each, "valueString", here) for each in extensions(row, name)]
        for holder, name, place in holders:
            if name in holder and not sdc.translation(holder, name, self._other):
                yield fault("required", place, "untranslated", name=name, language=self._other)


def _keys(row: Json) -> set[str]:
    """The keys that answers to an item may have."""
    kind = str(row.get("type"))
    if kind not in CHOICES:
        return {ANSWER_KEYS[kind]} if kind in ANSWER_KEYS else set()
    found = {each[0] for each in map(value_of, rows(row, "answerOption")) if each is not None}
    if kind == "open-choice":
        found.add("valueString")
    return found or {"valueCoding"}


def _compared(row: Json) -> set[str]:
    """The keys that conditions on an item may have: they know no addresses."""
    return {"valueString" if key == "valueUri" else key for key in _keys(row)}


def _named(row: Json) -> str:
    name = parts(row).get("name")
    return str(name.get("code") if isinstance(name, dict) else name)


def _walk(
    items: list[Json], where: str, above: tuple[str, ...]
) -> Iterator[tuple[str, Json, tuple[str, ...]]]:
    for number, row in enumerate(items):
        here = f"{where}.item[{number}]"
        path = (*above, str(row.get("linkId")))
        yield here, row, path
        yield from _walk(rows(row, "item"), here, path)
