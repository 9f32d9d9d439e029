"""Judging what is written, and what `$validate` is asked, by the profiles that are stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any, TypeAlias

from lanh.core import fhir
from lanh.core.database import Plan
from lanh.core.fhir import Issue
from lanh.core.profiles import registering
from lanh.core.profiles.library import Library, current
from lanh.core.profiles.questions import Questions, day_of
from lanh.core.store import Context, Store, StoreError, Written
from lanh.core.terminology import Terminology

Json: TypeAlias = dict[str, Any]
Judge: TypeAlias = Callable[[Questions], list[Issue]]
_ROUNDS = 8
_HOLDERS = frozenset({"Bundle", "Parameters"})


class NotConforming(StoreError):
    """A resource that breaks a profile it names, or one that binds its type."""

    status = 422
    code = "invalid"


class Conformance:
    """The profiles of an installation, one object a process.

    It is never stale: each batch of writes and each `$validate` asks the database, in its own
    transaction, whether anything has changed. What a transaction has not committed stands under
    a stamp that nobody else ever sees.
    """

    def __init__(self, terminology: Terminology, store: Callable[[], Store]) -> None:
        self._terminology = terminology
        self._store = store
        self._library: Library | None = None

    def hook(self, records: Sequence[Written], context: Context) -> Plan[None]:
        """For `Store(hooks=...)`: takes note of what is published."""
        return registering.register(records, context)

    def admit(self, written: Sequence[tuple[Written, Context]]) -> Plan[None]:
        """For `Store(admission=...)`: raises NotConforming, with the place of the write, where a
        resource breaks a stored profile. The rules of R4 itself are judged before."""
        library = yield from self._current()
        named = [_stated(r.resource) if r.resource is not None else () for r, _ in written]
        wanted = {canonical for each in named for canonical in each}
        if wanted:
            yield from library.load(wanted)
        elif not library.binds:
            return
        for (record, context), names in zip(written, named, strict=True):
            resource = record.resource
            if resource is None or not _concerned(library, resource, names):
                continue
            issues = yield from self._judged(library, resource, context, (), warnings=False)
            errors = [issue for issue in issues if issue.severity in ("error", "fatal")]
            if errors:
                raise NotConforming(*errors, index=record.place)

    def issues(
        self,
        resource: Json,
        context: Context,
        *,
        named: Sequence[str] = (),
        warnings: bool = False,
    ) -> Plan[list[Issue]]:
        """What is wrong with a resource, by R4, by the profiles that it or `named` names, and by
        those that bind its type; with `warnings` also what is doubtful."""
        library = yield from self._current()
        yield from library.load([*named, *_stated(resource)])
        return (yield from self._judged(library, resource, context, named, warnings=warnings))

    def logical_issues(
        self, model: str, instance: Json, context: Context, *, warnings: bool = False
    ) -> Plan[list[Issue] | None]:
        """What is wrong with an instance of a stored logical model; None where no model of that
        address is stored. Raises fhir.Unusable where the model cannot be understood."""
        library = yield from self._current()
        yield from library.load([model])
        definition = library.registry.definition(model)
        if definition is None or definition.get("kind") != "logical":
            return None

        def judge(questions: Questions) -> list[Issue]:
            return fhir.validate_logical(
                model, instance, profiles=library.registry, warnings=warnings,
                outside=questions.outside,
            )  # fmt: skip

        return (yield from self._answered(judge, context, lambda: None))

    def _current(self) -> Plan[Library]:
        library = yield from current(self._library)
        self._library = library
        return library

    def _judged(
        self,
        library: Library,
        resource: Json,
        context: Context,
        named: Sequence[str],
        *,
        warnings: bool,
    ) -> Plan[list[Issue]]:
        def judge(questions: Questions) -> list[Issue]:
            return fhir.validate(
                resource, profiles=library.registry, named=named, warnings=warnings,
                outside=questions.outside,
            )  # fmt: skip

        return self._answered(judge, context, lambda: day_of(resource))

    def _answered(
        self, judge: Judge, context: Context, day: Callable[[], date | None]
    ) -> Plan[list[Issue]]:
        """A judgement whose questions have been answered, as far as anybody knows."""
        questions = Questions()
        issues = judge(questions)
        on: date | None = None
        for turn in range(_ROUNDS):
            if not questions.asked:
                break
            on = day() if turn == 0 else on
            yield from questions.find_answers(self._terminology, self._store(), context, on)
            issues = judge(questions)
        return issues


def _parts(resource: Json) -> Iterator[Json]:
    """A resource and the resources inside it."""
    yield resource
    for part in resource.get("contained") or ():
        if isinstance(part, dict):
            yield part
    if resource.get("resourceType") in _HOLDERS:
        waiting: list[Any] = [v for k, v in resource.items() if k in ("entry", "parameter")]
        while waiting:
            value = waiting.pop()
            if isinstance(value, list):
                waiting += value
            elif isinstance(value, dict):
                if isinstance(value.get("resourceType"), str):
                    yield from _parts(value)
                else:
                    waiting += [each for each in value.values() if isinstance(each, dict | list)]


def _stated(resource: Json) -> list[str]:
    """The profiles that a resource and those inside it name."""
    found = []
    for part in _parts(resource):
        meta = part.get("meta")
        listed = meta.get("profile") if isinstance(meta, dict) else None
        if isinstance(listed, list):
            found += [url for url in listed if isinstance(url, str)]
    return found


def _concerned(library: Library, resource: Json, names: Sequence[str]) -> bool:
    """Whether anything stored judges a resource."""
    if any(name.partition("|")[0] in library.stored for name in names):
        return True
    if library.bound and any(p.get("resourceType") in library.bound for p in _parts(resource)):
        return True
    return bool(library.extensions) and library.registry.may_extend(resource)
