"""A mixed load on a running installation: readers, searchers, writers, senders, people at pages."""

from __future__ import annotations

import itertools
import random
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from lanh.core.accounts import Client, put_client
from lanh.core.database import connected
from lanh.site.backend_client import BackendAuth, new_key, public_keys
from lanh.site.demonstration import (
    KeyFile,
    OutgoingMessage,
    generate,
    messages,
    register_clients,
    users,
)
from lanh.site.demonstration.clients import SCOPES
from lanh.site.demonstration.tests.made import UNTIL
from lanh.site.tests.installation import Installation

_START, _END = b"\x0b", b"\x1c\r"
_PASSWORDS = {user.username: user.password for user in users()}
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_HANDLE = re.compile(r'name="handle" value="([^"]+)"')
_FAMILIES = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ")
_GIVEN = ("An", "Bình", "Cúc", "Dũng", "Hạnh", "Khánh", "Lan", "Minh", "Phúc", "Thảo", "Yến")
Act = Callable[[], None]


@dataclass
class Load:
    """What is done, how long each act took, and every answer that was not the right one."""

    installation: Installation
    stop: threading.Event = field(default_factory=threading.Event)
    done: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    patients: list[str] = field(default_factory=list)

    def threads(self) -> list[threading.Thread]:
        """The load as threads that end when `stop` is set."""
        auth = self._register()
        acts: list[tuple[str, Iterator[Act], float]] = [
            ("write", self._writing(auth), 0.15),
            ("read", self._reading(auth), 0.05),
            ("search", self._searching(auth), 0.1),
            ("message", self._sending(), 0.3),
            *((f"page {who}", self._pages(who), 0.4) for who in ("nurse", "doctor", "leader")),
        ]
        return [threading.Thread(target=self._again, args=each, name=each[0]) for each in acts]

    def _again(self, name: str, acts: Iterator[Act], pause: float) -> None:
        for act in acts:
            if self.stop.is_set():
                return
            began = time.monotonic()
            try:
                act()
            except Exception as error:
                self.faults.append(f"{name}: {type(error).__name__}: {str(error)[:300]}")
            taken = self.seconds.setdefault(name, [])
            taken.append(time.monotonic() - began)
            self.done[name] += 1
            self.stop.wait(pause)

    def _register(self) -> httpx.Auth:
        key = new_key()
        client = Client("soak", "Soak", ("99999",), keys=public_keys(key), scopes=SCOPES,
                        reach="national")  # fmt: skip
        with connected(self.installation.database_url) as database:
            database.transact(put_client(client))
        return BackendAuth(f"{self.installation.url}/auth/token", "soak", key, SCOPES)

    def _client(self, auth: httpx.Auth | None = None) -> httpx.Client:
        return httpx.Client(base_url=self.installation.url, auth=auth, timeout=60)

    def _writing(self, auth: httpx.Auth) -> Iterator[Act]:
        """New Patients with results, now and then a change and a deletion."""
        http, chance = self._client(auth), random.Random(1)

        def put(kind: str, name: str, body: dict[str, Any]) -> None:
            answer = http.put(f"/fhir/{kind}/{name}", json=body)
            _expect(answer, 200, 201)

        for number in itertools.count():
            name = f"soak-{number}"
            yield lambda name=name: put("Patient", name, _patient(name, chance))  # type: ignore[misc]
            self.patients.append(name)
            for each in range(3):
                of = f"{name}-{each}"
                yield lambda of=of, name=name: put("Observation", of, _result(of, name, chance))  # type: ignore[misc]
            if number % 5 == 4:
                yield lambda of=of: _expect(http.delete(f"/fhir/Observation/{of}"), 204)  # type: ignore[misc]

    def _reading(self, auth: httpx.Auth) -> Iterator[Act]:
        http, chance = self._client(auth), random.Random(2)
        while True:
            if not self.patients:
                yield lambda: time.sleep(0.2)
                continue
            name = chance.choice(self.patients)
            path = chance.choice((f"Patient/{name}", f"Patient/{name}/_history"))
            yield lambda path=path: _expect(http.get(f"/fhir/{path}"), 200)  # type: ignore[misc]

    def _searching(self, auth: httpx.Auth) -> Iterator[Act]:
        http, chance = self._client(auth), random.Random(3)
        while True:
            name = chance.choice(self.patients) if self.patients else "nobody"
            asked = chance.choice(
                (
                    f"Observation?patient={name}&_sort=-date&_count=20",
                    "Patient?name=nguyen&_count=20",
                    f"Patient?family={chance.choice(_FAMILIES)}&birthdate=ge1990&_count=10",
                    f"Observation?patient.name={chance.choice(_GIVEN)}&_count=10",
                    "Encounter?_include=Encounter:subject&_count=10",
                    f"Patient?_id={name}&_revinclude=Observation:subject",
                )
            )
            yield lambda asked=asked: _expect(http.get(f"/fhir/{asked}"), 200)  # type: ignore[misc]

    def _sending(self) -> Iterator[Act]:
        """Populations one after the other, as their facilities send: HTTP, and HL7 v2 by MLLP."""
        http = self._client()
        for seed in itertools.count(101):
            population = generate(330, seed, UNTIL)
            keys = KeyFile(self.installation.folder / f"keys-{seed}.json")
            with connected(self.installation.database_url) as database:
                register_clients(database, population, keys)
            auths: dict[str, httpx.Auth] = {}
            for message in messages(population):
                if message.client not in auths:
                    token = f"{self.installation.url}/auth/token"
                    auths[message.client] = BackendAuth(
                        token, message.client, keys[message.client], SCOPES
                    )
                auth = auths[message.client]
                if message.format == "hl7v2":
                    yield lambda message=message: self._by_mllp(message)  # type: ignore[misc]
                else:
                    yield lambda message=message, auth=auth: _by_http(http, message, auth)  # type: ignore[misc]

    def _by_mllp(self, message: OutgoingMessage) -> None:
        address = ("127.0.0.1", self.installation.mllp_port)
        with socket.create_connection(address, timeout=60) as connection:
            connection.sendall(_START + message.body + _END)
            answer = b""
            while not answer.endswith(_END):
                piece = connection.recv(65536)
                if not piece:
                    raise ConnectionError("cut before the acknowledgement")
                answer += piece
        if b"MSA|AA" not in answer:
            raise ValueError("not acknowledged")

    def _pages(self, who: str) -> Iterator[Act]:
        """Somebody signs in, looks round, signs out, and comes again."""
        chance = random.Random(who)
        while True:
            with self._client() as http:
                yield lambda http=http: _sign_in(http, who)  # type: ignore[misc]
                for _ in range(30):
                    if who == "leader":
                        path = chance.choice(("/", "/figures/vn?indicator=people", "/figures/vn"))
                        yield lambda http=http, path=path: _expect(http.get(path), 200)  # type: ignore[misc]
                        continue
                    text = chance.choice(_FAMILIES + _GIVEN)
                    yield lambda http=http, text=text: _find(http, text)  # type: ignore[misc]
                    yield lambda http=http: _expect(http.get("/"), 200)  # type: ignore[misc]


def _expect(answer: httpx.Response, *right: int) -> None:
    if answer.status_code not in right:
        raise ValueError(f"{answer.request.method} {answer.url.path}: {answer.status_code}")


def _by_http(http: httpx.Client, message: OutgoingMessage, auth: httpx.Auth) -> None:
    headers = {"Content-Type": message.content_type}
    answer = http.post("/bus", content=message.body, headers=headers, auth=auth)
    _expect(answer, 200, 202)
    if answer.json()["state"] not in ("accepted", "received"):
        raise ValueError(f"message {message.format}: {answer.json()['state']}")


def _token(page: httpx.Response) -> str:
    found = _TOKEN.search(page.text)
    if found is None:
        raise ValueError(f"{page.url.path}: no form")
    return found[1]


def _sign_in(http: httpx.Client, who: str) -> None:
    page = http.get("/sign-in")
    _expect(page, 200)
    given = {"csrfmiddlewaretoken": _token(page), "username": who, "password": _PASSWORDS[who]}
    _expect(http.post("/sign-in", data=given), 302)


def _find(http: httpx.Client, text: str) -> None:
    """Look for people, and open the first who is found."""
    page = http.get("/people")
    _expect(page, 200)
    given = {"csrfmiddlewaretoken": _token(page), "text": text}
    found = http.post("/people", data=given, follow_redirects=True)
    _expect(found, 200)
    hit = _HANDLE.search(found.text)
    if hit is None:
        return
    opened = {"csrfmiddlewaretoken": _token(found), "handle": hit[1]}
    _expect(http.post("/people/open", data=opened, follow_redirects=True), 200)


def _patient(name: str, chance: random.Random) -> dict[str, Any]:
    family, middle, given = (chance.choice(each) for each in (_FAMILIES, _GIVEN, _GIVEN))
    return {
        "resourceType": "Patient",
        "id": name,
        "name": [
            {"text": f"{family} {middle} {given}", "family": family, "given": [middle, given]}
        ],
        "gender": chance.choice(("male", "female")),
        "birthDate": f"{chance.randint(1930, 2020)}-{chance.randint(1, 12):02}"
        f"-{chance.randint(1, 28):02}",
    }


def _result(name: str, patient: str, chance: random.Random) -> dict[str, Any]:
    unit = {"unit": "g/L", "system": "http://unitsofmeasure.org", "code": "g/L"}
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "718-7"}]},
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": f"2026-{chance.randint(1, 10):02}-{chance.randint(1, 28):02}",
        "valueQuantity": {"value": chance.randint(80, 170), **unit},
    }
