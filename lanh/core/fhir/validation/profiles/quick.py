"""Fast acceptance by a profile: a JSON Schema that only what conforms can pass.

It adds to the schema of the base type, so values have the shapes that the base asks for. What
cannot be expressed becomes NEVER, which leaves the resource to the full judgement.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.path import Node, PathSyntaxError, parse
from lanh.core.fhir.validation.logic import NEVER, Schema, sufficient
from lanh.core.fhir.validation.profiles.compiled import names_of
from lanh.core.fhir.validation.profiles.definition import CORE, Definition, TypeRule
from lanh.core.fhir.validation.profiles.distinction import (
    at_most,
    coded_in,
    distinction,
    equal_to,
    like,
)
from lanh.core.fhir.validation.profiles.snapshot import Builder

if TYPE_CHECKING:
    from lanh.core.fhir.validation.profiles.registry import Profiles

_MAX_DEPTH = 12
_ID = r"[A-Za-z0-9.\-]{1,64}"
# Rules of the published profiles that have no schema by their form.
_KNOWN: dict[str, Schema] = {
    "($this as dateTime).toString().length() >= 8": {
        "anyOf": [{"not": {"type": "string"}}, {"minLength": 8}]
    },
}


class Quick:
    """The fast acceptance by one profile."""

    __slots__ = ("_accepts", "_targets")

    def __init__(self, root: Definition, registry: Profiles) -> None:
        maker = _Maker(root, registry)
        schema = maker.value(root, root.types[0] if root.types else TypeRule(root.name), 0)
        self._targets = maker.targets
        self._accepts: Callable[[Any], bool] | None = None
        if schema != NEVER:
            import jsonschema_rs

            try:
                self._accepts = jsonschema_rs.Draft4Validator(schema).is_valid
            except (ValueError, OverflowError, RecursionError):
                # A profile with senseless limits has no schema; the judgement says what it finds.
                self._accepts = None

    def accepts(self, resource: dict[str, Any], resolve: Callable[[str], Node | None]) -> bool:
        """Whether a resource that its base type accepts surely conforms; False says nothing."""
        try:
            if self._accepts is None or not self._accepts(resource):
                return False
        except (ValueError, RecursionError, OverflowError):
            return False
        for name, allowed in self._targets.items():
            value = resource.get(name)
            text = value.get("reference", "") if type(value) is dict else ""
            found = resolve(text) if text.startswith("urn:") else None
            if found is not None and found.type not in allowed:
                return False
        return True


class _Maker:
    def __init__(self, root: Definition, registry: Profiles) -> None:
        self.root = root
        self.registry = registry
        self.targets: dict[str, frozenset[str]] = {}
        self.expand = Builder(root, registry.root).expand

    def value(self, here: Definition, option: TypeRule, depth: int) -> Schema:
        """What values of an element are to keep, of one of its types."""
        if depth > _MAX_DEPTH:
            return NEVER
        rules: list[Schema] = []
        if here.fixed is not None:
            rules.append(equal_to(here.fixed))
        if here.pattern is not None:
            rules.append(like(here.pattern))
        if here.length is not None:
            rules.append({"maxLength": here.length})
        if here.least_length is not None:
            rules.append({"minLength": here.least_length})
        if here.lowest is not None or here.highest is not None or here.more_bindings:
            rules.append(NEVER)
        if "binding" in here.changed and here.binding is not None:
            rules.append(self._bound(here.binding, option.code))
        if "constraints" in here.changed:
            rules += [
                _rule(rule.expression, option.code)
                for rule in here.constraints
                if rule.severity == "error"
            ]
        if "types" in here.changed:
            rules += self._typed(here, option, depth)
        rules += self._children(here, option, depth)
        kept = [rule for rule in rules if rule]
        if NEVER in kept:
            return NEVER
        return kept[0] if len(kept) == 1 else {"allOf": kept} if kept else {}

    def _bound(self, binding: tuple[str, str], code: str) -> Schema:
        if binding[0] != "required":
            return {}
        listed = self.registry.value_set(binding[1])
        if listed is None:
            return {} if self.registry.member is None else NEVER
        return coded_in(listed, code)

    def _typed(self, here: Definition, option: TypeRule, depth: int) -> list[Schema]:
        found: list[Schema] = []
        for url in option.profiles:
            if url == CORE + option.code:
                continue
            tree = self.registry.root(url) if len(option.profiles) == 1 else None
            found.append(NEVER if tree is None else self.value(tree, tree.types[0], depth + 1))
        if option.aggregation:
            return [NEVER]
        if option.targets and option.code == "Reference":
            names = [url.removeprefix(CORE) for url in option.targets]
            known = all(name in definitions().resource_types for name in names)
            if not known:
                return [NEVER]
            forms = rf"({'|'.join(names)})/{_ID}"
            if depth == 1 and not here.repeats and here is self._own(here.name):
                self.targets[here.name] = frozenset(names)
                forms += "|urn:.*"
            form = {"required": ["reference"], "properties": {"reference": {
                "pattern": rf"^({forms})$"}}}  # fmt: skip
            found.append(form)
        return found

    def _own(self, name: str) -> Definition | None:
        return (self.root.children or {}).get(name)

    def _children(self, here: Definition, option: TypeRule, depth: int) -> list[Schema]:
        if here.children is None or not any(c.anything() for c in here.children.values()):
            return []
        if option.code in definitions().primitives:
            return [NEVER]
        properties: Schema = {}
        rules: list[Schema] = []
        for child in here.children.values():
            if child.anything():
                self._child(child, properties, rules, depth + 1)
            elif child.follows:
                rules.append({"not": {"required": [child.name]}})
        return [*rules, {"properties": properties}] if properties else rules

    def _child(
        self, child: Definition, properties: Schema, rules: list[Schema], depth: int
    ) -> None:
        names = names_of(child)
        allowed = {rule.code: rule for rule in child.types}
        narrowed = "types" in child.changed and "." not in child.source
        if narrowed and any(code in ("Resource", "DomainResource") for code in names.values()):
            rules.append({"not": {"required": list(names)}})
            return
        if child.maximum == 0 and "maximum" in child.changed:
            rules += [{"not": {"required": [name]}} for name in names]
            return
        for name, code in names.items():
            option = allowed.get(code) if narrowed else allowed.get(code, TypeRule(code))
            if option is None:
                rules.append({"not": {"required": [name]}})
                continue
            properties[name] = self._held(child, option, depth)
        self._least(child, names, rules)
        self._sliced(child, properties, rules, depth)

    def _held(self, child: Definition, option: TypeRule, depth: int) -> Schema:
        one = self.value(child, option, depth)
        if not child.repeats:
            return one
        many: Schema = {"items": one} if one else {}
        if "maximum" in child.changed and child.maximum is not None:
            many["maxItems"] = child.maximum
        return many

    def _least(self, child: Definition, names: dict[str, str], rules: list[Schema]) -> None:
        low = child.minimum if "minimum" in child.changed else 0
        if low < 1:
            return
        rules.append({"anyOf": [{"required": [name]} for name in names]})
        if child.repeats:
            rules += [{"properties": {name: {"minItems": low}}} for name in names]

    def _sliced(
        self, child: Definition, properties: Schema, rules: list[Schema], depth: int
    ) -> None:
        if not child.slices:
            return
        slicing = child.slicing
        if child.choice:
            self._choice_slices(child, properties, rules, depth)
            return
        tests = [distinction(part, slicing, self.expand) for part in child.slices.values()]
        known = [test for test in tests if test is not None]
        whole = len(known) == len(tests) and "@default" not in child.slices
        if slicing is None or not whole or not child.repeats:
            properties[child.name] = NEVER
            rules += [NEVER for part in child.slices.values() if part.minimum > 0]
            return
        lists = [properties.get(child.name, {})]
        for part, test in zip(child.slices.values(), known, strict=True):
            lists += self._slice(part, test, rules, child.name, depth)
        for index, one in enumerate(known):
            lists += [{"items": {"not": {"allOf": [one, two]}}} for two in known[index + 1 :]]
        if slicing.rules == "closed":
            lists.append({"items": {"anyOf": known}})
        if slicing.ordered or slicing.rules == "openAtEnd":
            lists.append({"maxItems": 1})
        properties[child.name] = {"allOf": lists}

    def _slice(
        self, part: Definition, test: Schema, rules: list[Schema], name: str, depth: int
    ) -> list[Schema]:
        code = part.types[0].code if part.types else part.source
        option = next((t for t in part.types if t.code == code), TypeRule(code))
        inside = NEVER if part.slices else self.value(part, option, depth)
        found: list[Schema] = []
        if inside:
            found.append({"items": {"anyOf": [{"not": test}, inside]}})
        if part.minimum > 0:
            rules.append({"required": [name]})
            found.append({"not": {"items": {"not": test}}} if part.minimum == 1 else NEVER)
        if "maximum" in part.changed and part.maximum is not None:
            found.append(at_most(part.maximum, test))
        return found

    def _choice_slices(
        self, child: Definition, properties: Schema, rules: list[Schema], depth: int
    ) -> None:
        names = {code: name for name, code in names_of(child).items()}
        by_type = child.slicing is not None and child.slicing.discriminators == (("type", "$this"),)
        told: set[str] = set()
        for part in child.slices.values():
            if not by_type or len(part.types) != 1 or part.types[0].code not in names:
                rules.append({"not": {"anyOf": [{"required": [n]} for n in names.values()]}})
                return
            option = part.types[0]
            name = names[option.code]
            told.add(name)
            if part.minimum > 0:
                rules.append({"required": [name]})
            if part.maximum == 0:
                rules.append({"not": {"required": [name]}})
            both = [s for s in (properties.get(name, {}), self.value(part, option, depth)) if s]
            properties[name] = {"allOf": both} if both else {}
        if child.slicing is not None and child.slicing.rules == "closed":
            rules += [{"not": {"required": [n]}} for n in names.values() if n not in told]


def _rule(expression: str, type_name: str) -> Schema:
    known = _KNOWN.get(expression)
    if known is not None:
        return known
    try:
        return sufficient(parse(expression), type_name)
    except (PathSyntaxError, RecursionError):
        # A rule that cannot be read is not judged at all.
        return {}
