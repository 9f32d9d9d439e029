"""Building the tree of a profile: that of its base, narrowed by its differential (R4 5.1.0.12)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.validation.profiles.definition import (
    Constraint,
    Definition,
    Slicing,
    TypeRule,
    children_of,
)
from lanh.core.fhir.validation.profiles.stated import stated, types_of

_BY_TYPE = Slicing((("type", "$this"),))
_BY_URL = Slicing((("value", "url"),))
_MAX_DEPTH = 24

FindTree = Callable[[str], "Definition | None"]


class Builder:
    """Applies the rows of differentials to a tree; `problems` tells what could not be applied."""

    def __init__(self, root: Definition, find: FindTree, *, specializing: bool = False) -> None:
        """`find` gives the tree of a profile by its address; `specializing`: elements that the
        base lacks are new ones (logical models)."""
        self.root = root
        self.problems: list[str] = []
        self._find = find
        self._specializing = specializing
        self._current: dict[str, str] = {}
        self._allowed: dict[int, set[str]] = {}

    def apply(self, rows: list[Any]) -> None:
        """Narrow the tree by rows of ElementDefinition, in their order."""
        for row in rows:
            self.place(row)

    def place(self, row: Any) -> Definition | None:
        """Narrow the tree by one row; the element that it was about, None where there is none."""
        if not isinstance(row, dict) or not isinstance(row.get("path"), str):
            self.problems.append("an element without path")
            return None
        steps = self._steps(row)
        if len(steps) > _MAX_DEPTH:
            self.problems.append(f"{row['path']}: too deep")
            return None
        target = self._reach(steps, row)
        if target is not None:
            self.problems += [f"{row['path']}: {what}" for what in widened(target, row)]
            narrow(target, row)
        return target

    def _steps(self, row: dict[str, Any]) -> list[tuple[str, str | None]]:
        """Names with the slice at each: by the id where it fits the path, else by what came
        before (a slice is in force until its path stands again)."""
        path: str = row["path"]
        names = path.split(".")
        stated = row.get("id")
        if isinstance(stated, str):
            parts = [part.partition(":") for part in stated.split(".")]
            if len(parts) == len(names) and all(
                _same_name(name, part[0]) for name, part in zip(names, parts, strict=True)
            ):
                found = [(part[0], part[2] or None) for part in parts]
                if found[-1][1] is None and isinstance(row.get("sliceName"), str):
                    found[-1] = (found[-1][0], row["sliceName"])
                self._note(path, found[-1][1])
                return found
        own = row.get("sliceName")
        self._note(path, own if isinstance(own, str) else None)
        prefixes = [".".join(names[: index + 1]) for index in range(len(names))]
        return [(n, self._current.get(p)) for n, p in zip(names, prefixes, strict=True)]

    def _note(self, path: str, name: str | None) -> None:
        for known in [k for k in self._current if k == path or k.startswith(path + ".")]:
            del self._current[known]
        if name is not None:
            self._current[path] = name

    def _reach(self, steps: list[tuple[str, str | None]], row: dict[str, Any]) -> Definition | None:
        here = self.root
        for index, (name, slice_name) in enumerate(steps[1:], 1):
            last = index == len(steps) - 1
            found = self._child(here, name, slice_name, row if last else None)
            if found is None:
                self.problems.append(f"{row['path']}: no element {name}")
                return None
            here = found
        return here

    def _child(
        self, owner: Definition, name: str, slice_name: str | None, row: dict[str, Any] | None
    ) -> Definition | None:
        children = self.expand(owner)
        plain = name.removesuffix("[x]")
        child = children.get(plain)
        if child is not None:
            if slice_name is None:
                return child
            return self._sliced(child, slice_name)
        for choice in children.values():
            code = _choice_type(choice, plain)
            if code is not None:
                self._only_types(choice, code)
                return self._sliced(choice, slice_name or plain)
        if self._specializing and row is not None:
            return _new_child(children, plain, name, row, self.root)
        return None

    def _only_types(self, choice: Definition, code: str) -> None:
        """`valueQuantity` for `value[x]` without slicing allows that type (and others that are
        named so) alone, as the reference implementation's snapshots do."""
        if choice.slicing is None:
            choice.slicing = _BY_TYPE
            self._allowed[id(choice)] = set()
        allowed = self._allowed.get(id(choice))
        if allowed is None:
            return
        allowed.add(code)
        kept = tuple(t for t in choice.types if t.code in allowed)
        added = tuple(TypeRule(c) for c in sorted(allowed - {t.code for t in kept}))
        choice.types = kept + added
        choice.changed |= {"types"}

    def _sliced(self, element: Definition, name: str) -> Definition:
        if element.slicing is None and element.name in ("extension", "modifierExtension"):
            element.slicing = _BY_URL
        if name in element.slices:
            return element.slices[name]
        outer, _, inner = name.rpartition("/")
        if outer and inner and outer.count("/") < _MAX_DEPTH:
            holder = self._sliced(element, outer)
            return holder.slices.setdefault(name, holder.as_slice(name))
        made = element.slices[name] = element.as_slice(name)
        code = _choice_type(element, name)
        if code is not None:
            made.types = tuple(t for t in element.types if t.code == code) or (TypeRule(code),)
            made.source = code
            made.changed |= {"types"}
            made.children = None
        return made

    def expand(self, owner: Definition) -> dict[str, Definition]:
        """The children of an element, from its only type or the only profile of that."""
        if owner.children is None:
            owner.children = self._children(owner)
        return owner.children

    def _children(self, owner: Definition) -> dict[str, Definition]:
        codes = {rule.code for rule in owner.types}
        if len(owner.types) == 1 and len(owner.types[0].profiles) == 1:
            tree = self._find(owner.types[0].profiles[0])
            if tree is not None and tree is not self.root:
                return {k: v.copy() for k, v in self.expand(tree).items()}
        if len(codes) == 1 and owner.source != owner.types[0].code and "." not in owner.source:
            return children_of(owner.types[0].code)
        return children_of(owner.source)


def _same_name(name: str, stated: str) -> bool:
    if name == stated:
        return True
    plain = stated.removesuffix("[x]")
    return plain != stated and name.startswith(plain) and name != plain


def _choice_type(element: Definition, name: str) -> str | None:
    """The type that `valueQuantity` names as a choice of `value[x]`."""
    if not element.choice or not name.startswith(element.name):
        return None
    suffix = name[len(element.name) :]
    for code in element.options:
        if suffix == code[:1].upper() + code[1:]:
            return code
    return None


def _new_child(
    children: dict[str, Definition],
    plain: str,
    name: str,
    row: dict[str, Any],
    root: Definition,
) -> Definition:
    """An element that a logical model adds."""
    types = types_of(row)
    reference = row.get("contentReference")
    nested = not types or {t.code for t in types} <= {"BackboneElement", "Element", "Base"}
    if isinstance(reference, str):
        source = reference.partition("#")[2]
    elif nested:
        source = "BackboneElement"
    else:
        source = types[0].code if len({t.code for t in types}) == 1 else "Element"
    maximum = row.get("max")
    made = Definition(
        plain,
        source,
        choice=name.endswith("[x]"),
        repeats=maximum == "*" or (isinstance(maximum, str) and maximum not in ("0", "1")),
        types=types or (TypeRule("BackboneElement"),),
        options=tuple(t.code for t in types) or ("BackboneElement",),
    )
    children[plain] = made
    return made


def narrow(target: Definition, row: dict[str, Any]) -> None:
    """Set what a row of ElementDefinition states, noting what differs from before."""
    for name, value in stated(row):
        if name == "constraints":
            known = {rule.key for rule in target.constraints}
            added = (rule for rule in value if rule.key not in known and not _of_base(rule))
            value = target.constraints + tuple(added)
        if name == "types" and _says_nothing(target, value):
            continue
        if name == "binding" and target.slice_name is None and value == target.bound:
            # Said again, it judges nothing more, yet may be what tells slices apart.
            target.changed |= {"binding"}
        if getattr(target, name) != value:
            if name == "types":
                _retype(target, value)
            setattr(target, name, value)
            if name not in ("must_support", "slicing", "follows"):
                target.changed |= {name}


def widened(target: Definition, row: dict[str, Any]) -> Iterator[str]:
    """What a row of ElementDefinition allows that the element does not (R4 5.1.0.4)."""
    for name, value in stated(row):
        if name == "fixed" and target.fixed is not None and value != target.fixed:
            yield "another fixed value than that of the base"
        if target.slice_name is not None:
            continue
        if name == "minimum" and value < target.minimum:
            yield f"at least {value}, where the base asks for {target.minimum}"
        most = target.maximum
        if name == "maximum" and most is not None and (value is None or value > most):
            yield f"more than {most}, the most of the base"


def _of_base(rule: Constraint) -> bool:
    """Whether a rule restates one of the base definitions, which are judged anyway."""
    if rule.key in ("ele-1", "ext-1"):
        return True
    known = definitions().invariants.get(rule.key)
    return known is not None and known.expression == rule.expression


def _says_nothing(target: Definition, types: tuple[TypeRule, ...]) -> bool:
    """Whether types restate what an element is: nested, or of FHIRPath's own types (ids)."""
    codes = {rule.code for rule in types}
    if "." in target.source:
        return not any(rule.profiles for rule in types)
    return target.name in ("id", "url") and codes <= {"string", "uri", "id"}


def _retype(target: Definition, types: tuple[TypeRule, ...]) -> None:
    codes = {rule.code for rule in types}
    if "." in target.source:
        # A nested element stays what it is, whatever profile of such elements it is to keep.
        codes = {rule.code for rule in target.types}
    if len(codes) == 1 and codes != {rule.code for rule in target.types}:
        target.source = types[0].code
        if target.children is not None and not any(c.anything() for c in target.children.values()):
            target.children = None
    elif target.children is not None and not any(c.anything() for c in target.children.values()):
        target.children = None
