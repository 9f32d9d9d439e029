"""From a population to what facilities send, in order: the registry, people, then what happened.

Each episode goes one way, as each facility has one system for it: larger hospitals send HL7 v2 for
stays, for those without a card and for every other visit; other insured episodes of hospitals and
clinics go as claim packages; stations, preventive centres, pharmacies and the rest send FHIR.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias

from lanh.core import fhir
from lanh.site.demonstration import (
    allergy_records,
    claim_packages,
    fhir_records,
    hl7_messages,
    registry,
)  # fmt: skip
from lanh.site.demonstration.fhir_records import Resource
from lanh.site.demonstration.identity import recorded
from lanh.site.demonstration.model import (
    Block,
    Dose,
    Episode,
    Facility,
    Person,
    Recorded,
)  # fmt: skip
from lanh.site.demonstration.population import Population
from lanh.site.demonstration.randomness import record_id

Format: TypeAlias = Literal["fhir", "hl7v2", "claims"]

CONTENT_TYPES: dict[Format, str] = {
    "fhir": "application/fhir+json",
    "hl7v2": "application/hl7-v2",
    "claims": "application/xml",
}
MINISTRY = "ministry"  # the client system of the ministry
MINISTRY_CODE = "00000"  # its own facility code, which is nobody's
BLOCKS_AT_ONCE = 5  # whose people share bundles and batches: larger messages, more memory
_BATCH = 60  # HL7 v2 messages in a batch
_BUNDLE = 400  # records in a bundle


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """One message as it goes out. Messages of a lower phase go before those of a higher."""

    client: str
    format: Format
    content_type: str
    body: bytes
    phase: int


def client_id(code: str) -> str:
    """The id of the client system of the facility with this code."""
    return f"facility-{code}"


def messages(population: Population) -> Iterator[OutgoingMessage]:
    """Every message of a population, some blocks at a time, so that memory stays as it is."""
    yield from _registry(population)
    yield from of_blocks(population, range(population.block_count))


def of_blocks(population: Population, numbers: Sequence[int]) -> Iterator[OutgoingMessage]:
    """The messages about the people of some blocks; several processes may share the blocks."""
    for start in range(0, len(numbers), BLOCKS_AT_ONCE):
        some = [population.block(number) for number in numbers[start : start + BLOCKS_AT_ONCE]]
        yield from _of(population, some)


def _registry(population: Population) -> Iterator[OutgoingMessage]:
    """Each facility's entry, by its own system: so the entry stands at it, in its commune."""
    network = population.network
    for facility, found in zip(network.facilities, registry.records(network), strict=True):
        yield _fhir(client_id(facility.code), found, 0)


def _fhir(client: str, resources: Iterable[Resource], phase: int) -> OutgoingMessage:
    entries = [
        {"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource} for resource in resources
    ]
    # The id follows from the content: the same bundle again is the same message, and one with
    # other content is another message.
    content = fhir.dumps(entries)
    digest = hashlib.blake2b(content, digest_size=16).hexdigest()
    bundle = {"resourceType": "Bundle", "id": record_id("bundle", client, digest)}
    head = fhir.dumps({**bundle, "type": "collection"})
    body = head[:-1] + b',"entry":' + content + b"}"
    return OutgoingMessage(client, "fhir", CONTENT_TYPES["fhir"], body, phase)


class _Desk:
    """The records that facilities keep of the people of some blocks, and what they send."""

    def __init__(self, population: Population, blocks: Sequence[Block]) -> None:
        self.population = population
        self.until = population.until
        self.edition = f"{population.seed}.{population.until:%y%m%d}.{blocks[0].number}"
        self.homes = {p.key: home for b in blocks for home in b.households for p in home.members}
        self._records: dict[tuple[int, str], Recorded] = {}
        self.bundles: dict[str, dict[str, Resource]] = {}

    def record(self, person: Person, facility: Facility) -> Recorded:
        """The person as the facility wrote them down."""
        key = person.key, facility.code
        if key not in self._records:
            seed, home = self.population.seed, self.homes[person.key]
            self._records[key] = recorded(person, facility, home, seed, self.until)
        return self._records[key]

    def station(self, person: Person) -> Facility:
        """The commune station where the person lives."""
        place = self.homes[person.key].place
        return self.population.directory.stations[place.commune]

    def patient(self, person: Person, facility: Facility, died: datetime | None = None) -> Resource:
        """The facility's Patient."""
        record = self.record(person, facility)
        siblings = self.homes[person.key].members
        return fhir_records.patient(record, facility, self.until, siblings, died=died)

    def write(self, person: Person, facility: Facility, found: Iterable[Resource]) -> None:
        """Put FHIR records into the facility's bundle, after its record of the person."""
        bundle = self.bundles.setdefault(facility.code, {})
        own = fhir_records.patient_id(person, facility)
        if own not in bundle:
            bundle[own] = self.patient(person, facility)
        bundle.update((resource["id"], resource) for resource in found)


def _of(population: Population, blocks: Sequence[Block]) -> Iterator[OutgoingMessage]:
    desk = _Desk(population, blocks)
    for home in desk.homes.values():
        for person in home.members:
            desk.write(person, desk.station(person), allergy_records.of(person))
    claims: list[OutgoingMessage] = []
    hl7: dict[str, list[bytes]] = {}
    episodes = (episode for block in blocks for episode in block.episodes)
    for episode in sorted(episodes, key=lambda e: (e.end, e.facility.code, e.key)):
        way = way_of(episode)
        record = desk.record(episode.person, episode.facility)
        if way == "claims":
            registered = desk.station(episode.person).code
            body = claim_packages.package(episode, record, registered)
            claims.append(_message(episode.facility.code, "claims", body, 2))
        elif way == "hl7v2":
            sent = hl7_messages.messages(episode, record, desk.edition)
            hl7.setdefault(episode.facility.code, []).extend(sent)
        else:
            _write_visit(desk, episode)
    for dose in sorted((d for b in blocks for d in b.doses), key=_dose_order):
        desk.write(dose.person, dose.facility, [fhir_records.immunization(dose)])
    for death in (death for block in blocks for death in block.deaths):
        station = desk.station(death.person)
        found = [desk.patient(death.person, station, death.at)]
        desk.write(death.person, station, [*found, fhir_records.cause_of_death(death, station)])
    for code, bundle in sorted(desk.bundles.items()):
        yield from (_fhir(client_id(code), part, 1) for part in _parts(bundle.values()))
    for code, batch in sorted(hl7.items()):
        for start in range(0, len(batch), _BATCH):
            name = f"{desk.edition}.{start}"
            body = hl7_messages.batch(batch[start : start + _BATCH], code, name)
            yield _message(code, "hl7v2", body, 2)
    yield from claims


def way_of(episode: Episode) -> Format:
    """The format in which an episode is sent."""
    if episode.facility.speaks == "fhir":
        return "fhir"
    if episode.facility.speaks == "hl7v2":
        odd = int(record_id("way", episode.facility.code, episode.key)[0], 16) % 2
        if episode.inpatient or not episode.insured or odd:
            return "hl7v2"
    return "claims" if episode.insured else "fhir"


def _message(code: str, form: Format, body: bytes, phase: int) -> OutgoingMessage:
    return OutgoingMessage(client_id(code), form, CONTENT_TYPES[form], body, phase)


def _dose_order(dose: Dose) -> tuple[date, str, int, str]:
    return dose.at.date(), dose.facility.code, dose.person.key, dose.vaccine


def _write_visit(desk: _Desk, episode: Episode) -> None:
    desk.write(episode.person, episode.facility, fhir_records.visit(episode))
    if episode.pharmacy is not None:
        about = {"meta": fhir_records.meta(*fhir_records.sensitivity(episode.diagnoses))}
        handed = [
            fhir_records.dispense(episode, given, number, episode.pharmacy, about)
            for number, given in enumerate(episode.dispensed)
        ]
        desk.write(episode.person, episode.pharmacy, handed)


def _parts(resources: Iterable[Resource]) -> Iterator[list[Resource]]:
    """Bundles of some hundred records, Patients first, so that references point backwards."""
    ordered = sorted(resources, key=lambda resource: resource["resourceType"] != "Patient")
    for start in range(0, len(ordered), _BUNDLE):
        yield ordered[start : start + _BUNDLE]
