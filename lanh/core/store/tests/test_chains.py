"""Chains, `_has`, includes and sorting across types; and that none of them tells of hidden rows."""

from __future__ import annotations

import pytest

from lanh.core.access import Access, CustodianIn, Everything, Grant, Purpose, Subject
from lanh.core.database import SyncDatabase
from lanh.core.store import Context, Forbidden, Invalid, Store, Write
from lanh.core.store.tests.conftest import SYSTEM, Desk, limited, observation, patient

HERE, THERE = "97001", "97002"
BASE = "https://fhir.example.vn/fhir"


def _at(custodian: str) -> Context:
    return Context(SYSTEM.access, custodian=custodian, commune="00004")


@pytest.fixture
def shelf(database: SyncDatabase) -> Desk:
    """Two patients with visits and measurements; what ends in 2 belongs to another facility."""
    desk = Desk(database, Store())
    for at, custodian in (("1", HERE), ("2", THERE)):
        _fill(desk, at, _at(custodian))
    # A patient of here who was seen there too.
    third = observation("p1", "9", encounter={"reference": "Encounter/e1"})
    desk.put("o3", {**third, "hasMember": [{"reference": "Observation/o1"}]}, _at(THERE))
    return desk


def _fill(desk: Desk, at: str, own: Context) -> None:
    desk.put(
        f"org{at}",
        {
            "resourceType": "Organization",
            "name": f"Bệnh viện {at}",
            "identifier": [{"system": "urn:org", "value": at}],
            "partOf": {"reference": "Organization/org1"},
        },
        own,
    )
    name = [{"family": "Trần" if at == "1" else "Lê", "given": ["Bình"]}]
    desk.put(f"gp{at}", {"resourceType": "Practitioner", "name": name}, own)
    desk.put(
        f"p{at}",
        patient(
            "Nguyễn Văn An" if at == "1" else "Phạm Thị Cúc",
            f"09{at}",
            generalPractitioner=[{"reference": f"Practitioner/gp{at}"}],
            managingOrganization={"reference": f"Organization/org{at}"},
        ),
        own,
    )
    desk.put(
        f"e{at}",
        {
            "resourceType": "Encounter",
            "status": "finished",
            "class": {"code": "AMB"},
            "subject": {"reference": f"Patient/p{at}"},
            "participant": [{"individual": {"reference": f"Practitioner/gp{at}"}}],
            "serviceProvider": {"reference": f"Organization/org{at}"},
        },
        own,
    )
    code = {"coding": [{"system": "http://loinc.org", "code": f"718-{at}"}]}
    desk.put(
        f"o{at}",
        observation(
            f"p{at}",
            f"{at}.5",
            code=code,
            encounter={"reference": f"Encounter/e{at}"},
            performer=[{"reference": f"Practitioner/gp{at}"}],
        ),
        own,
    )


CHAINS = [
    ("Observation", "patient.name=nguyen", {"o1", "o3"}),
    ("Observation", "patient.name=cuc", {"o2"}),
    ("Observation", "subject:Patient.identifier=urn:test:number|091", {"o1", "o3"}),
    ("Observation", "subject.name=nguyen", {"o1", "o3"}),
    ("Observation", "subject:Group.code=1", set()),
    ("Observation", "patient.gender:not=female&code=718-2", {"o2"}),
    ("Observation", "patient.general-practitioner:Practitioner.family=tran", {"o1", "o3"}),
    ("Observation", "patient.organization.name=benh vien 2", {"o2"}),
    ("Observation", "patient.organization.partof.identifier=urn:org|1", {"o1", "o2", "o3"}),
    ("Observation", "encounter.service-provider.name=benh vien 1", {"o1", "o3"}),
    ("Observation", "encounter.status=planned", set()),
    ("Observation", "performer:Practitioner.name=le", {"o2"}),
    ("Observation", "has-member.value-quantity=1.5", {"o3"}),
    ("Observation", "patient._id=p1&encounter._id=e1", {"o1", "o3"}),
    ("Observation", "patient.birthdate=ge1990&code=718-1", {"o1"}),
    ("Encounter", "subject:Patient.identifier=092", {"e2"}),
    ("Encounter", "participant.family=tran", {"e1"}),
    ("Encounter", "_has:Observation:encounter:code=718-7", {"e1"}),
    ("Encounter", "_has:Observation:encounter:value-quantity=gt2", {"e1", "e2"}),
    ("Patient", "_has:Observation:patient:code=718-2", {"p2"}),
    ("Patient", "_has:Observation:subject:value-quantity=gt5||g/dL", {"p1"}),
    ("Patient", "_has:Encounter:patient:_has:Observation:encounter:code=718-1", {"p1"}),
    ("Patient", "_has:Observation:patient:performer:Practitioner.family=le", {"p2"}),
    ("Patient", "gender=male&_has:Observation:patient:status=amended", set()),
    ("Practitioner", "_has:Patient:general-practitioner:name=cuc", {"gp2"}),
    ("Practitioner", "_has:Encounter:participant:service-provider.name=benh vien 1", {"gp1"}),
    ("Organization", "_has:Encounter:service-provider:status=finished", {"org1", "org2"}),
    ("Organization", "partof:Organization.identifier=urn:org|1&name=benh vien 2", {"org2"}),
]


@pytest.mark.parametrize(("kind", "query", "expected"), CHAINS)
def test_chains(shelf: Desk, kind: str, query: str, expected: set[str]) -> None:
    assert shelf.ids(kind, query) == expected
    assert shelf.page(kind, f"{query}&_total=accurate&_count=1").total == len(expected)
    assert shelf.page(kind, f"{query}&_summary=count").total == len(expected)


def _hidden(name: str) -> bool:
    """Whether a row of the shelf belongs to the other facility."""
    return name[-1] in "23"


@pytest.mark.parametrize(("kind", "query", "expected"), CHAINS)
def test_chains_through_hidden_rows_find_nothing(
    shelf: Desk, kind: str, query: str, expected: set[str]
) -> None:
    """The same searches by somebody of one facility: as on a shelf without the other's rows."""
    seen = limited(CustodianIn(frozenset({HERE})))
    found = shelf.ids(kind, query, seen)
    alone = shelf
    for type_, name in (
        ("Observation", "o2"),
        ("Observation", "o3"),
        ("Encounter", "e2"),
        ("Patient", "p2"),
        ("Practitioner", "gp2"),
        ("Organization", "org2"),
    ):
        alone.write(Write("delete", type_, name))
    assert found == alone.ids(kind, query)
    assert not any(map(_hidden, found))


def _sees(**scopes: object) -> Context:
    """A subject with a scope of its own for each type."""
    grants = tuple(
        Grant("t", frozenset({"search", "read"}), frozenset({kind}), scope)  # type: ignore[arg-type]
        for kind, scope in scopes.items()
    )
    return Context(Access(Subject("person", "7", "Test"), Purpose.TREATMENT, grants))


def test_each_type_of_a_chain_is_judged_by_its_own_predicate(shelf: Desk) -> None:
    here, whole = CustodianIn(frozenset({HERE})), Everything()
    context = _sees(Observation=whole, Patient=here, Practitioner=whole, Encounter=here)
    assert shelf.ids("Observation", "patient.name=cuc", context) == set()
    assert shelf.ids("Observation", "patient.name=nguyen", context) == {"o1", "o3"}
    assert shelf.ids("Observation", "performer:Practitioner.family=le", context) == {"o2"}
    assert shelf.ids("Observation", "encounter.status=finished", context) == {"o1", "o3"}
    query = "patient.general-practitioner:Practitioner.family=le"
    assert shelf.ids("Observation", query, context) == set()
    for total in ("_total=accurate", "_total=estimate", "_summary=count", "_count=0"):
        assert shelf.page("Observation", f"patient.name=cuc&{total}", context).total == 0
    context = _sees(Patient=whole, Observation=here)
    assert shelf.ids("Patient", "_has:Observation:patient:code=718-2", context) == set()
    assert shelf.ids("Patient", "_has:Observation:patient:code=718-7", context) == set()
    assert shelf.ids("Patient", "_has:Observation:patient:code=718-1", context) == {"p1"}


def test_a_type_without_a_grant_cannot_be_reached(shelf: Desk) -> None:
    """403 and its text are the same whether a hidden row answers or not."""
    context = _sees(Observation=Everything())
    told = set()
    for query in ("patient.name=cuc", "patient.name=nobody", "patient.organization.name=x"):
        with pytest.raises(Forbidden) as caught:
            shelf.page("Observation", query, context)
        told.add(str(caught.value))
    assert len(told) == 1 and "Patient" in told.pop()
    with pytest.raises(Forbidden):
        shelf.page("Patient", "_has:Observation:patient:code=1", _sees(Patient=Everything()))
    # Of several types that a chain may lead to, those that may not be searched give nothing.
    page = shelf.page(
        "Observation",
        "subject.name=cuc&_total=accurate",
        _sees(
            Observation=Everything(), Group=Everything(), Device=Everything(), Location=Everything()
        ),
    )
    assert (page.entries, page.total) == ([], 0)


def test_sensitive_rows_do_not_answer_for_others(shelf: Desk) -> None:
    label = {"security": [{"code": "HIV"}]}
    shelf.put("hiv", observation("p2", "7", meta=label, code={"coding": [{"code": "X"}]}))
    ordinary = limited(Everything())
    entitled = limited(Everything(), sensitivities=frozenset({"HIV"}))
    query = "_has:Observation:patient:code=X"
    assert shelf.ids("Patient", query, ordinary) == set()
    assert shelf.ids("Patient", query, entitled) == {"p2"}
    page = shelf.page("Patient", "_id=p2&_revinclude=Observation:subject", ordinary)
    assert {row.id for row in page.included} == {"o2"}


def _included(desk: Desk, kind: str, query: str, context: Context = SYSTEM) -> set[str]:
    page = desk.page(kind, query, context)
    return {row.id for row in page.included}


@pytest.mark.parametrize(
    ("kind", "query", "expected"),
    [
        ("Observation", "_id=o1&_include=Observation:subject", {"p1"}),
        ("Observation", "_id=o1&_include=Observation:subject:Patient", {"p1"}),
        ("Observation", "_id=o1&_include=Observation:subject:Group", set()),
        ("Observation", "_id=o1&_include=Observation:*", {"p1", "e1", "gp1"}),
        ("Observation", "_id=o1&_include=*", {"p1", "e1", "gp1"}),
        ("Observation", "_id=o3&_include=Observation:has-member", {"o1"}),
        (
            "Observation",
            "_id=o1&_include=Observation:subject&_include:iterate=Patient:organization",
            {"p1", "org1"},
        ),
        ("Observation", "_id=o2&_include:iterate=*", {"p2", "e2", "gp2", "org2", "org1"}),
        ("Patient", "_id=p1&_revinclude=Observation:subject", {"o1", "o3"}),
        (
            "Patient",
            "_id=p1&_revinclude=Observation:patient&_revinclude=Encounter:subject",
            {"o1", "o3", "e1"},
        ),
        ("Patient", "_id=p1&_revinclude=Observation:*", {"o1", "o3"}),
        ("Patient", "_id=p2&_revinclude=*", {"o2", "e2"}),
        (
            "Practitioner",
            "_id=gp2&_revinclude=Patient:general-practitioner"
            "&_revinclude:iterate=Observation:patient",
            {"p2", "o2"},
        ),
        ("Encounter", "_id=e1&_revinclude=Observation:encounter", {"o1", "o3"}),
        ("Encounter", "_id=e1&_revinclude=Observation:encounter:Encounter", {"o1", "o3"}),
    ],
)
def test_includes(shelf: Desk, kind: str, query: str, expected: set[str]) -> None:
    assert _included(shelf, kind, query) == expected
    seen = limited(CustodianIn(frozenset({HERE})))
    assert not any(map(_hidden, _included(shelf, kind, query, seen)))


def test_what_may_be_found_but_not_read_is_not_included(shelf: Desk) -> None:
    finds = Grant("t", frozenset({"search"}), frozenset({"Observation"}), Everything())
    reads = Grant("t", frozenset({"read", "search"}), frozenset({"Patient"}), Everything())
    context = Context(Access(Subject("person", "7", "T"), Purpose.TREATMENT, (finds, reads)))
    assert _included(shelf, "Patient", "_id=p1&_revinclude=Observation:subject", context) == set()
    assert shelf.ids("Patient", "_has:Observation:patient:code=718-1", context) == {"p1"}


def test_canonical_references_are_included(desk: Desk) -> None:
    url = "http://example.vn/form"
    for version in ("1", "2"):
        desk.put(
            f"f{version}",
            {"resourceType": "Questionnaire", "status": "active", "url": url, "version": version},
        )
    for name, named in (("a", f"{url}|2"), ("b", url)):
        desk.put(
            name,
            {
                "resourceType": "QuestionnaireResponse",
                "status": "completed",
                "questionnaire": named,
            },
        )
    include = "_include=QuestionnaireResponse:questionnaire"
    assert _included(desk, "QuestionnaireResponse", f"_id=a&{include}") == {"f2"}
    assert _included(desk, "QuestionnaireResponse", f"_id=b&{include}") == {"f1", "f2"}


def test_references_by_address(desk: Desk) -> None:
    desk.put("o1", {**observation(None), "subject": {"reference": f"{BASE}/Patient/p1"}})
    desk.put("o2", {**observation(None), "subject": {"reference": "https://x.vn/fhir/Patient/p1"}})
    desk.put("o3", observation("p1"))
    desk.put("o4", {**observation(None), "subject": {"reference": "Patient/p1/_history/2"}})

    def found(value: str) -> set[str]:
        search = desk.database.read(
            desk.store.parse("Observation", [("subject", value)], base=BASE)
        )
        page = desk.database.read(desk.store.search(search[0], SYSTEM))
        return {row.id for row in page.entries}

    assert found("Patient/p1") == found(f"{BASE}/Patient/p1") == {"o1", "o3", "o4"}
    assert found("https://x.vn/fhir/Patient/p1") == {"o2"}


@pytest.mark.parametrize(
    ("kind", "query", "expected"),
    [
        ("Observation", "_sort=code", ["o1", "o2", "o3"]),
        ("Observation", "_sort=-value-quantity", ["o3", "o2", "o1"]),
        ("Observation", "_sort=-patient,code", ["o2", "o1", "o3"]),
        ("Practitioner", "_sort=family", ["gp2", "gp1"]),
        ("Organization", "_sort=-name", ["org2", "org1"]),
        ("Patient", "_sort=birthdate,-_id", ["p2", "p1"]),
        ("Patient", "_sort=-_lastUpdated", ["p2", "p1"]),
    ],
)
def test_order(shelf: Desk, kind: str, query: str, expected: list[str]) -> None:
    assert [row.id for row in shelf.page(kind, query).entries] == expected
    paged: list[str] = []
    cursor = ""
    while True:
        page = shelf.page(kind, f"{query}&_count=1{cursor}")
        paged += [row.id for row in page.entries]
        if page.next_cursor is None:
            break
        cursor = f"&_cursor={page.next_cursor}"
    assert paged == expected


def test_a_chain_has_an_end(shelf: Desk) -> None:
    long = ".".join(["partof"] * 8) + ".name=x"
    with pytest.raises(Invalid):
        shelf.page("Organization", long)
    with pytest.raises(Invalid):
        shelf.page("Patient", "&".join(["gender=male"] * 101))
