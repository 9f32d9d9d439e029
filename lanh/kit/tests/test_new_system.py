"""A new system is whole as it is made; and what is broken on purpose is found."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import lanh.systems
from lanh.core.overviews import Area, Behind, Counted, Measure, Overview, Sums
from lanh.kit import Filter, System, SystemFault, check, new_system, report
from lanh.kit.tests.trying_out import try_out
from lanh.nation.place import GROUND
from lanh.nation.roles import ROLES


@pytest.fixture
def systems(tmp_path: Path) -> Iterator[Path]:
    """A folder of systems with a new one, `fridge_log`, that can be imported."""
    new_system("fridge_log", tmp_path)
    lanh.systems.__path__.append(str(tmp_path))
    yield tmp_path
    lanh.systems.__path__.remove(str(tmp_path))
    for name in [n for n in sys.modules if n.startswith("lanh.systems.fridge_log")]:
        del sys.modules[name]
    if hasattr(lanh.systems, "fridge_log"):
        delattr(lanh.systems, "fridge_log")


def loaded() -> System:
    system = importlib.import_module("lanh.systems.fridge_log.system").SYSTEM
    assert isinstance(system, System)
    return system


def faults(folder: Path, system: System | None = None) -> set[str]:
    return {each.key for each in check(folder, system, roles=ROLES)}


def test_a_new_system_passes_as_made(systems: Path, server_url: str) -> None:
    folder = systems / "fridge_log"
    assert not check(folder, loaded(), roles=ROLES)
    assert len((folder / "system.py").read_text().splitlines()) <= 70
    size = report(folder, loaded())
    assert (size.own_pages, size.own_queries, size.escapes) == (0, 0, 0)
    edit("rules.py", "def title", _ESCAPES + "\n\ndef title")(folder)
    size = report(folder, loaded())
    assert (size.queried, size.drawn, size.own_queries) == (2, 3, 1), "counted where they stand"
    code, said = try_out(systems, "fridge_log", server_url)
    assert code == 0, said


def test_names_that_cannot_be_are_refused(tmp_path: Path) -> None:
    for name in ("Fridge", "../x", "a b", "1a", ""):
        with pytest.raises(SystemFault):
            new_system(name, tmp_path)
    new_system("fridge", tmp_path)
    with pytest.raises(SystemFault):
        new_system("fridge", tmp_path)


_ESCAPES = '''from lanh.core.ui import tag

def own_query(store) -> "Plan[int]":
    yield from ()

def own_page(text):
    """Draws."""
    return tag("p", text)
'''


def edit(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    return change


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def write(name: str, text: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / name).write_text(text)

    return change


@pytest.mark.parametrize(
    ("breaking", "key"),
    [
        (remove("README.md"), "missing-file"),
        (edit("README.md", "**Users.**", ""), "missing-part"),
        (edit("messages.yaml", 'en: "Day"', 'en: ""'), "words-fault"),
        (edit("messages.yaml", 'en: "Day"', 'en: "Day {n}"'), "words-fault"),
        (edit("report.yaml", ", en: Day of the reading", ""), "form-fault"),
        (edit("report.yaml", "Observation.effective[x]", "Observation.when"), "form-fault"),
        (edit("report.yaml", "type: decimal", "type: number"), "form-fault"),
        (edit("report.yaml", "  - linkId: day", "\n" * 300 + "  - linkId: day"), "form-long"),
        (write("left_over.py", '"""Nothing."""\n'), "file-unused"),
        (write("left_over.yaml", "a: 1\n"), "file-unused"),
        (edit("examples/1_report.yaml", "form: report", "form: other"), "example-form"),
        (edit("examples/1_report.yaml", "fields:", "felds:"), "example-shape"),
    ],
)  # fmt: skip
def test_a_broken_folder_is_found(
    systems: Path, breaking: Callable[[Path], None], key: str
) -> None:
    system = loaded()
    breaking(systems / "fridge_log")
    assert key in faults(systems / "fridge_log", system)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('form="report",', 'form="reports",', "name-unknown"),
        ('"reports": frozenset({NURSE, OFFICER})', '"report": frozenset({NURSE})', "name-unknown"),
        ('{"reports": frozenset({NURSE, OFFICER})}', "{}", "role-nobody"),
        ("COMMUNE_NURSE.code,", '"cook",', "role-unknown"),
        ('resource_type="Observation",', 'resource_type="Observations",', "type-unknown"),
        ('frozenset({"Observation"}),', 'frozenset({"Reading"}),', "type-unknown"),
        ('order="-date"', 'order="-dates"', "list-fault"),
        ('fixed=(("code",', 'fixed=(("codes",', "list-fault"),
    ],
)
def test_a_broken_declaration_is_found(systems: Path, old: str, new: str, key: str) -> None:
    edit("system.py", old, new)(systems / "fridge_log")
    assert key in faults(systems / "fridge_log", loaded())


def test_an_overview_that_leads_nowhere_is_found(systems: Path) -> None:
    system = loaded()
    sums = Sums(system.title, "place", ("readings", "heat"), behind=(
        Behind(list="reports", filters={"colour": "=red"}), Behind(list="others"),
    ))  # fmt: skip
    overview = Overview(
        "map", system.title, frozenset({"cook"}), GROUND, (sums,),
        Counted("Observation", (("codes", "x"),)), (Area(system.title),),
        (Measure("readings", system.title),), doors=(("form", "none", system.title),),
    )  # fmt: skip
    found = check(systems / "fridge_log", replace(system, overviews=(overview,)), roles=ROLES)
    told = [(each.key, each.message.en) for each in found]
    assert [key for key, _ in told].count("overview-fault") == 2, told
    for name in ("heat", "codes", "others", "reports?colour", "none", "cook"):
        assert any(name in text for _, text in told), name


def test_a_list_about_people_takes_no_text(systems: Path) -> None:
    """It would stand in the address."""
    folder = systems / "fridge_log"
    system = loaded()
    asked = [Filter(kind, system.title, "date" if kind == "date" else "value-string", kind)
             for kind in ("text", "date")]  # fmt: skip

    def told(personal: bool, *filters: Filter) -> list[str]:
        lists = tuple(replace(each, filters=filters) for each in system.lists)
        records = tuple(replace(each, personal=personal) for each in system.records)
        found = check(folder, replace(system, lists=lists, records=records), roles=ROLES)
        return [each.key for each in found]

    assert told(True, asked[0]) == ["list-text"]
    assert told(True, asked[1]) == [], "a day says nothing of a person"
    assert told(False, asked[0]) == [], "these records are of no person"
    unseen = replace(system, lists=tuple(replace(e, filters=(asked[0],)) for e in system.lists),
                     records=())  # fmt: skip
    assert "list-text" in [each.key for each in check(folder, unseen, roles=ROLES)]


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("report.yaml", "#Observation.status", "#Observation.language", ""),
        ("rules.py", "value > HIGH", "value > 4", "examples/1_report"),
        ("rules.py", "value > HIGH", "value > 100", "warned"),
        ("examples/2_missing.yaml", "reading: hot", "reading: '5'", "faults at"),
        ("tests/queries.yaml", "send': ", "send': 1 #", "more statements"),
    ],
)
def test_what_is_broken_makes_a_test_fail(
    systems: Path, server_url: str, name: str, old: str, new: str, told: str
) -> None:
    edit(name, old, new)(systems / "fridge_log")
    code, said = try_out(systems, "fridge_log", server_url)
    assert code == 1, said
    assert told in said


def test_a_grant_that_is_too_small_makes_a_test_fail(systems: Path, server_url: str) -> None:
    """The nation's own rights are taken away, so that the system's grants are all there is."""
    folder = systems / "fridge_log"
    bare = "registry(*(replace(role, rights=()) for role in ROLES.values()))"
    imports = "from dataclasses import replace\n\nfrom lanh.core.accounts import registry\n"
    edit("tests/test_fridge_log.py", "SYSTEM, ROLES,", f"SYSTEM, {bare},")(folder)
    edit("tests/test_fridge_log.py", "from lanh.kit", imports + "from lanh.kit")(folder)
    assert try_out(systems, "fridge_log", server_url)[0] == 0
    text = (folder / "system.py").read_text()
    for old, new in (
        ('"QuestionnaireResponse"', '"Condition"'),
        ('"create", "update"', '"update"'),
    ):
        (folder / "system.py").write_text(text.replace(old, new))
        code, said = try_out(systems, "fridge_log", server_url)
        assert code == 1, (old, said)
