"""The engine: a page of a list as a plan, what a person keeps of it, counts of its views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from lanh.core import audit
from lanh.core.access import Access
from lanh.core.database import Plan
from lanh.core.lists import asking, kept, tasks
from lanh.core.lists.definition import ListDefinition
from lanh.core.lists.errors import ListRefused
from lanh.core.lists.screen import Screen
from lanh.core.lists.showing import Found, Line, said, screen_of
from lanh.core.lists.state import Pairs, State, read_state
from lanh.core.store import Context, Invalid, Search, Store, Stored
from lanh.core.store import Page as StorePage
from lanh.core.text import Language
from lanh.core.workflow import Task, Workflow

MOST_COUNTED = 2_000
LONGEST_PAGE = 200


class Lists:
    """Lists over records and over tasks. All methods are plans.

    Where a list shows records about people, its audit entries are written by the plan: it is to be
    committed before what it gives is sent.
    """

    def __init__(self, store: Store, workflow: Workflow | None = None) -> None:
        self.store = store
        self.workflow = workflow

    def screen(
        self,
        definition: ListDefinition,
        pairs: Pairs,
        access: Access,
        person: str,
        language: Language,
        *,
        counts: bool = False,
        total: bool = False,
    ) -> Plan[Screen]:
        """A page of a list in the state that pairs of a query string say.

        `counts` also counts the rows of each view that is counted, `total` those of this state;
        both stop at MOST_COUNTED. Columns that the pairs choose are kept. What of the state cannot
        be used is told at its field, and no row is shown where a filter is wrong. Raises
        store.Forbidden where nothing of the list's type may be searched.
        """
        own = yield from kept.kept_of(person, definition.key)
        state = read_state(definition, pairs, {each.name: each.pairs for each in own.views})
        if state.columns:
            yield from self.choose_columns(definition, person, state.columns)
            own = replace(own, columns=state.columns)
        context = Context(access)
        found, state = yield from self._found(definition, state, context, language, total)
        counted: Mapping[str, str] = {}
        if counts:
            counted = yield from self.counts(definition, access, person, language)
        return screen_of(definition, state, own, found, counted, language)

    def counts(
        self, definition: ListDefinition, access: Access, person: str, language: Language
    ) -> Plan[dict[str, str]]:
        """How many rows each view has, as it is said, by its name; "" is the list without a view.

        Each count stops at MOST_COUNTED ("2.000+"). Views whose filters are wrong are left out.
        """
        own = yield from kept.kept_of(person, definition.key)
        wanted: dict[str, Mapping[str, str]] = {"": {}}
        wanted |= {each.name: each.filters for each in definition.views if each.counted}
        wanted |= {each.name: each.pairs for each in own.views}
        found = {}
        for name, values in wanted.items():
            state = read_state(definition, tuple(values.items()))
            if not state.faults:
                count = yield from self.count(definition, state, access)
                if count is not None:
                    found[name] = said(*count, language)
        return found

    def count(
        self,
        definition: ListDefinition,
        state: State,
        access: Access,
        most: int = MOST_COUNTED,
    ) -> Plan[tuple[int, bool] | None]:
        """How many rows a state has, counted no further than `most`, and whether there are more;
        None where its filters are wrong."""
        context = Context(access)
        if definition.resource_type is None:
            counted = yield from tasks.count_tasks(self._workflow(), definition, state, context)
            return counted
        try:
            search = yield from asking.searched(self.store, definition, state, count=0)
            search = replace(search, include=(), sort=(), total="estimate", most_counted=most)
            page = yield from self.store.search(search, context)
        except (asking.Faulty, Invalid):
            return None
        return page.total or 0, page.total_bounded

    def save_view(
        self, definition: ListDefinition, person: str, title: str, pairs: Pairs
    ) -> Plan[str]:
        """Keeps a state as a view of the person and gives its name.

        Texts typed into a list about people are not kept, for they name people. Raises ListRefused.
        """
        own = yield from kept.kept_of(person, definition.key)
        state = read_state(definition, pairs, {each.name: each.pairs for each in own.views})
        for fault in state.faults.values():
            raise ListRefused("value", "view-faults", reason=fault)
        if asking.about_people(definition):
            texts = {each.name for each in definition.filters if each.kind == "text"}
            values = {name: text for name, text in state.values.items() if name not in texts}
            state = replace(state, values=values)
        name = yield from kept.keep_view(person, definition.key, title, state.query())
        return name

    def remove_view(self, definition: ListDefinition, person: str, name: str) -> Plan[None]:
        """Removes a view that the person saved. Raises ListRefused where there is none."""
        yield from kept.drop_view(person, definition.key, name)

    def choose_columns(
        self, definition: ListDefinition, person: str, names: Sequence[str]
    ) -> Plan[None]:
        """Keeps which columns the person looks at. Raises ListRefused for a column that is none."""
        known = [each.name for each in definition.columns]
        for name in names:
            if name not in known:
                raise ListRefused("value", "columns-unknown", name=name[:40])
        if not names:
            raise ListRefused("required", "columns-none")
        usual = [each.name for each in definition.columns if each.shown]
        chosen = [name for name in known if name in set(names)]
        yield from kept.keep_columns(person, definition.key, [] if chosen == usual else chosen)

    def lines(
        self,
        definition: ListDefinition,
        state: State,
        context: Context,
        language: Language,
        size: int,
        *,
        detail: str = "list",
    ) -> Plan[tuple[Found, State]]:
        """A page of rows and its neighbours, with the audit entries. Raises asking.Faulty."""
        limit = max(1, min(size, LONGEST_PAGE))
        if definition.resource_type is None:
            found, state, shown = yield from tasks.find_tasks(
                self.store, self._workflow(), definition, state, context, language, limit
            )
            yield from _audit_tasks(definition, shown, context, detail)
            return found, state
        search = yield from asking.searched(self.store, definition, state, count=limit)
        page, state = yield from self._page(definition, search, state, context)
        yield from _audit_records(definition, page, context, detail)
        included = {f"{each.type}/{each.id}": each.resource() for each in page.included}
        rows = [Line(f"{each.type}/{each.id}", (each.resource(), included))
                for each in page.entries]  # fmt: skip
        return Found(rows, *asking.neighbours(state, page.next_cursor)), state

    def _found(
        self,
        definition: ListDefinition,
        state: State,
        context: Context,
        language: Language,
        total: bool,
    ) -> Plan[tuple[Found, State]]:
        if state.faults:
            return Found(), state
        try:
            found, state = yield from self.lines(
                definition, state, context, language, definition.page
            )
        except asking.Faulty as fault:
            return Found(), fault.state
        if total and found.total is None and not state.faults:
            count = yield from self.count(definition, state, context.access)
            if count is not None:
                found = replace(found, total=said(*count, language))
        return found, state

    def _page(
        self, definition: ListDefinition, search: Search, state: State, context: Context
    ) -> Plan[tuple[StorePage, State]]:
        """The store's page, its rows in the order of the list.

        A page that is none of this search, or before which nothing is left, becomes the first.
        """
        try:
            wanted, turned = asking.paged(search, state)
            page = yield from self.store.search(wanted, context)
        except Invalid as error:
            if error.key != "bad_cursor" or not state.cursor:
                raise asking.Faulty(asking.refused_somewhere(definition, state, error)) from error
            state = replace(state.noting("bad-page"), cursor="")
            page, state = yield from self._page(definition, search, state, context)
            return page, state
        if turned:
            if not page.entries:
                state = replace(state, cursor="")
                page, state = yield from self._page(definition, search, state, context)
                return page, state
            page = replace(page, entries=page.entries[::-1])
        return page, state

    def _workflow(self) -> Workflow:
        if self.workflow is None:
            raise ValueError("a list of tasks needs a workflow")
        return self.workflow


def _audit_records(
    definition: ListDefinition, page: StorePage, context: Context, detail: str
) -> Plan[None]:
    """What was shown of people; that nothing was found, where the list is about people."""
    about = asking.about_people(definition)
    shown = [each for each in (*page.entries, *page.included) if about or _concerns(each)]
    targets = [audit.Target(each.type, each.id, _patient(each)) for each in shown]
    if targets or about:
        entry = audit.shown(
            context.access, targets, f"{detail}:{definition.key}", type=definition.resource_type
        )
        yield from audit.append([entry])


def _patient(each: Stored) -> str | None:
    return each.id if each.type == "Patient" else each.patient


def _concerns(each: Stored) -> bool:
    return _patient(each) is not None


def _audit_tasks(
    definition: ListDefinition, shown: Sequence[Task], context: Context, detail: str
) -> Plan[None]:
    focuses = [each.case.focus for each in shown if each.case.focus.patient is not None]
    targets = [audit.Target(each.type, each.id, each.patient) for each in focuses]
    if targets:
        entry = audit.shown(context.access, targets, f"{detail}:{definition.key}", type="Task")
        yield from audit.append([entry])
