"""The population register's extract: what a simulator of it answers for the made-up people.

One JSON object a line: number, name, birthDate, sex, commune, ethnicGroup, mother, father. It is
silent about those whose number is not verified, and about newborns not registered yet.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from lanh.nation.person import Demographics, IdentityState
from lanh.site.demonstration.identity import is_newborn
from lanh.site.demonstration.model import Block


@dataclass(frozen=True, slots=True)
class Entry:
    """What the register holds of a person; dates ISO, sex as in FHIR."""

    number: str
    name: str
    birthDate: str
    sex: str
    commune: str
    ethnicGroup: str
    mother: str | None
    father: str | None


def entries(blocks: Iterable[Block], until: date) -> Iterator[Entry]:
    """The extract, person after person."""
    for block in blocks:
        for home in block.households:
            for person in home.members:
                silent = person.state is IdentityState.NOT_VERIFIED
                if silent or is_newborn(person, until):
                    continue
                yield Entry(
                    person.number,
                    person.name,
                    person.birth.isoformat(),
                    person.sex,
                    home.place.commune,
                    person.ethnic,
                    person.mother.number if person.mother else None,
                    person.father.number if person.father else None,
                )


def write(path: Path, found: Iterable[Entry]) -> int:
    """Write the extract as NDJSON; returns the number of people."""
    count = 0
    partial = path.with_suffix(".partial")
    with partial.open("w", encoding="utf-8") as file:
        for entry in found:
            file.write(json.dumps(asdict(entry), ensure_ascii=False) + "\n")
            count += 1
    partial.replace(path)
    return count


class Extract:
    """The extract as a population register: answers by number. Small sets only, for it is held
    in memory."""

    def __init__(self, found: Iterable[Entry]) -> None:
        self._held = {
            entry.number: Demographics(entry.name, entry.birthDate, entry.sex) for entry in found
        }

    @classmethod
    def read(cls, path: Path) -> Extract:
        """Read an extract file. Raises OSError, ValueError for a line of another shape."""
        with path.open(encoding="utf-8") as file:
            return cls(Entry(**json.loads(line)) for line in file if line.strip())

    def lookup(self, number: str) -> Demographics | None:
        """The holder's demographics, or None where the register is silent."""
        return self._held.get(number)
