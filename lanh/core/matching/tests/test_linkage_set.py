"""FEBRL data set 3: 5,000 records of 2,000 people with up to five duplicates and heavy faults."""

from __future__ import annotations

import csv
import itertools
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from lanh.core import matching
from lanh.core.database import SyncDatabase, fetch
from lanh.core.matching import Features, IdentifierKind, Policy


def _features(row: Mapping[str, str]) -> Features:
    born = row["date_of_birth"]
    name = " ".join(part for part in (row["surname"], row["given_name"]) if part)
    number = row["soc_sec_id"]
    return Features(
        row["rec_id"],
        name,
        name,
        birth=f"{born[:4]}-{born[4:6]}-{born[6:]}" if len(born) == 8 else None,
        place=row["postcode"] or None,
        identifiers=(("number", number),) if number else (),
    )


def _pairs(groups: Mapping[str, list[str]]) -> set[tuple[str, str]]:
    return {
        (one, other)
        for members in groups.values()
        for one, other in itertools.combinations(sorted(members), 2)
    }


def test_links_are_right_and_doubts_are_worth_a_look(
    database: SyncDatabase, test_data: Path
) -> None:
    with (test_data / "linkage/febrl_dataset3.csv").open(encoding="utf-8") as file:
        rows = [{key.strip(): value.strip() for key, value in row.items()}
                for row in csv.DictReader(file)]  # fmt: skip
    policy = Policy((IdentifierKind("number", "number"),))
    counter = itertools.count()
    for start in range(0, len(rows), 250):
        batch = [_features(row) for row in rows[start : start + 250]]
        database.transact(matching.link_records(batch, policy, lambda: f"p{next(counter)}"))
    truth: dict[str, list[str]] = defaultdict(list)
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        truth[row["rec_id"].split("-")[1]].append(row["rec_id"])
    for record, person in database.read(
        fetch("SELECT record_id, person_id FROM matching.person_link")
    ):
        found[person].append(record)
    wanted, made = _pairs(truth), _pairs(found)
    assert len(wanted) == 6538
    assert len(made & wanted) / len(made) > 0.999
    assert len(made & wanted) / len(wanted) > 0.84
    entity = {record: key for key, records in truth.items() for record in records}
    reviews = database.read(fetch("SELECT record_id, other_id FROM matching.review"))
    right = [1 for record, other in reviews if entity[record] == entity[other]]
    assert len(reviews) > 0 and len(right) / len(reviews) > 0.95
