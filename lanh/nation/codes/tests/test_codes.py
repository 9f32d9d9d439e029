"""The bundled lists and the importer of the whole ICD-10."""

from __future__ import annotations

import gzip
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from lanh.connectors.claims_xml.episode import CLASS
from lanh.core import terminology
from lanh.core.database import SyncDatabase
from lanh.core.store import Store
from lanh.nation import codes, naming

DAY = date(2026, 11, 22)


def test_every_list_reads_strictly_and_is_large_enough() -> None:
    sizes = {name: len(codes.code_system(name).concepts) for name in codes.names()}
    assert sizes["icd10"] >= 200
    assert sizes["drugs"] >= 80
    assert sizes["services"] >= 60
    assert sizes["laboratory"] >= 40
    assert sizes["ethnic_groups"] == 55
    assert len(sizes) == len({codes.code_system(name).url for name in sizes})


def test_codes_have_the_shape_of_their_field() -> None:
    for name, shape in {
        "icd10": r"[A-Z]\d\d(\.\d)?",
        "drugs": r"40\.\d{3}",
        "services": r"\d\d\.\d{4}\.\d{4}",
        "laboratory": r"\d{3,5}-\d",
        "departments": r"K\d\d",
        "ethnic_groups": r"\d\d",
        "care_types": r"\d\d",
        "occupations": r"\d{5}",
    }.items():
        wrong = [c.code for c in codes.concepts(name) if not re.fullmatch(shape, c.code)]
        assert wrong == [], name


def test_loinc_codes_carry_their_check_digit() -> None:
    def mod10(number: str) -> int:
        total = 0
        for place, digit in enumerate(reversed(number)):
            value = int(digit) * (2 if place % 2 == 0 else 1)
            total += value - 9 if value > 9 else value
        return (10 - total % 10) % 10

    wrong = [
        c.code
        for c in codes.concepts("laboratory")
        if mod10(c.code.split("-")[0]) != int(c.code[-1])
    ]
    assert wrong == []


def test_lists_refer_to_each_other_by_codes_that_exist() -> None:
    services = {c.code for c in codes.concepts("services")}
    departments = {c.code for c in codes.concepts("departments")}
    groups = {c.code for c in codes.concepts("cost_groups")}
    for test in codes.concepts("laboratory"):
        assert test.properties["kind"] == "vital" or test.properties["service"] in services
    for service in codes.concepts("services"):
        assert service.properties["department"] in departments
        assert service.properties["group"] in groups
        assert service.properties["price"] > Decimal(0)  # type: ignore[operator]


def test_load_all_twice_changes_nothing(database: SyncDatabase) -> None:
    first = codes.load_all(database, DAY)
    assert sum(loaded.opened for loaded in first) > 600
    assert all(loaded.skipped for loaded in codes.load_all(database, DAY))
    entry = database.read(terminology.lookup(naming.ICD10, "I10", DAY))
    assert entry is not None and entry.display.vi == "Bệnh lý tăng huyết áp"
    assert database.read(terminology.lookup(naming.CARE_TYPE, "14", date(2025, 1, 1))) is None
    assert database.read(terminology.lookup(naming.CARE_TYPE, "14", DAY)) is not None
    found = database.read(terminology.search(naming.DRUG, "amoxicilin acid", DAY))
    assert [e.code for e in found] == ["40.013"]


def test_value_sets_and_maps_over_the_lists_answer(database: SyncDatabase) -> None:
    codes.load_all(database, DAY)
    known = terminology.Terminology(lambda: DAY)
    store = Store(hooks=(known.hook,))
    assert {each.status for each in codes.publish(database, store)} == {"created"}
    assert {each.status for each in codes.publish(database, store)} == {"unchanged"}
    pairs = database.read(known.expand_codes("urn:lanh:values:inpatient-care"))
    assert [code for _, code in pairs] == ["03", "04", "06", "09"]
    assert len(database.read(known.expand_codes("urn:lanh:values:ethnic-groups"))) == 55
    for given, expected in (("03", "IMP"), ("12", "HH"), ("01", "AMB")):
        asked = terminology.Asked((terminology.Coded(given, naming.CARE_TYPE),))
        [match] = database.read(terminology.translate(asked, None, known.scope()))
        assert match.concept is not None and match.concept["code"] == expected
    below = database.read(known.descendants(naming.ICD10, "A97"))
    assert {"A97.0", "A97.1", "A97.2"} <= {code for _, code in below}
    asked_for = terminology.look_up(known.scope(), naming.ICD10, "A97.0", None, (), ("source",))
    assert "4469" in str(database.read(asked_for))


def test_class_of_an_encounter_is_as_claims_become_it() -> None:
    [found] = [each for each in codes.derived() if each["resourceType"] == "ConceptMap"]
    [group] = found["group"]
    mapped = {each["code"]: each["target"][0]["code"] for each in group["element"]}
    assert mapped == CLASS


def test_import_reads_marks_repeats_and_faults(tmp_path: Path) -> None:
    path = tmp_path / "icd.csv.gz"
    with gzip.open(path, "wt", encoding="utf-8") as out:
        out.write("code,title_en,title_vi,type_code,chapter\n")
        out.write("A01.0†,Typhoid  fever,Thương hàn,A01,I\nA01.0†,Typhoid fever,Thương hàn,A01,I\n")
        out.write("G01*,Meningitis,Viêm màng não,G01*,VI\nU13/9,Wrong,Sai,U13,XXII\n")
        out.write("G01*,Meningitis,Tên khác,G01*,VI\n")
    imported = codes.import_icd10(path)
    assert [c.code for c in imported.code_system.concepts] == ["A01.0", "G01"]
    assert imported.code_system["A01.0"].properties == {
        "chapter": "I",
        "category": "A01",
        "mark": "dagger",
    }
    assert [row[:2] for row in imported.left_out] == [(5, "U13/9"), (6, "G01")]
    assert len(list(codes.unreadable(imported))) == 2


def test_import_names_missing_columns(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("code,name\nA00,Cholera\n", encoding="utf-8")
    with pytest.raises(terminology.CodeSystemError, match="title_en, title_vi"):
        codes.import_icd10(path)


def test_the_whole_annex_replaces_the_bundled_part(database: SyncDatabase, test_data: Path) -> None:
    imported = codes.import_icd10(test_data / "vn-icd10" / "qd4469_icd10.csv.gz")
    assert len(imported.code_system.concepts) > 12_000
    codes.load_all(database, DAY)
    database.transact(terminology.load(imported.code_system, DAY))
    bundled = {c.code for c in codes.concepts("icd10")}
    assert bundled <= {c.code for c in imported.code_system.concepts}
    codes.load_all(database, DAY)
    assert database.read(terminology.lookup(naming.ICD10, "A02.1", DAY)) is not None
    found = database.read(terminology.search(naming.ICD10, "viem phoi", DAY, limit=5))
    assert len(found) == 5 and all("Viêm" in e.display.vi for e in found)
