"""The store against a small model in plain Python, over random histories."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass, field
from typing import Any

import pytest

from lanh.core.store import Write
from lanh.core.store.tests.conftest import SYSTEM, Desk

_FAMILIES = ("Nguyễn", "Trần", "Đỗ", "Đặng")
_GIVENS = ("An", "Ánh", "Hà", "Hạnh", "Đức")
_CODES = (("urn:a", "1"), ("urn:a", "2"), ("urn:b", "1"), (None, "3"))
_DATES = ("2024", "2024-02", "2024-02-29", "2024-02-29T10:00:00+07:00", "2025-01-01")


@dataclass
class Model:
    """Every version of every row, and searches by looking at all of them."""

    versions: dict[str, list[dict[str, Any] | None]] = field(default_factory=dict)

    def current(self) -> dict[str, dict[str, Any]]:
        return {name: found[-1] for name, found in self.versions.items() if found[-1] is not None}


def _plain(text: str) -> str:
    stripped = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(c for c in stripped if not unicodedata.combining(c)).lower()


def _body(chance: random.Random, kind: str) -> dict[str, Any]:
    if kind == "Patient":
        family, given = chance.choice(_FAMILIES), chance.choice(_GIVENS)
        return {
            "resourceType": "Patient",
            "identifier": [
                {"system": chance.choice(("urn:x", "urn:y")), "value": str(chance.randrange(5))}
            ],
            "name": [{"family": family, "given": [given]}],
            "birthDate": chance.choice(_DATES[:3]),
        }
    codings = chance.sample(_CODES, chance.randrange(1, 3))
    return {
        "resourceType": "Condition",
        "code": {
            "coding": [{"code": c} if s is None else {"system": s, "code": c} for s, c in codings]
        },
        "subject": {"reference": f"Patient/p{chance.randrange(3)}"},
        "onsetDateTime": chance.choice(_DATES),
    }


def _ends(text: str) -> tuple[str, str]:
    """[lo, hi) of one of _DATES as text in UTC+7, by a table: no code of the store's."""
    return {
        "2024": ("2024-01-01T00", "2025-01-01T00"),
        "2024-02": ("2024-02-01T00", "2024-03-01T00"),
        "2024-02-29": ("2024-02-29T00", "2024-03-01T00"),
        "2024-02-29T10:00:00+07:00": ("2024-02-29T10:00:00", "2024-02-29T10:00:01"),
        "2025-01-01": ("2025-01-01T00", "2025-01-02T00"),
    }[text]


def _date_answers(prefix: str, wanted: str, value: str) -> bool:
    (a, b), (low, high) = _ends(wanted), _ends(value)
    return {
        "eq": a <= low and high <= b,
        "ne": not (a <= low and high <= b),
        "lt": low < a,
        "gt": high > b,
        "le": low < b,
        "ge": high > a,
        "sa": low >= b,
        "eb": high <= a,
    }[prefix]


def _code_answers(wanted: str, body: dict[str, Any]) -> bool:
    system, bar, code = wanted.rpartition("|")
    return any(
        each["code"] == code and (not bar or each.get("system", "") == system)
        for each in body["code"]["coding"]
    )


def _query(chance: random.Random, kind: str) -> tuple[str, Any]:
    """A query string and what it means."""
    prefix = chance.choice(("eq", "ne", "lt", "gt", "le", "ge", "sa", "eb"))
    if kind == "Patient":
        choice = chance.randrange(3)
        if choice == 0:
            text = _plain(chance.choice(_FAMILIES + _GIVENS))[: chance.randrange(1, 5)]
            return f"name={text}", lambda b: any(
                _plain(part).startswith(text)
                for part in (b["name"][0]["family"], *b["name"][0]["given"])
            )
        if choice == 1:
            system, value = chance.choice(("urn:x", "urn:y")), str(chance.randrange(5))
            return (
                f"identifier={system}|{value}",
                lambda b: b["identifier"][0] == {"system": system, "value": value},
            )
        date = chance.choice(_DATES[:3])
        return f"birthdate={prefix}{date}", lambda b: _date_answers(prefix, date, b["birthDate"])
    patient = f"p{chance.randrange(3)}"
    choice = chance.randrange(4)
    if choice == 0:
        return f"patient={patient}", lambda b: b["subject"]["reference"] == f"Patient/{patient}"
    if choice == 1:
        code = chance.choice(("1", "3", "urn:a|1", "urn:b|1", "urn:b|2", "|3", "|1"))
        return f"code={code}", lambda b: _code_answers(code, b)
    date = chance.choice(_DATES)
    if choice == 2:
        return f"onset-date={prefix}{date.replace('+', '%2B')}", lambda b: _date_answers(
            prefix, date, b["onsetDateTime"]
        )
    code = chance.choice(("1", "urn:a|2"))
    return (
        f"patient={patient}&code={code}",
        lambda b: b["subject"]["reference"] == f"Patient/{patient}" and _code_answers(code, b),
    )


def _step(chance: random.Random, desk: Desk, model: Model, kind: str) -> None:
    """One batch of up to four writes on different rows, done in both."""
    names = chance.sample([f"p{n}" for n in range(8)], chance.randrange(1, 5))
    writes, expected = [], []
    for name in names:
        versions = model.versions.get(name, [])
        if versions and chance.random() < 0.2:
            writes.append(Write("delete", kind, name))
            expected.append("unchanged" if versions[-1] is None else "deleted")
            if versions[-1] is not None:
                versions.append(None)
            continue
        body = _body(chance, kind)
        match = len(versions) if versions and chance.random() < 0.3 else None
        writes.append(Write("update", kind, name, body, if_match=match))
        if versions and versions[-1] == body:
            expected.append("unchanged")
            continue
        expected.append("updated" if versions and versions[-1] is not None else "created")
        model.versions.setdefault(name, []).append(body)
    outcomes = desk.write(*writes)
    assert [done.status for done in outcomes] == expected
    assert [done.version for done in outcomes] == [len(model.versions[name]) for name in names]


def _bare(resource: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in resource.items() if key not in ("id", "meta")}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", ["Patient", "Condition"])
def test_the_store_does_what_the_model_does(desk: Desk, kind: str, seed: int) -> None:
    chance = random.Random(f"{kind}{seed}")
    model = Model()
    for _ in range(25):
        _step(chance, desk, model, kind)
        for _ in range(4):
            query, answers = _query(chance, kind)
            expected = {name for name, body in model.current().items() if answers(body)}
            assert desk.ids(kind, query) == expected, query
            total = desk.page(kind, f"{query}&_summary=count").total
            assert total == len(expected), query
    for name, versions in model.versions.items():
        rows = desk.database.read(desk.store.history(kind, name, SYSTEM))
        kept = [None if row.deleted else _bare(row.resource()) for row in rows]
        assert kept == versions[::-1]
        assert [row.version for row in rows] == list(range(len(versions), 0, -1))
