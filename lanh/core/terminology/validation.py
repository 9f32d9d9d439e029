"""Judging codes (R4 $validate-code): is it in the value set, in the code system, rightly named?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lanh.core.database import Plan
from lanh.core.fhir import Issue
from lanh.core.terminology.errors import WORDS, TerminologyError
from lanh.core.terminology.holdings import version_fits
from lanh.core.terminology.membership import Asker
from lanh.core.terminology.scope import Json, Member, Scope
from lanh.core.terminology.table import CodeTable, Node, display_in, matches_language
from lanh.core.text import nfc


@dataclass(frozen=True, slots=True)
class Coded:
    """A code to be judged, and where it stands in the request (`place`, for the issues)."""

    code: str
    system: str | None = None
    version: str | None = None
    display: str | None = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class Manner:
    """How to judge: languages of names, whether abstract codes will do, how strict names are."""

    languages: tuple[str, ...] = ()
    abstract: bool = True
    infer_system: bool = False
    lenient_display: bool = False


@dataclass(slots=True)
class Verdict:
    """What came of it. `issues` hold errors and warnings; `result` is false where any is an error.

    The fields name the code that was found to be right, or the first one given.
    """

    issues: list[Issue] = field(default_factory=list)
    code: str | None = None
    system: str | None = None
    version: str | None = None
    display: str | None = None
    inactive: bool = False

    @property
    def result(self) -> bool:
        """Whether the code is right."""
        return not any(issue.severity in ("fatal", "error") for issue in self.issues)

    def add(self, severity: str, code: str, place: str, key: str, /, **parameters: object) -> None:
        """Add an issue by a message of this package."""
        message = WORDS.message(key, **parameters)
        self.issues.append(
            Issue("error" if severity == "error" else "warning", code, place, message)
        )


def in_value_set(
    value_set: Json, codings: Sequence[Coded], scope: Scope, manner: Manner
) -> Plan[Verdict]:
    """Judge codings against a value set: one of them must be in it (R4 ValueSet $validate-code)."""
    refused: list[Verdict] = []
    for coding in codings:
        verdict = yield from _one_in_value_set(value_set, coding, scope, manner)
        if verdict.result:
            yield from _doubt_others(verdict, coding, codings, scope)
            return verdict
        refused.append(verdict)
    whole = Verdict()
    for verdict in refused:
        whole.issues += verdict.issues
    if refused:
        first = refused[0]
        whole.code, whole.system, whole.version = first.code, first.system, first.version
        whole.display, whole.inactive = first.display, first.inactive
    else:
        whole.add("error", "required", "", "no-coding")
    return whole


def _doubt_others(
    verdict: Verdict, right: Coded, codings: Sequence[Coded], scope: Scope
) -> Plan[None]:
    """Warn of codings beside the right one that do not exist: one right coding is enough (R4)."""
    for coding in codings:
        if coding is right or coding.system is None:
            continue
        table = yield from scope.code_system(coding.system, coding.version)
        if table is not None and table.complete and table.get(coding.code) is None:
            verdict.add("warning", "code-invalid", coding.place, "unknown-code",
                        code=coding.code, system=_versioned(table))  # fmt: skip


def _one_in_value_set(
    value_set: Json, coding: Coded, scope: Scope, manner: Manner
) -> Plan[Verdict]:
    verdict = Verdict([], coding.code, coding.system, coding.version)
    place, named = coding.place, _name(value_set)
    if coding.system is None and not manner.infer_system:
        verdict.add("error", "required", place, "coding-without-system", code=coding.code)
        return verdict
    if coding.system is not None and coding.version is not None:
        # Asked without the checks of the request: they are for what the value set uses.
        elsewhere = yield from Scope(scope.holdings, scope.day, inline=scope.inline).code_system(
            coding.system, coding.version
        )
        if elsewhere is None:
            verdict.add("error", "not-found", place, "unknown-system",
                        system=f"{coding.system}|{coding.version}")  # fmt: skip
            return verdict
    try:
        asker = Asker(scope, coding.system, coding.code, coding.version)
        member = yield from asker.held_by(value_set)
    except TerminologyError as error:
        if error.code in ("too-costly", "invalid"):
            raise
        verdict.issues.append(error.issue)
        verdict.add("error", "code-invalid", place, "not-in-value-set",
                    code=coding.code, system=coding.system or "?", value_set=named)  # fmt: skip
        return verdict
    if member is not None and coding.system is None and len(asker.systems) > 1:
        verdict.add(
            "error", "code-invalid", place, "several-systems",
            code=coding.code, systems=", ".join(asker.systems),
        )  # fmt: skip
        return verdict
    if member is None:
        verdict.add("error", "code-invalid", place, "not-in-value-set",
                    code=coding.code, system=coding.system or "?", value_set=named)  # fmt: skip
        if coding.system is not None:
            yield from _explain_absence(verdict, coding, scope, manner)
        return verdict
    _found(verdict, member, coding, manner)
    return verdict


def _name(value_set: Json) -> str:
    url = value_set.get("url") or value_set.get("id") or "?"
    version = value_set.get("version")
    return f"{url}|{version}" if version else str(url)


def _explain_absence(verdict: Verdict, coding: Coded, scope: Scope, manner: Manner) -> Plan[None]:
    """Say too where the code is wrong in its own system, which is the nearer fault."""
    table = yield from scope.code_system(coding.system or "")
    if table is None:
        verdict.add("error", "not-found", coding.place, "unknown-system", system=coding.system)
        return
    if not version_fits(table.identity.version, coding.version):
        verdict.add(
            "error", "code-invalid", coding.place, "version-of-code", given=coding.version,
            system=table.url, used=table.identity.version or "?",
        )  # fmt: skip
        return
    verdict.version = table.identity.version
    node = table.get(coding.code)
    if node is None and table.complete:
        yield from _unknown_code(verdict, coding, table, scope)
    elif node is not None:
        verdict.display = display_in(node, manner.languages, table.identity.language)


def _unknown_code(verdict: Verdict, coding: Coded, table: CodeTable, scope: Scope) -> Plan[None]:
    spans = yield from scope.holdings.spans(table.url, coding.code)
    if spans:
        first, last = spans[0][0], spans[-1][1]
        verdict.add("error", "code-invalid", coding.place, "code-not-on-day", code=coding.code,
                    system=table.url, day=scope.day, first=first, last=last or "…")  # fmt: skip
        return
    verdict.add("error", "code-invalid", coding.place, "unknown-code", code=coding.code,
                system=_versioned(table))  # fmt: skip


def _versioned(table: CodeTable) -> str:
    version = table.identity.version
    return f"{table.url}|{version}" if version else table.url


def in_code_system(codings: Sequence[Coded], scope: Scope, manner: Manner) -> Plan[Verdict]:
    """Judge codings against their own systems (R4 CodeSystem $validate-code): all must be right."""
    whole = Verdict()
    for place, coding in enumerate(codings):
        verdict = Verdict([], coding.code, coding.system, coding.version)
        yield from _one_in_code_system(verdict, coding, scope, manner)
        if place == 0:
            whole = verdict
        else:
            whole.issues += verdict.issues
    if not codings:
        whole.add("error", "required", "", "no-coding")
    return whole


def _one_in_code_system(
    verdict: Verdict, coding: Coded, scope: Scope, manner: Manner
) -> Plan[None]:
    if coding.system is None:
        verdict.add("error", "required", coding.place, "coding-without-system", code=coding.code)
        return
    table = yield from scope.code_system(coding.system, coding.version)
    if table is None:
        asked = f"{coding.system}|{coding.version}" if coding.version else coding.system
        verdict.add("error", "not-found", coding.place, "unknown-system", system=asked)
        return
    node = table.get(coding.code)
    verdict.version = table.identity.version
    if node is None and table.complete:
        yield from _unknown_code(verdict, coding, table, scope)
        return
    code = node.code if node is not None else coding.code
    member = Member(table.url, table.identity.version, code, table, node)
    _found(verdict, member, coding, Manner(manner.languages, True, False, manner.lenient_display))


def _found(verdict: Verdict, member: Member, coding: Coded, manner: Manner) -> None:
    """The code is there: say what it is called, and judge its name, its state and its use."""
    verdict.code, verdict.system, verdict.version = member.code, member.system, member.version
    table, node, place = member.table, member.node, coding.place
    language = table.identity.language if table is not None else None
    if node is None:
        verdict.display = member.display
        if table is not None:
            verdict.add("warning", "code-invalid", place, "code-beyond-fragment",
                        code=coding.code, system=_versioned(table))  # fmt: skip
        if not member.display:
            return
    else:
        if node.abstract and not manner.abstract:
            verdict.add("error", "business-rule", place, "code-abstract", code=node.code)
        if node.inactive:
            verdict.inactive = True
            verdict.add("warning", "business-rule", place, "code-inactive", code=node.code)
        if coding.code != node.code:
            verdict.add("warning", "business-rule", place, "code-case", code=coding.code,
                        right=node.code)  # fmt: skip
        verdict.display = display_in(node, manner.languages, language, member.display)
    names = _names(node, member, manner.languages, language)
    if coding.display and names and _plain(coding.display) not in map(_plain, names):
        verdict.add("warning" if manner.lenient_display else "error", "invalid",
                    f"{place}.display" if place else "display", "wrong-display",
                    display=coding.display, code=member.code,
                    right="; ".join(f"“{name}”" for name in names[:5]))  # fmt: skip


def _names(
    node: Node | None, member: Member, languages: Sequence[str], own: str | None
) -> list[str]:
    """Every name that is right for a code: in the languages asked for, where it has one there."""
    given: list[tuple[str | None, str | None]] = [(member.display, None)] if member.display else []
    given += [(d.value, d.language) for d in member.designations]
    if node is not None:
        given += [(node.display, own)] if node.display else []
        given += [(d.value, d.language) for d in node.designations]
    told = [
        name
        for name, tag in given
        if name and tag and any(matches_language(tag, wanted) for wanted in languages)
    ]
    every = [name for name, _ in given if name]
    return list(dict.fromkeys(told or every))


def _plain(name: str) -> str:
    return nfc(name).casefold()
