"""What a subject may not see is as if it were not there."""

from __future__ import annotations

import pytest

from lanh.core.access import (
    AllOf,
    AnyOf,
    CommuneIn,
    CustodianIn,
    Everything,
    Nothing,
    PatientIn,
    Predicate,
    ResidenceIn,
)
from lanh.core.database import SyncDatabase
from lanh.core.store import Context, Forbidden, NotFound, Store, Write
from lanh.core.store.tests.conftest import SYSTEM, Desk, limited, observation, patient

COMMUNE = "urn:test:commune"


def _residence(resource: dict[str, object]) -> str | None:
    found = resource.get("address")
    return str(found[0]["city"]) if isinstance(found, list) else None


@pytest.fixture
def shelf(database: SyncDatabase) -> Desk:
    """p1 lives in 001 and is seen by facility 97001; p2 in 002, by 97002."""
    desk = Desk(database, Store(residence=_residence))
    for number in ("1", "2"):
        own = Context(SYSTEM.access, custodian=f"9700{number}", commune=f"00{number}")
        home = [{"city": f"00{number}"}]
        desk.put(f"p{number}", patient(number=number, address=home), own)
        desk.put(f"o{number}", observation(f"p{number}"), own)
        desk.put(f"org{number}", {"resourceType": "Organization", "name": f"Trạm {number}"}, own)
    return desk


@pytest.mark.parametrize(
    ("scope", "patients", "observations"),
    [
        (Everything(), {"p1", "p2"}, {"o1", "o2"}),
        (CustodianIn(frozenset({"97001"})), {"p1"}, {"o1"}),
        (CommuneIn(frozenset({"002"})), {"p2"}, {"o2"}),
        (ResidenceIn(frozenset({"001"})), {"p1"}, {"o1"}),
        (PatientIn(frozenset({"p2"})), {"p2"}, {"o2"}),
        (
            AnyOf((PatientIn(frozenset({"p2"})), ResidenceIn(frozenset({"001"})))),
            {"p1", "p2"},
            {"o1", "o2"},
        ),
        (
            AllOf((CustodianIn(frozenset({"97001"})), ResidenceIn(frozenset({"002"})))),
            set(),
            set(),
        ),
    ],
)
def test_each_way_of_reading_has_the_same_limits(
    shelf: Desk, scope: Predicate, patients: set[str], observations: set[str]
) -> None:
    context = limited(scope)
    assert shelf.ids("Patient", "", context) == patients
    assert shelf.ids("Observation", "code=718-7", context) == observations
    for at in ("1", "2"):
        seen = f"o{at}" in observations
        assert shelf.ids("Observation", f"patient=p{at}", context) == (
            {f"o{at}"} if seen else set()
        )
        read = shelf.store.read("Observation", f"o{at}", context)
        assert (shelf.database.read(read) is not None) == seen
        vread = shelf.store.read("Observation", f"o{at}", context, 1)
        assert (shelf.database.read(vread) is not None) == seen
        history = shelf.store.history("Observation", f"o{at}", context)
        assert bool(shelf.database.read(history)) == seen
        found = shelf.page("Patient", f"identifier=urn:test:number|{at}", context).entries
        assert {row.id for row in found} == ({f"p{at}"} & patients)
    keys = [("Patient", "p1"), ("Patient", "p2")]
    rows = shelf.database.read(shelf.store.read_many(keys, context))
    assert {row.id for row in rows} == patients
    for query in ("_summary=count&code=718-7", "_total=accurate&code=718-7"):
        assert shelf.page("Observation", query, context).total == len(observations)


def test_includes_have_the_limits_too(shelf: Desk) -> None:
    shelf.put("o3", observation("p2"), Context(SYSTEM.access, custodian="97001"))
    context = limited(CustodianIn(frozenset({"97001"})))
    page = shelf.page("Observation", "code=718-7&_include=Observation:subject", context)
    assert {row.id for row in page.entries} == {"o1", "o3"}
    assert {row.id for row in page.included} == {"p1"}


def test_without_a_grant_everything_is_refused(shelf: Desk) -> None:
    context = limited(Everything(), types=frozenset({"Organization"}))
    with pytest.raises(Forbidden):
        shelf.page("Patient", "", context)
    with pytest.raises(Forbidden):
        shelf.database.read(shelf.store.read("Patient", "p1", context))
    with pytest.raises(Forbidden):
        shelf.database.read(shelf.store.history("Patient", "p1", context))
    with pytest.raises(Forbidden):
        shelf.create(patient(), context)
    with pytest.raises(Forbidden):
        shelf.page("Patient", "", limited(Nothing()))
    keys = [("Patient", "p1"), ("Organization", "org1")]
    rows = shelf.database.read(shelf.store.read_many(keys, context))
    assert [row.id for row in rows] == ["org1"]


def test_a_reader_may_not_write(shelf: Desk) -> None:
    context = limited(Everything(), interactions=("read", "search"))
    with pytest.raises(Forbidden):
        shelf.put("p1", patient("Lê An"), context)
    with pytest.raises(Forbidden):
        shelf.write(Write("delete", "Patient", "p1"), context=context)


def test_writing_outside_the_scope(shelf: Desk) -> None:
    own = limited(CustodianIn(frozenset({"97001"})))
    assert shelf.put("o1", observation("p1", "6"), own).status == "updated"
    with pytest.raises(NotFound):  # as if it were not there
        shelf.put("o2", observation("p2", "6"), own)
    with pytest.raises(NotFound):
        shelf.write(Write("delete", "Observation", "o2"), context=own)
    foreign = limited(CustodianIn(frozenset({"97001"})), custodian="97002")
    with pytest.raises(Forbidden):
        shelf.put("o9", observation("p1"), foreign)


def test_a_row_cannot_be_written_into_somebody_elses_care(shelf: Desk) -> None:
    scope = limited(PatientIn(frozenset({"p1"})))
    assert shelf.put("o1", observation("p1", "6"), scope).status == "updated"
    with pytest.raises(Forbidden):
        shelf.put("o1", observation("p2"), scope)
    with pytest.raises(Forbidden):
        shelf.create(observation("p2"), scope)
    residents = limited(ResidenceIn(frozenset({"001"})))
    assert shelf.create(observation("p1"), residents).status == "created"
    with pytest.raises(Forbidden):
        shelf.create(observation("p2"), residents)


def test_sensitive_rows_need_their_own_grant(shelf: Desk) -> None:
    shelf.write(Write("update", "Observation", "hiv", observation("p1"), sensitivity="HIV"))
    ordinary = limited(Everything())
    assert shelf.ids("Observation", "patient=p1", ordinary) == {"o1"}
    assert shelf.database.read(shelf.store.read("Observation", "hiv", ordinary)) is None
    assert shelf.page("Observation", "patient=p1&_summary=count", ordinary).total == 1
    entitled = limited(Everything(), sensitivities=frozenset({"HIV"}))
    assert shelf.ids("Observation", "patient=p1", entitled) == {"o1", "hiv"}
    psychiatric = limited(Everything(), sensitivities=frozenset({"PSY"}))
    assert shelf.ids("Observation", "patient=p1", psychiatric) == {"o1"}


def test_old_versions_belong_to_the_patient_of_their_time(shelf: Desk) -> None:
    shelf.put("o1", observation("p2"))
    second = limited(PatientIn(frozenset({"p2"})))
    assert shelf.database.read(shelf.store.read("Observation", "o1", second)) is not None
    assert shelf.database.read(shelf.store.read("Observation", "o1", second, 1)) is None
    versions = shelf.database.read(shelf.store.history("Observation", "o1", second))
    assert [row.version for row in versions] == [2]


def test_a_condition_finds_only_what_may_be_found(shelf: Desk) -> None:
    own = limited(CustodianIn(frozenset({"97001"})))
    write = Write(
        "create",
        "Patient",
        None,
        patient(number="2"),
        if_none_exist=[("identifier", "urn:test:number|2")],
    )
    (done,) = shelf.write(write, context=own)
    assert done.status == "created" and done.id != "p2"
