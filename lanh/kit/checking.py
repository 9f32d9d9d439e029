"""What is wrong with a system's folder: everything is looked at, nothing is trusted."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lanh.core import overviews
from lanh.core.fhir import RESOURCE_TYPES
from lanh.core.forms import Form, FormInvalid, load_form
from lanh.core.lists import about_people, faults_of
from lanh.core.text import Catalogue, Message
from lanh.core.warehouse import Definitions, indicator_faults
from lanh.core.workflow import Definition
from lanh.kit.examples import ExampleFault, read_example
from lanh.kit.figures import counting, read_worked
from lanh.kit.system import System, SystemFault

MESSAGES = Catalogue.load(Path(__file__).with_name("messages.yaml"))

LONGEST_FORM = 300
_BY_ITSELF = frozenset({"system"})
_PARTS = ("Rows served", "Users", "What comes in", "What goes out")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to mend: the file or the place in SYSTEM, and what to do."""

    where: str
    key: str
    message: Message


def fault(where: str, key: str, /, **parameters: Any) -> Fault:
    """A fault by the key of its message."""
    return Fault(where, key, MESSAGES.message(key, **parameters))


def check(
    folder: Path,
    system: System | None,
    *,
    roles: Collection[str],
    known: Callable[[str], bool] = lambda _url: True,
    own: Collection[str] = (),
    base: Definitions | None = None,
) -> list[Fault]:
    """Everything that is wrong with a system; `system` is None where its module cannot be loaded.

    `roles` are the codes that somebody can have, `known` tells whether there is a value set,
    `own` are names of search parameters that the installation has beside those of R4, `base` what
    it counts without any system: indicators are tried out beside these.
    """
    found = [*_files(folder, system), *_words(folder), *_questionnaires(folder, system)]
    if system is not None:
        found += [
            *_roles(system, roles),
            *_names(system),
            *_lists(system, own),
            *_overviews(system, own),
            *(each for states in system.states for each in _states(states)),
            *_value_sets(system, folder, known),
            *_examples(folder, system),
            *_indicators(folder, system, base),
        ]
    return sorted(found, key=lambda each: (each.where, each.message.en))


# ---- the folder ------------------------------------------------------------------------------


def _files(folder: Path, system: System | None) -> Iterator[Fault]:
    for name in ("README.md", "system.py", "messages.yaml", "__init__.py"):
        if not (folder / name).is_file():
            yield fault(name, "missing-file", name=name)
    readme = folder / "README.md"
    if readme.is_file():
        text = readme.read_text(encoding="utf-8")
        for part in _PARTS:
            if part not in text:
                yield fault("README.md", "missing-part", name=part)
    if system is not None and system.forms:
        for name, pattern in (("examples", "*.yaml"), ("tests", "test_*.py")):
            if not any((folder / name).glob(pattern)):
                yield fault(name, "missing-folder", name=name)
    yield from _unused(folder)


def _unused(folder: Path) -> Iterator[Fault]:
    """Modules that no other imports, data that no module names."""
    modules = [p for p in folder.rglob("*.py") if "tests" not in p.relative_to(folder).parts]
    text = {path: path.read_text(encoding="utf-8") for path in modules}
    for path in modules:
        if path.name in ("__init__.py", "system.py"):
            continue
        named = re.compile(rf"\b{re.escape(path.stem)}\b")
        if not any(named.search(held) for other, held in text.items() if other != path):
            yield fault(str(path.relative_to(folder)), "file-unused")
    whole = "\n".join(text.values())
    templates = "\n".join(
        p.read_text(encoding="utf-8", errors="replace") for p in folder.rglob("*.typ")
    )
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if not path.is_file() or path.suffix == ".py" or parts[0] in ("tests", "examples", "views"):
            continue
        if "__pycache__" in parts or parts == ("README.md",) or path.name == "messages.yaml":
            continue
        names = {path.name, path.stem, path.stem.replace("_", "-"), *parts[:-1]}
        if not any(f'"{name}' in whole or name in templates for name in names):
            yield fault("/".join(parts), "file-unused")


def _words(folder: Path) -> Iterator[Fault]:
    path = folder / "messages.yaml"
    if not path.is_file():
        return
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        yield fault("messages.yaml", "not-loaded", problem=str(error))
        return
    for key, words in told.items():
        texts = words if isinstance(words, dict) else {}
        for language in ("vi", "en"):
            if not str(texts.get(language) or "").strip():
                yield fault("messages.yaml", "words-fault", key=key, language=language)
        names = [set(re.findall(r"\{(\w+)\}", str(texts.get(each, "")))) for each in ("vi", "en")]
        if names[0] != names[1]:
            yield fault("messages.yaml", "words-fault", key=key, language="vi, en")


def _questionnaires(folder: Path, system: System | None) -> Iterator[Fault]:
    used = {form.form.url for form in system.forms} if system is not None else None
    for path in sorted(folder.rglob("*.yaml")):
        name = str(path.relative_to(folder))
        if path.name == "messages.yaml" or path.relative_to(folder).parts[0] == "tests":
            continue
        text = path.read_text(encoding="utf-8")
        if not re.search(r"^resourceType: Questionnaire\s*$", text, re.MULTILINE):
            continue
        lines = len(text.splitlines())
        if lines > LONGEST_FORM:
            yield fault(name, "form-long", count=lines, limit=LONGEST_FORM)
        try:
            form = load_form(path)
        except FormInvalid as error:
            for each in error.faults:
                yield Fault(f"{name}: {each.where}", "form-fault", each.message)
        except Exception as error:  # a file of any content may stand there
            yield fault(name, "not-loaded", problem=str(error))
        else:
            if used is not None and form.url not in used:
                yield fault(name, "form-unused")


# ---- the system -------------------------------------------------------------------------------


def _roles(system: System, roles: Collection[str]) -> Iterator[Fault]:
    for where, named in _role_places(system):
        if not named:
            yield fault(where, "role-nobody", where=where)
        for role in sorted(named - set(roles) - set(system.partners)):
            yield fault(where, "role-unknown", role=role, where=where)
    used = system.roles | {role for page in system.pages for role in page.roles}
    for grant in system.grants:
        if grant.role not in used:
            types = ", ".join(sorted(grant.types))
            yield fault("grants", "grant-unused", role=grant.role, types=types)


def _role_places(system: System) -> Iterator[tuple[str, frozenset[str]]]:
    for form in system.forms:
        yield f"form {form.key}", form.roles
    queues = {queue.name: queue.roles for states in system.states for queue in states.queues}
    for each in system.lists:
        working = frozenset[str]().union(*(queues.get(name, ()) for name in each.queues))
        yield f"list {each.key}", system.list_roles.get(each.key, frozenset()) | working
    for states in system.states:
        escalated = {e.transition for d in states.deadlines for e in d.escalations}
        # Cases that a duty opens are opened by the platform itself.
        if states.openers != _BY_ITSELF:
            yield f"states {states.key}", states.openers
        for queue in states.queues:
            yield f"queue {queue.name}", queue.roles
        for way in states.transitions:
            if way.roles or way.name not in escalated:
                yield f"transition {way.name}", way.roles
        for state in states.states:
            for need in state.signatures:
                yield f"signature {need.name}", need.roles
    for page in system.every_page:
        if not page.public or page.roles:
            yield f"page {page.key}", page.roles
    for menu in system.pages:
        yield f"page {menu.path}", menu.roles
    for grant in system.grants:
        yield "grants", frozenset({grant.role})


def _names(system: System) -> Iterator[Fault]:
    forms, states = {f.key for f in system.forms}, {s.key: s for s in system.states}
    for form in system.forms:
        where = f"form {form.key}"
        if form.workflow is not None and form.workflow not in states:
            yield fault(where, "name-unknown", where=where, name=form.workflow)
        ways = {way.name for each in system.states for way in each.transitions}
        for name in form.ways:
            if name not in ways:
                yield fault(where, "name-unknown", where=where, name=name)
        if form.about is not None and form.about not in RESOURCE_TYPES:
            yield fault(where, "type-unknown", where=where, name=form.about)
    for record in system.records:
        where = f"record {record.resource_type}"
        if record.resource_type not in RESOURCE_TYPES:
            yield fault(where, "type-unknown", where=where, name=record.resource_type)
        if record.form is not None and record.form not in forms:
            yield fault(where, "name-unknown", where=where, name=record.form)
        for paper in record.papers:
            if not paper.template.is_file():
                yield fault(where, "template-missing", name=paper.key)
    queues = {queue.name for each in system.states for queue in each.queues}
    for listed in system.lists:
        where = f"list {listed.key}"
        if listed.resource_type is not None and listed.resource_type not in RESOURCE_TYPES:
            yield fault(where, "type-unknown", where=where, name=listed.resource_type)
        for name in sorted(listed.queues - queues):
            yield fault(where, "name-unknown", where=where, name=name)
    for key in sorted(set(system.list_roles) - {each.key for each in system.lists}):
        yield fault("list_roles", "name-unknown", where="list_roles", name=key)
    for grant in system.grants:
        for name in sorted(grant.types - RESOURCE_TYPES):
            yield fault("grants", "type-unknown", where="grants", name=name)
    for page in system.own_pages:
        if not page.reason.strip():
            yield fault(f"page {page.key}", "own-reason", name=page.key)


def _lists(system: System, own: Collection[str]) -> Iterator[Fault]:
    """What cannot work; and text filters over people, for a filter stands in the address.

    A type whose record view is not `personal` holds records of no person, by the system's word.
    """
    impersonal = {each.resource_type for each in system.records if not each.personal}
    for listed in system.lists:
        where = f"list {listed.key}"
        if listed.resource_type is not None and listed.resource_type not in RESOURCE_TYPES:
            continue  # told among the names
        for wrong in faults_of(listed, own):
            yield Fault(where, "list-fault", wrong)
        if listed.resource_type in impersonal or not about_people(listed):
            continue
        # Over tasks a text filter is one of the three that lists of tasks know.
        for each in listed.filters if listed.resource_type is not None else ():
            if each.kind == "text":
                yield fault(where, "list-text", where=where, name=each.name)


def _overviews(system: System, own: Collection[str]) -> Iterator[Fault]:
    """What cannot work of an overview; ways behind its figures and doors that lead nowhere."""
    lists = {each.key: {f.name for f in each.filters} for each in system.lists}
    pages = [each.key for each in system.every_page]
    forms = {each.key for each in system.forms}
    known = {"list": set(lists), "page": set(pages), "form": forms}
    for key in sorted({key for key in pages if pages.count(key) > 1}):
        yield fault(f"page {key}", "page-twice", name=key)
    for overview in system.overviews:
        where = f"page {overview.key}"
        for wrong in overviews.faults_of(overview, own):
            yield Fault(where, "overview-fault", wrong)
        for way in overviews.ways(overview):
            if (way.list and way.list not in lists) or (way.page and way.page not in pages):
                yield fault(where, "name-unknown", where=where, name=way.list or way.page)
            for name in sorted(way.filters) if way.list in lists else ():
                if name.removesuffix(".until") not in lists[way.list]:
                    yield fault(where, "name-unknown", where=where, name=f"{way.list}?{name}")
        for kind, key, _ in overview.doors:
            if key not in known[kind]:
                yield fault(where, "name-unknown", where=where, name=key)


def _states(states: Definition) -> Iterator[Fault]:
    where = f"states {states.key}"
    reached = {states.initial}
    while True:
        more = {way.target for way in states.transitions if way.sources & reached} - reached
        if not more:
            break
        reached |= more
    leaving = {source for way in states.transitions for source in way.sources}
    for state in states.states:
        if state.name not in reached:
            yield fault(where, "state-unreached", where=where, name=state.name)
        if not state.final and state.name not in leaving:
            yield fault(where, "state-stuck", where=where, name=state.name)


def _value_sets(system: System, folder: Path, known: Callable[[str], bool]) -> Iterator[Fault]:
    own = _own_resources(folder)
    for form in system.forms:
        for link, url in _asked(form.form):
            plain = url.partition("|")[0]
            if plain not in own and not known(plain):
                yield fault(f"form {form.key}", "value-set", link=link, value_set=url)


def _asked(form: Form) -> Iterator[tuple[str, str]]:
    for item in form.every():
        for url in (item.value_set, item.unit_value_set):
            if url is not None:
                yield item.link_id, url


def _own_resources(folder: Path) -> set[str]:
    """The addresses of the terminology that a system brings itself."""
    found = set()
    for path in folder.rglob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        if re.search(r"^resourceType: (ValueSet|CodeSystem)\s*$", text, re.MULTILINE):
            found |= set(re.findall(r"^url: \"?([^\s\"]+)", text, re.MULTILINE))
    return found


def _examples(folder: Path, system: System) -> Iterator[Fault]:
    keys = {form.key for form in system.forms}
    shown = set()
    for path in sorted((folder / "examples").glob("*.yaml")):
        name = f"examples/{path.name}"
        try:
            example = read_example(path)
        except ExampleFault as error:
            yield fault(name, "example-shape", problem=str(error))
            continue
        if example.form not in keys:
            yield fault(name, "example-form", name=example.form)
        if not example.faults:
            shown.add(example.form)
    for key in sorted(keys - shown):
        yield fault("examples", "example-missing", name=key)


def _indicators(folder: Path, system: System, base: Definitions | None) -> Iterator[Fault]:
    """Each can be computed, has an owner and words, and stands in a worked figure."""
    declared = {path.stem for path in (folder / "views").glob("*.yaml")}
    for name in sorted(declared ^ {view.name for view in system.views}):
        yield fault("views", "view-undeclared", name=name)
    shown = set()
    for path in sorted((folder / "examples" / "figures").glob("*.yaml")):
        try:
            shown |= {row["indicator"] for row in read_worked(path).figures}
        except ExampleFault as error:
            yield fault(f"examples/figures/{path.name}", "figure-shape", problem=str(error))
    for each in system.indicators:
        where = f"indicator {each.key}"
        if each.owner is None:
            yield fault(where, "indicator-owner", name=each.key)
        if each.key not in shown:
            yield fault(where, "figure-missing", name=each.key)
        for words in (each.title, each.unit, each.description):
            if not (words.vi.strip() and words.en.strip()):
                yield fault(where, "words-fault", key=each.key, language="vi, en")
    if base is None or not system.indicators:
        return
    try:
        for key, problem in indicator_faults(counting(base, [system])):
            yield fault(f"indicator {key}", "not-loaded", problem=problem)
    except (SystemFault, ValueError) as error:
        yield fault("indicators", "not-loaded", problem=str(error))
