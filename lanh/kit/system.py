"""A ministry system, declared: its table of contents, and nothing about how the engines work."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from lanh.core.access import Access, Interaction
from lanh.core.accounts import Right, Role, Roles, Sight, registry
from lanh.core.database import Plan
from lanh.core.desks import Desk, DeskForm, Duty, Happening, Note, OwnPage, RecordView
from lanh.core.forms import load_form
from lanh.core.lists import ListDefinition
from lanh.core.overviews import Overview
from lanh.core.text import Catalogue, Words
from lanh.core.warehouse import Indicator
from lanh.core.warehouse.views import ViewDefinition
from lanh.core.workflow import Case, Definition, Migration


class SystemFault(ValueError):
    """A system's folder does not hold what the kit expects; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Page:
    """An entry of a system's menu: where it is and which roles it is shown to."""

    path: str
    title: Words
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Grant:
    """What a role may do with records of some types, and by which tie to them. `impersonal`
    leaves out records that are about a patient.

    The rights of a system are added to those that the nation's roles have by themselves.
    """

    role: str
    interactions: frozenset[Interaction]
    types: frozenset[str]
    sees: frozenset[Sight]
    sensitivities: frozenset[str] = frozenset()
    impersonal: bool = False

    def right(self) -> Right:
        """The right as accounts know it."""
        return Right(self.interactions, self.types, self.sees, self.sensitivities, self.impersonal)


@dataclass(frozen=True, slots=True)
class System:
    """One folder of `lanh/systems`: the mission rows it serves, its users, what it offers them.

    `rows` are ids of the mission table (A1 … J7). `tests` are the files, from the project's root,
    that show each row at work. `pages` are entries of the menu that lead to pages of the platform;
    the rest makes the system's desk: `forms`, `states`, `lists` with the roles that open them,
    `records`, `overviews`, `own_pages` with their reasons, `grants`, `indicators` over `views`;
    `case_facts`, `follow`, `notes` and `duties` as a `Desk` has them. `partners` are roles that no
    person has, with what they are called: those of outside services, which connectors act in.
    """

    key: str
    title: Words
    summary: Words
    rows: tuple[str, ...]
    pages: tuple[Page, ...]
    tests: tuple[str, ...]
    forms: tuple[DeskForm, ...] = ()
    states: tuple[Definition, ...] = ()
    migrations: tuple[Migration, ...] = ()
    lists: tuple[ListDefinition, ...] = ()
    list_roles: Mapping[str, frozenset[str]] = field(default_factory=dict)
    records: tuple[RecordView, ...] = ()
    overviews: tuple[Overview, ...] = ()
    own_pages: tuple[OwnPage, ...] = ()
    grants: tuple[Grant, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    views: tuple[ViewDefinition, ...] = ()
    case_facts: Callable[[Access, Mapping[str, Any]], Plan[Mapping[str, Any]]] | None = None
    follow: Callable[[Happening], Plan[None]] | None = None
    notes: Callable[[Case], Plan[Sequence[Note]]] | None = None
    duties: tuple[Duty, ...] = ()
    partners: Mapping[str, Words] = field(default_factory=dict)

    @property
    def every_page(self) -> tuple[Overview | OwnPage, ...]:
        """Its pages of both kinds."""
        return (*self.overviews, *self.own_pages)

    @property
    def roles(self) -> frozenset[str]:
        """Everybody whom the desk is for."""
        found: set[str] = set()
        for form in self.forms:
            found |= form.roles
        for roles in self.list_roles.values():
            found |= roles
        for states in self.states:
            for queue in states.queues:
                found |= queue.roles | queue.assigners
            for way in states.transitions:
                found |= way.roles
        found |= {role for each in self.every_page for role in each.roles}
        return frozenset(found)

    @property
    def desk(self) -> Desk | None:
        """The system as its users meet it; None where it has no desk."""
        if not (self.forms or self.lists or self.overviews or self.own_pages or self.records):
            return None
        desk = Desk(
            self.key,
            self.title,
            self.summary,
            self.roles,
            self.forms,
            self.states,
            self.migrations,
            self.lists,
            self.list_roles,
            self.records,
            self.own_pages,
            duties=self.duties,
            overviews=self.overviews,
            partners=self.partners,
        )
        if self.case_facts is not None:
            desk = replace(desk, case_facts=self.case_facts)
        if self.notes is not None:
            desk = replace(desk, notes=self.notes)
        return replace(desk, follow=self.follow) if self.follow is not None else desk


def catalogue(module_file: str) -> Catalogue:
    """The `messages.yaml` beside a system's `system.py`."""
    return Catalogue.load(Path(module_file).with_name("messages.yaml"))


def form(module_file: str, key: str, roles: Iterable[str], **more: Any) -> DeskForm:
    """The form `key` of the Questionnaire `<key>.yaml` beside a system's `system.py`, or in its
    folder `forms`; `more` is what else a `DeskForm` has. Raises FormInvalid, SystemFault."""
    folder = Path(module_file).parent
    name = f"{key.replace('-', '_')}.yaml"
    path = next((p for p in (folder / name, folder / "forms" / name) if p.is_file()), None)
    if path is None:
        raise SystemFault(f"{folder} has no {name} for the form {key}")
    known = {each.name for each in fields(DeskForm)}
    strange = sorted(set(more) - known)
    if strange:
        raise SystemFault(f"{folder}: a form has no {', '.join(strange)}")
    return DeskForm(key, load_form(path), frozenset(roles), **more)


def roles_with(roles: Roles, systems: Iterable[System]) -> Roles:
    """The nation's roles with the rights that installed systems declare. Raises SystemFault where
    a grant names a role that there is none of."""
    added: dict[str, list[Right]] = {}
    for system in systems:
        for grant in system.grants:
            if grant.role not in roles:
                raise SystemFault(f"{system.key}: nobody has the role {grant.role}")
            added.setdefault(grant.role, []).append(grant.right())
    return registry(*(_with(role, added.get(code, ())) for code, role in roles.items()))


def _with(role: Role, rights: Iterable[Right]) -> Role:
    new = tuple(right for right in rights if right not in role.rights)
    return replace(role, rights=(*role.rights, *new)) if new else role


def installed(package: ModuleType) -> list[System]:
    """The systems of a package, a folder each, alphabetical.

    Each folder has a `README.md` and a `system.py` whose `SYSTEM` bears the folder's name. Raises
    SystemFault where one does not.
    """
    found: list[System] = []
    for entry in sorted(pkgutil.iter_modules(package.__path__), key=lambda entry: entry.name):
        folder = Path(package.__path__[0]) / entry.name
        if not entry.ispkg:
            raise SystemFault(f"{folder}.py: a system is a folder")
        for name in ("README.md", "system.py", "messages.yaml"):
            if not (folder / name).is_file():
                raise SystemFault(f"{folder} has no {name}")
        module = importlib.import_module(f"{package.__name__}.{entry.name}.system")
        system = getattr(module, "SYSTEM", None)
        if not isinstance(system, System) or system.key != entry.name:
            raise SystemFault(f"{folder}/system.py: SYSTEM must be a System with key {entry.name}")
        found.append(_whole(system, getattr(module, "DESK", None)))
    return found


def _whole(system: System, desk: Any) -> System:
    """A system with what its own `DESK` offers, where it is written so."""
    if not isinstance(desk, Desk) or system.desk is not None:
        return system
    return replace(
        system, forms=desk.forms, states=desk.workflows, migrations=desk.migrations,
        lists=desk.lists, list_roles=desk.list_roles, records=desk.records, own_pages=desk.pages,
        case_facts=desk.case_facts, follow=desk.follow, duties=desk.duties,
        overviews=desk.overviews, notes=desk.notes, partners=desk.partners,
    )  # fmt: skip


def desks_of(package: ModuleType) -> list[Desk]:
    """The desks of the installed systems: what their words make, or the `DESK` that one gives."""
    found: list[Desk] = []
    for system in installed(package):
        module = importlib.import_module(f"{package.__name__}.{system.key}.system")
        desk = getattr(module, "DESK", None) or system.desk
        if isinstance(desk, Desk):
            found.append(desk)
    return found
