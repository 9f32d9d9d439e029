"""One search box over everything: each kind of thing is found by a provider of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from lanh.core import audit
from lanh.core.access import Access
from lanh.core.database import Plan
from lanh.core.lists.asking import Faulty
from lanh.core.lists.definition import Column, ListDefinition
from lanh.core.lists.engine import Lists
from lanh.core.lists.showing import cells
from lanh.core.lists.state import LONGEST, State
from lanh.core.store import Context, Forbidden, Invalid
from lanh.core.text import Language, Words, fold, nfc
from lanh.core.workflow import NotFound, Workflow

MOST_FOUND = 5
"""Things of one kind that are shown."""

SHORTEST = 2
"""Signs below which nothing is looked for."""


@dataclass(frozen=True, slots=True)
class Found:
    """Something found: what it is called, a line about it, and where it is: a record (`Type/id`),
    a case's id, or the address of a page."""

    title: str
    detail: str = ""
    record: str | None = None
    case: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Things of one kind; `more` says that there are others, `query` the list's state that shows
    them, where there is a list (`list`)."""

    kind: str
    title: str
    found: Sequence[Found]
    more: bool = False
    list: str | None = None
    query: str = ""


class Provider(Protocol):
    """Finds things of one kind, within what the access allows; what is about people is audited by
    the provider, in the same transaction."""

    @property
    def kind(self) -> str:
        """A name for the kind, the same for ever."""
        ...

    def find(self, text: str, access: Access, language: Language, most: int) -> Plan[Group | None]:
        """The things that answer a text, `most` at most; None where the kind is not for them."""
        ...


class Everything:
    """What is asked of every provider, in their order. `find` is a plan."""

    def __init__(self, providers: Sequence[Provider]) -> None:
        kinds = [each.kind for each in providers]
        if len(set(kinds)) != len(kinds):
            raise ValueError("a kind of things has two providers")
        self._providers = tuple(providers)

    def find(
        self, text: str, access: Access, language: Language, *, most: int = MOST_FOUND
    ) -> Plan[list[Group]]:
        """The groups in which anything was found; none for a text that is too short."""
        wanted = " ".join(nfc(text).split())[:LONGEST]
        groups: list[Group] = []
        if len(fold(wanted)) < SHORTEST or not wanted.isprintable():
            return groups
        for provider in self._providers:
            group = yield from provider.find(wanted, access, language, most)
            if group is not None and group.found:
                groups.append(group)
        return groups


@dataclass(frozen=True)
class ListProvider:
    """Things that a list shows, found by its filters of texts: each filter in `by` is asked by
    itself, the first that finds anything answers (a code, then a name)."""

    lists: Lists
    definition: ListDefinition
    by: tuple[str, ...]
    roles: frozenset[str] | None = None

    @property
    def kind(self) -> str:
        """The list's key."""
        return self.definition.key

    def find(self, text: str, access: Access, language: Language, most: int) -> Plan[Group | None]:
        """The first rows of the list that answer."""
        if self.roles is not None and not self.roles & {each.role for each in access.grants}:
            return None
        title = self.definition.title.say(language)
        for name in self.by:
            state = State(values={name: text})
            try:
                found, _ = yield from self.lists.lines(
                    self.definition, state, Context(access), language, most, detail="everything"
                )
            except (Forbidden, Invalid, Faulty):
                continue
            if found.lines:
                rows = [self._told(line.record, line.case, cells(line.row, self._columns, language))
                        for line in found.lines]  # fmt: skip
                more = found.next is not None
                return Group(self.kind, title, rows, more, self.kind, state.query())
        return None

    @property
    def _columns(self) -> tuple[Column, ...]:
        main = [each for each in self.definition.columns if each.main]
        return (*main, *(each for each in self.definition.columns if each.shown and not each.main))

    def _told(self, record: str, case: str | None, texts: Sequence[str]) -> Found:
        return Found(texts[0], " · ".join(each for each in texts[1:3] if each), record, case)


@dataclass(frozen=True)
class CaseProvider:
    """The case of a number: found by it alone, whole."""

    workflow: Workflow
    title: Words
    kind: str = "cases"

    def find(self, text: str, access: Access, language: Language, most: int) -> Plan[Group | None]:
        """The case, where it may be seen."""
        if len(text) > 64 or not text.isascii() or " " in text:
            return None
        try:
            case = yield from self.workflow.case(text.lower(), access)
        except NotFound:
            return None
        definition = self.workflow.definitions.of(case.definition, case.version)
        if case.focus.patient is not None:
            target = audit.Target(case.focus.type, case.focus.id, case.focus.patient)
            yield from audit.append([audit.shown(access, [target], "everything:cases")])
        record = f"{case.focus.type}/{case.focus.id}"
        state = definition.state(case.state).title.say(language)
        found = Found(definition.title.say(language), state, record, case.id)
        return Group(self.kind, self.title.say(language), [found])


@dataclass(frozen=True, slots=True)
class PageEntry:
    """A page that may be found by its title or other words; `roles` None: it is everybody's."""

    title: Words
    address: str
    roles: frozenset[str] | None = None
    words: Sequence[str] = ()


@dataclass(frozen=True)
class PageProvider:
    """Pages by the beginnings of words of their titles, in either language."""

    title: Words
    pages: Sequence[PageEntry]
    kind: str = "pages"

    def find(self, text: str, access: Access, language: Language, most: int) -> Plan[Group | None]:
        """The pages that answer and that are for one of the roles."""
        yield from ()
        roles = {each.role for each in access.grants}
        asked = fold(text)
        found = [
            Found(page.title.say(language), address=page.address)
            for page in self.pages
            if (page.roles is None or page.roles & roles)
            and any(f" {asked}" in f" {fold(told)}"
                    for told in (page.title.vi, page.title.en, *page.words))
        ]  # fmt: skip
        return Group(self.kind, self.title.say(language), found[:most], len(found) > most)
