"""The terminology on a database: stored resources, dated lists, which of several is meant."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from threading import Barrier, Thread
from typing import Any

import pytest

from lanh.core import access, terminology
from lanh.core.access import Everything, Grant, Purpose, Subject
from lanh.core.database import SyncDatabase
from lanh.core.store import Context, Store, Write
from lanh.core.terminology import Concept, Terminology, Unknown
from lanh.core.terminology.tests.samples import CARE, CARES, DAY, code_system, rule, value_set
from lanh.core.text import Words

Json = dict[str, Any]
NATION = Context(access.system_access("test"))
GENDER = "http://hl7.org/fhir/ValueSet/administrative-gender"
ICD = "urn:test:icd"


class Desk:
    """A store with the terminology's hook, on one database."""

    def __init__(self, database: SyncDatabase) -> None:
        self.database = database
        self.terminology = Terminology(lambda: DAY)
        self.store = Store(hooks=(self.terminology.hook,))

    def put(self, id: str, body: Json, context: Context = NATION) -> None:
        write = Write("update", body["resourceType"], id, dict(body))
        self.database.transact(self.store.write([write], context))

    def delete(self, kind: str, id: str) -> None:
        self.database.transact(self.store.write([Write("delete", kind, id)], NATION))

    def codes(self, url: str, on: date | None = None) -> list[str]:
        pairs = self.database.read(self.terminology.expand_codes(url, on))
        return [code for _, code in pairs]

    def member(self, url: str, system: str, code: str, on: date | None = None) -> bool:
        return self.database.read(self.terminology.member(url, system, code, on))


@pytest.fixture
def desk(database: SyncDatabase) -> Desk:
    return Desk(database)


def hospital(code: str) -> Context:
    grant = Grant("test", access.EVERY_INTERACTION, None, Everything(), None)
    subject = access.Access(Subject("system", code, code), Purpose.OPERATIONS, (grant,))
    return Context(subject, custodian=code)


def dated(*concepts: Concept, version: str = "1", content: Any = "complete") -> Any:
    return terminology.CodeSystem(
        ICD, "Test", version, Words("Bệnh", "Diseases"), date(2020, 1, 1), content, concepts,
        source="Quyết định 4469/QĐ-BYT", value_set=f"{ICD}:all", parent_property="category",
        kinds={"category": "code"},
    )  # fmt: skip


def concept(code: str, vi: str, en: str, **more: Any) -> Concept:
    properties = {"category": code[:3]}
    return Concept(code, Words(vi, en), properties=properties, **more)


def test_packaged_value_sets_answer_at_once(desk: Desk) -> None:
    assert desk.codes(GENDER) == ["male", "female", "other", "unknown"]
    system = "http://hl7.org/fhir/administrative-gender"
    assert desk.member(GENDER, system, "male") and not desk.member(GENDER, system, "m")
    assert desk.member(f"{GENDER}|4.0.1", system, "male")
    with pytest.raises(Unknown):
        desk.member(f"{GENDER}|9", system, "male")
    units = "http://hl7.org/fhir/ValueSet/ucum-units"
    assert desk.member(units, "http://unitsofmeasure.org", "mmol/L")
    assert not desk.member(units, "http://unitsofmeasure.org", "mmoll/L")
    media = "http://hl7.org/fhir/ValueSet/mimetypes"
    assert desk.member(media, "urn:ietf:bcp:13", "text/plain; charset=utf-8")
    assert not desk.member(media, "urn:ietf:bcp:13", "text")


def test_what_is_written_is_known_with_the_commit_and_not_before(desk: Desk) -> None:
    desk.put("cares", CARES)
    found = value_set("urn:v", {"system": CARE, "filter": [rule("concept", "is-a", "out")]})
    desk.put("v", found)
    assert desk.codes("urn:v") == ["out", "old"]
    desk.put("v", value_set("urn:v", {"system": CARE, "concept": [{"code": "in"}]}))
    assert desk.codes("urn:v") == ["in"]
    desk.put("cares", {**CARES, "concept": [{"code": "out"}]})
    assert desk.codes("urn:v") == []

    def cut_off() -> Any:
        write = Write("update", "ValueSet", "v", value_set("urn:v", {"system": CARE}))
        yield from desk.store.write([write], NATION)
        inside = yield from desk.terminology.expand_codes("urn:v")
        raise RuntimeError(inside)

    with pytest.raises(RuntimeError, match="out"):
        desk.database.transact(cut_off())
    assert desk.codes("urn:v") == []
    desk.delete("ValueSet", "v")
    with pytest.raises(Unknown):
        desk.codes("urn:v")


def test_a_second_process_sees_what_the_first_wrote(desk: Desk, database: SyncDatabase) -> None:
    other = Desk(database)
    desk.put("cares", CARES)
    desk.put("v", value_set("urn:v", {"system": CARE}))
    assert len(other.codes("urn:v")) == 6
    desk.put("cares", {**CARES, "concept": [{"code": "only"}]})
    assert other.codes("urn:v") == ["only"]


def test_nobody_takes_over_a_url_of_the_country_or_of_another(desk: Desk) -> None:
    desk.put("a", {**CARES, "url": "urn:own", "concept": [{"code": "first"}]}, hospital("97001"))
    desk.put("b", {**CARES, "url": "urn:own", "version": "2", "concept": [{"code": "second"}]},
             hospital("97002"))  # fmt: skip
    desk.put("v", value_set("urn:v", {"system": "urn:own"}))
    assert desk.codes("urn:v") == ["first"]
    desk.put("c", {**CARES, "url": "urn:own", "version": "0.1", "concept": [{"code": "nation"}]})
    assert desk.codes("urn:v") == ["nation"]
    fake = code_system("http://hl7.org/fhir/administrative-gender", [{"code": "robot"}])
    desk.put("d", {**fake, "version": "99"}, hospital("97002"))
    assert desk.codes(GENDER) == ["male", "female", "other", "unknown"]
    desk.put("e", value_set(GENDER, {"system": "urn:own"}, version="99"), hospital("97002"))
    assert desk.codes(GENDER) == ["male", "female", "other", "unknown"]


def test_a_dated_list_answers_for_each_day_and_edition(desk: Desk) -> None:
    database = desk.database
    first = dated(concept("A00", "Bệnh tả", "Cholera"), concept("A00.1", "Tả El Tor", "El Tor"),
                  concept("A01", "Thương hàn", "Typhoid"))  # fmt: skip
    database.transact(terminology.load(first, date(2024, 1, 1)))
    second = dated(concept("A00", "Tả", "Cholera"), concept("A00.1", "Tả El Tor", "El Tor"),
                   concept("A02", "Mới", "New", valid_from=date(2026, 7, 1)),
                   version="2")  # fmt: skip
    before, after = date(2026, 6, 30), date(2026, 7, 1)
    assert desk.codes(f"{ICD}:all", before) == ["A00", "A00.1", "A01"]
    database.transact(terminology.load(second, after))
    assert desk.codes(f"{ICD}:all", before) == ["A00", "A00.1", "A01"]
    assert desk.codes(f"{ICD}:all", after) == ["A00", "A00.1", "A02"]
    assert desk.codes(f"{ICD}:all", date(2019, 12, 31)) == []
    assert desk.codes(f"{ICD}?fhir_vs") == ["A00", "A00.1", "A02"]
    assert desk.codes(f"{ICD}?fhir_vs=isa/A00") == ["A00", "A00.1"]
    below = database.read(desk.terminology.descendants(ICD, "A00"))
    assert below == [(ICD, "A00"), (ICD, "A00.1")]
    assert database.read(desk.terminology.subsumes(ICD, "A00", "A00.1"))

    def told(version: str | None, on: date | None = None) -> Json:
        rows = database.read(
            terminology.look_up(desk.terminology.scope(on), ICD, "A00", version, (), ())
        )
        return {row["name"]: row.get("valueString") for row in rows}

    assert (told(None)["display"], told(None)["version"]) == ("Tả", "2")
    assert (told("1")["display"], told("1")["version"]) == ("Bệnh tả", "1")
    assert (told(None, before)["display"], told(None, before)["version"]) == ("Bệnh tả", "1")
    with pytest.raises(Unknown, match=r"from 2020-01-01 until before 2026-07-01"):
        database.read(terminology.look_up(desk.terminology.scope(), ICD, "A01", None, (), ()))
    with pytest.raises(Unknown):
        told("3")


def test_a_part_does_not_say_that_other_codes_are_wrong(desk: Desk) -> None:
    part = dated(concept("A00.1", "Tả El Tor", "El Tor"), content="fragment")
    desk.database.transact(terminology.load(part, date(2024, 1, 1)))
    assert desk.member(f"{ICD}:all", ICD, "B99")
    assert desk.database.read(desk.terminology.descendants(ICD, "A00")) == [
        (ICD, "A00"), (ICD, "A00.1")]  # fmt: skip
    desk.put("mine", code_system(ICD, [{"code": "Z"}], content="fragment"), hospital("97001"))
    assert desk.codes(f"{ICD}:all") == ["A00.1"]
    desk.put("whole", code_system(ICD, [{"code": "Z"}]))
    assert desk.codes(f"{ICD}:all") == ["Z"]


def test_names_of_a_part_adorn_the_packaged_whole(desk: Desk) -> None:
    role = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
    part = terminology.CodeSystem(
        role, "Family", "1", Words("Quan hệ", "Relations"), date(2020, 1, 1), "fragment",
        (Concept("MTH", Words("Mẹ", "mother")),),
    )  # fmt: skip
    desk.database.transact(terminology.load(part, date(2024, 1, 1)))
    found = desk.database.read(desk.terminology.find(role, "me", count=5))
    assert ("MTH", "Mẹ") in {(row.code, row.display) for row in found.rows}
    assert len(desk.codes("http://terminology.hl7.org/ValueSet/v3-RoleCode")) > 300


def test_forms_find_codes_while_somebody_types(desk: Desk) -> None:
    desk.put("cares", CARES)
    find = desk.terminology.find

    def rows(text: str, **more: Any) -> list[tuple[str, str]]:
        found = desk.database.read(find(CARE, text, **more))
        return [(row.code, row.display) for row in found.rows]

    assert rows("hoi suc") == [("in-icu", "Hồi sức tích cực"), ("in-icu-new", "Hồi sức sơ sinh")]
    assert rows("ngoai", language="en") == [("out", "Outpatient")]
    assert rows("duong") == []  # retired
    page = desk.database.read(find(CARE, "", offset=1, count=2))
    assert page.total == 4 and [row.code for row in page.rows] == ["in-icu", "in-icu-new"]
    with pytest.raises(Unknown):
        desk.database.read(find("urn:nowhere", "x"))


def test_a_code_is_found_by_itself_and_by_any_beginning_of_it(desk: Desk) -> None:
    desk.put("causes", code_system(ICD, [
        {"code": "J18.0", "display": "Viêm phế quản phổi"},
        {"code": "J18.9", "display": "Viêm phổi"},
        {"code": "J18.90", "display": "Viêm phổi 18"},
    ]))  # fmt: skip

    def codes(text: str) -> list[str]:
        found = desk.database.read(desk.terminology.find(ICD, text))
        return [row.code for row in found.rows]

    assert codes("J18.9") == ["J18.9", "J18.90"]
    assert codes("j18.0") == ["J18.0"]
    assert codes("J18.") == ["J18.0", "J18.9", "J18.90"]
    assert codes("J18.7") == []


def _together(*acts: Callable[[], object]) -> list[BaseException]:
    barrier, faults = Barrier(len(acts)), []

    def run(act: Callable[[], object]) -> None:
        barrier.wait()
        try:
            act()
        except BaseException as error:
            faults.append(error)

    threads = [Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return faults


def test_two_loads_at_once_leave_one_row_a_code(desk: Desk) -> None:
    system = dated(*(concept(f"A{n:02}", "Bệnh", "Disease") for n in range(50)))

    def load() -> None:
        desk.database.transact(terminology.load(system, date(2024, 1, 1)))

    assert _together(load, load, load) == []
    assert len(desk.codes(f"{ICD}:all")) == 50


def test_readers_and_writers_at_once_never_see_half(desk: Desk) -> None:
    """Each version lists one letter; no reader may see letters of two versions."""

    def body(letter: str) -> Json:
        listed = [{"code": f"{letter}{n}"} for n in range(30)]
        return code_system("urn:letters", listed, version=letter)

    desk.put("s", body("a"))
    desk.put("v", value_set("urn:v", {"system": "urn:letters"}))

    def write() -> None:
        for letter in "bcdefgh":
            desk.put("s", body(letter))

    def read() -> None:
        for _ in range(40):
            seen = desk.codes("urn:v")
            assert len(seen) == 30 and len({code[0] for code in seen}) == 1, seen

    assert _together(write, read, read) == []
    assert desk.codes("urn:v")[0] == "h0"


def test_memory_is_bounded(database: SyncDatabase) -> None:
    desk = Desk(database)
    desk.terminology = Terminology(lambda: DAY, memory=100)
    desk.store = Store(hooks=(desk.terminology.hook,))
    for n in range(6):
        desk.put(f"s{n}", code_system(f"urn:s{n}", [{"code": f"c{i}"} for i in range(40)]))
        desk.put(f"v{n}", value_set(f"urn:v{n}", {"system": f"urn:s{n}"}))
    for n in range(6):
        assert len(desk.codes(f"urn:v{n}")) == 40
    assert len(desk.terminology.holdings._tables) <= 2
