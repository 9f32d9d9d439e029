"""A made-up life of a feed: patients, persons, visits; updates, deletions, moves, relinkings."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

from lanh.core.warehouse.tests.feed import FakeFeed

COMMUNES = ("11", "12", "21", "91", "92", "??", None)


class Scenario:
    """Writes to a feed at random, deterministic by seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.feed = FakeFeed()
        self.patients: list[str] = []
        self.visits: list[str] = []
        self.deleted: list[str] = []
        self.count = 0
        self.persons: dict[str, list[str]] = {}

    def step(self) -> None:
        """One change of some kind."""
        choice = self.random.random()
        if not self.patients or choice < 0.15:
            self._patient(f"p{len(self.patients)}")
        elif choice < 0.68:
            self.count += 1
            self._visit(f"v{self.count}")
        elif choice < 0.70 and self.deleted:
            self._visit(self.deleted.pop())
        elif choice < 0.80 and self.visits:
            self._visit(self.random.choice(self.visits))
        elif choice < 0.85 and self.visits:
            gone = self.visits.pop(self.random.randrange(len(self.visits)))
            self.feed.delete("Encounter", gone)
            self.deleted.append(gone)
        elif choice < 0.90:
            self._patient(self.random.choice(self.patients))
        else:
            self._relink(self.random.choice(self.patients))

    def steps(self, count: int) -> FakeFeed:
        """Several changes."""
        for _ in range(count):
            self.step()
        return self.feed

    def _patient(self, id_: str) -> None:
        home = self.random.choice(COMMUNES)
        address = [{"postalCode": home}] if home else []
        body: dict[str, Any] = {"resourceType": "Patient", "id": id_}
        if address:
            body["address"] = address
        new = id_ not in self.patients
        self.feed.put(body, patient=id_, custodian="F1", commune="11")
        if new:
            self.patients.append(id_)
            self._relink(id_)

    def _relink(self, patient: str) -> None:
        person = f"h{self.random.randrange(max(1, len(self.patients)))}"
        for name, linked in list(self.persons.items()):
            if patient in linked and name != person:
                linked.remove(patient)
                self._person(name)
        if patient not in self.persons.setdefault(person, []):
            self.persons[person].append(patient)
        self._person(person)

    def _person(self, name: str) -> None:
        link = [{"target": {"reference": f"Patient/{p}"}} for p in self.persons[name]]
        body: dict[str, Any] = {"resourceType": "Person", "id": name}
        self.feed.put({**body, "link": link} if link else body)

    def _visit(self, id_: str) -> None:
        patient = self.random.choice(self.patients)
        day = date(2025, 1, 1) + timedelta(days=self.random.randrange(500))
        commune = self.random.choice(COMMUNES)
        body: dict[str, Any] = {
            "resourceType": "Encounter",
            "id": id_,
            "status": self.random.choice(["finished", "in-progress"]),
            "subject": {"reference": f"Patient/{patient}"},
            "period": {"start": f"{day}T08:00:00+07:00"},
        }
        if self.random.random() < 0.7:
            body["length"] = {"value": self.random.randrange(1, 10**7) / 100}
        if id_ not in self.visits:
            self.visits.append(id_)
        self.feed.put(
            body,
            patient=patient,
            custodian=f"F{self.random.randrange(5)}",
            commune=commune,
            sensitivity=self.random.choice(["", "", "", "HIV"]),
        )
