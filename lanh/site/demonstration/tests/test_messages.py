"""The messages are what their formats ask for, read by the connectors' own readers."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lanh.connectors import claims_xml
from lanh.connectors.claims_xml import package
from lanh.connectors.hl7v2.connector import Hl7v2Connector
from lanh.core import fhir
from lanh.core.access import system_access
from lanh.core.bus import Sender, Submission
from lanh.nation import naming
from lanh.nation.person import Demographics, IdentityState, classify, residence
from lanh.site.demonstration import OutgoingMessage, generate, messages
from lanh.site.demonstration import files as message_files
from lanh.site.demonstration.claim_packages import tables
from lanh.site.demonstration.identity import MIX, recorded
from lanh.site.demonstration.messages import client_id, way_of
from lanh.site.demonstration.register import Extract, entries
from lanh.site.demonstration.register import write as write_register
from lanh.site.demonstration.tests.made import MANY, UNTIL, blocks, population, sent

SMALL, LARGER = 1_000, 4_000


def resources(people: int = SMALL) -> Iterator[dict[str, Any]]:
    for message in sent(people):
        if message.format == "fhir":
            for entry in fhir.loads(message.body)["entry"]:
                yield entry["resource"]


def _digest(found: tuple[OutgoingMessage, ...]) -> str:
    digest = hashlib.sha256()
    for message in found:
        digest.update(f"{message.client} {message.phase} {message.content_type}".encode())
        digest.update(message.body)
    return digest.hexdigest()


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert _digest(sent()) == _digest(tuple(messages(generate(SMALL, 1, UNTIL))))
    assert _digest(sent()) != _digest(sent(SMALL, 2))


def test_every_bundle_is_valid_and_every_reference_has_its_record() -> None:
    counts: Counter[str] = Counter()
    for message in sent():
        if message.format != "fhir":
            continue
        bundle = fhir.loads(message.body)
        faults = [i for i in fhir.validate(bundle) if i.severity in ("error", "fatal")]
        assert faults == [], faults[:3]
        counts.update(entry["resource"]["resourceType"] for entry in bundle["entry"])
    known = {f"{r['resourceType']}/{r['id']}" for r in resources()}
    for resource in resources():
        for _, reference in fhir.references(resource):
            assert "reference" not in reference or reference["reference"] in known
    for kind in ("Organization", "Location", "Practitioner", "PractitionerRole", "Patient",
                 "Encounter", "Condition", "Observation", "MedicationDispense",
                 "MedicationRequest", "Immunization"):  # fmt: skip
        assert counts[kind], kind


def test_records_are_marked_as_a_demonstration() -> None:
    tag = {"system": naming.DEMONSTRATION_TAG[0], "code": naming.DEMONSTRATION_TAG[1]}
    assert all(tag in resource["meta"]["tag"] for resource in resources())


def test_registry_comes_first_then_people_then_events() -> None:
    phases = [message.phase for message in sent()]
    assert phases == sorted(phases)
    first = [m.client for m in sent() if m.phase == 0]
    assert first == [client_id(f.code) for f in population(1_000).network.facilities]
    assert {m.format for m in sent() if m.phase == 2} == {"hl7v2", "claims"}


def _submission(message: OutgoingMessage) -> Submission:
    code = message.client.removeprefix("facility-")
    sender = Sender(message.client, system_access("test"), code, {code: None})
    return Submission(sender, message.body, message.content_type, "")


def test_hl7_batches_are_read_without_a_fault() -> None:
    kinds: Counter[str] = Counter()
    for message in sent():
        if message.format != "hl7v2":
            continue
        judged = Hl7v2Connector().judge(_submission(message))
        assert not judged.refused and not judged.issues
        for part in judged.parts:
            assert part.issues == [], part.issues[0].message.en
            [patient] = [draft.body for draft in part.drafts if draft.type == "Patient"]
            assert patient is not None and residence(patient) is not None
            kinds[part.type] += 1
    assert kinds["ADT^A01"] and kinds["ADT^A03"] and kinds["ADT^A04"] and kinds["ORU^R01"]


def test_claim_packages_pass_every_check() -> None:
    count = 0
    for message in sent():
        if message.format != "claims":
            continue
        count += 1
        read = package.read(message.body)
        assert read.episode is not None and read.issues == []
        checked = [read.episode, *(row for rows in read.rows.values() for row in rows)]
        for row in checked:
            errors = [i for i in row.issues + row.money if i.severity != "warning"]
            assert errors == [], errors[0].message.en
    assert count > 300


def test_a_claim_is_read_back_to_equal_figures() -> None:
    block = blocks(SMALL)[0]
    homes = {p.key: home for home in block.households for p in home.members}
    compared = 0
    for episode in block.episodes:
        if way_of(episode) != "claims":
            continue
        record = recorded(episode.person, episode.facility, homes[episode.person.key], 1, UNTIL)
        rows = tables(episode, record, "99001")
        built = claims_xml.build_package(episode.facility.code, episode.end.date(), rows)
        figures = package.figures(built)
        summary = rows["XML1"][0]
        for name, value in figures.totals.items():
            assert value == Decimal(summary[name]), name
        for name, value in figures.sums().items():
            assert value == Decimal(summary[name]), name
        lines = [row["THANH_TIEN_BV"] for row in rows["XML2"] + rows["XML3"]]
        assert [line.figures["THANH_TIEN_BV"] for line in figures.lines] == lines
        compared += 1
    assert compared > 300


@pytest.mark.parametrize("people", [2_000, MANY])
def test_identity_mix_is_within_half_a_point(people: int) -> None:
    """Computed from the records and the register's extract, by the product's own comparison."""
    made = population(people)
    register = Extract(entries(blocks(people), UNTIL))
    counted: Counter[IdentityState] = Counter()
    for block in blocks(people):
        for home in block.households:
            station = made.directory.stations[home.place.commune]
            for person in home.members:
                record = recorded(person, station, home, made.seed, UNTIL)
                patient = _patient(record.name, record.sex, record.birth, record.number)
                counted[classify(patient, register)] += 1
    for state, share in MIX.items():
        assert abs(100 * counted[state] / people - share) < 0.5, (state, counted)


def _patient(name: str, sex: str, birth: date, number: str | None) -> dict[str, Any]:
    identifier = {"system": naming.PERSONAL_NUMBER, "value": number}
    return {
        "id": "1",
        "identifier": [identifier] if number else [],
        "name": [{"text": name}],
        "gender": sex,
        "birthDate": birth.isoformat(),
    }


def test_the_mix_is_in_the_messages_of_stations() -> None:
    made = population(SMALL)
    register = Extract(entries(blocks(SMALL), UNTIL))
    stations = {f.code for f in made.network.of("station")}
    counted: Counter[IdentityState] = Counter()
    for resource in resources():
        if resource["resourceType"] != "Patient":
            continue
        if resource["managingOrganization"]["identifier"]["value"] in stations:
            counted[classify(resource, register)] += 1
    assert counted.total() == SMALL
    for state, share in MIX.items():
        assert abs(100 * counted[state] / SMALL - share) < 0.5, (state, counted)


def test_newborns_have_no_number_and_name_their_mother() -> None:
    found = [
        resource
        for resource in resources(LARGER)
        if resource["resourceType"] == "Patient"
        and any(e["url"] == naming.MOTHER_EXTENSION for e in resource["extension"])
    ]
    assert len(found) >= 4
    for patient in found:
        assert patient["name"][0]["text"].lower().startswith("con bà ")
        systems = {identifier["system"] for identifier in patient["identifier"]}
        assert naming.PERSONAL_NUMBER not in systems


def test_deaths_are_told_with_their_cause() -> None:
    causes = [r for r in resources() if r["resourceType"] == "Observation"
              and r["code"]["coding"][0]["code"] == "69453-9"]  # fmt: skip
    died = [r for r in resources() if r["resourceType"] == "Patient" and "deceasedDateTime" in r]
    assert len(causes) == len(died) == len(blocks(SMALL)[0].deaths) > 0


def test_sensitive_diagnoses_carry_their_label() -> None:
    labelled = 0
    for resource in resources(LARGER):
        if resource["resourceType"] == "Condition":
            code = resource["code"]["coding"][0]["code"]
            labels = {label["code"] for label in resource["meta"].get("security", ())}
            assert ("HIV" in labels) == ("B20" <= code[:3] <= "B24")
            assert ("PSY" in labels) == ("F20" <= code[:3] <= "F48")
            labelled += bool(labels)
    assert labelled


def test_files_are_in_the_order_of_sending(tmp_path: Path) -> None:
    count = message_files.write(tmp_path, sent(), packed=True)
    paths = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    assert count == len(paths) == len(sent())
    assert paths[0].parts[-2] == client_id(population(SMALL).network.facilities[0].code)
    written = write_register(tmp_path / "register.ndjson", entries(blocks(SMALL), UNTIL))
    extract = Extract.read(tmp_path / "register.ndjson")
    person = next(p for p in blocks(SMALL)[0].people if p.state is IdentityState.MATCH)
    held = extract.lookup(person.number)
    assert held == Demographics(person.name, person.birth.isoformat(), person.sex)
    assert 940 < written < SMALL


_PEAK = """
import resource, sys
from datetime import date
from lanh.site.demonstration import generate, messages
for _ in messages(generate(int(sys.argv[1]), 1, date(2026, 11, 20))):
    pass
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_hundred_thousand_people_need_little_more_memory_than_ten_thousand() -> None:
    """Ten times the people may cost a quarter more: the stations of every commune."""
    peaks = []
    for people in (10_000, 100_000):
        command = [sys.executable, "-c", _PEAK, str(people)]
        done = subprocess.run(command, capture_output=True, check=True, text=True)
        peaks.append(int(done.stdout))
    assert peaks[1] < peaks[0] * 1.25, peaks
