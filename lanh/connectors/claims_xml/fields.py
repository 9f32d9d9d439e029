"""The fields of the claim tables XML0 to XML15 of Decision 3176/QĐ-BYT, read from `tables/`.

Names, order, types and lengths follow Decision 130/QĐ-BYT (2023) as changed by 4750, 3176 and 1931.
A length is in characters; a number's length counts its digits before and after the point. Which
fields must be filled is, in XML1 to XML5, what every reading of the decision agrees on and what a
record cannot be made without; in the other tables what the dictionary of 4750 marks. The annex of
3176 itself could not be read: all of this is data, to be corrected without touching code.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast

import yaml

from lanh.core.text import Words

Kind: TypeAlias = Literal["text", "number", "day", "moment", "birth"]
Fault: TypeAlias = Literal["refuse", "claim", "tell"]

FOLDER = Path(__file__).with_name("tables")


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its tag, kind of value, greatest length, and what a value must look like.

    `many` marks a list separated by ";", whose elements each keep to `pattern`. `pattern` is a
    full-match regular expression; `shape` is the same said for people, as an example. `codes` is
    the list that the value is of: a small one of `CODES`, or, beginning with "@", a catalogue.
    `when` says where the field must be filled though it need not be always, as a condition of
    `lanh.connectors.claims_xml.conditions`. `fault` is what a fault of the field does: it refuses
    the row, or the claim only (card), or is told (identity). A field with an `edition` stands only
    in packages of that earlier decision: it is read and never written.
    """

    name: str
    kind: Kind
    length: int | None = None
    decimals: int = 0
    required: bool = False
    many: bool = False
    pattern: str | None = None
    shape: str = ""
    codes: str = ""
    when: str = ""
    fault: Fault = "refuse"
    edition: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """One table: the tag path from the root to a row, and the fields of a row.

    `single` tables have one row a package; rows of `episode` tables carry the MA_LK of XML1.
    """

    name: str
    path: tuple[str, ...]
    fields: tuple[Field, ...]
    title: Words
    single: bool = False
    any_root: bool = False
    episode: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """The field names of today in the order of the form."""
        return tuple(each.name for each in self.fields if not each.edition)

    def field(self, name: str) -> Field:
        """A field by its tag. Raises KeyError."""
        for each in self.fields:
            if each.name == name:
                return each
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class CodeList:
    """A small list of codes. Where it is not `complete`, other codes are told and taken."""

    name: str
    complete: bool
    codes: Mapping[str, Words]


@dataclass(frozen=True, slots=True)
class Earlier:
    """What one table was called under an earlier decision."""

    path: tuple[str, ...] = ()
    rename: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fill: Mapping[str, str] = field(default_factory=dict)
    drop: frozenset[str] = frozenset()

    @property
    def names(self) -> frozenset[str]:
        """The tags that only this decision knows."""
        return frozenset(self.rename) | self.drop


@cache
def _yaml(name: str) -> dict[str, Any]:
    return cast(dict[str, Any], yaml.safe_load((FOLDER / name).read_text(encoding="utf-8")))


def _field(row: dict[str, str]) -> Field:
    return Field(
        name=row["field"],
        kind=cast(Kind, row["kind"]),
        length=int(row["length"]) if row["length"] else None,
        decimals=int(row["decimals"] or 0),
        required=row["required"] == "1",
        many=row["many"] == "1",
        pattern=row["pattern"] or None,
        shape=row["shape"],
        codes=row["codes"],
        when=row["when"],
        fault=cast(Fault, row["fault"] or "refuse"),
        edition=row["edition"],
    )


def _tables() -> dict[str, Table]:
    rows: dict[str, list[Field]] = {}
    with (FOLDER / "fields.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            rows.setdefault(row["table"], []).append(_field(row))
    return {
        name: Table(
            name,
            tuple(told["path"].split("/")),
            tuple(rows[name]),
            Words(*told["title"]),
            single=told.get("single", False),
            any_root=told.get("any_root", False),
            episode=told.get("episode", True),
        )
        for name, told in _yaml("tables.yaml").items()
    }


def _codes() -> dict[str, CodeList]:
    return {
        name: CodeList(
            name, told["complete"], {code: Words(*words) for code, words in told["codes"].items()}
        )
        for name, told in _yaml("codes.yaml").items()
    }


def _earlier() -> dict[str, dict[str, Earlier]]:
    return {
        decision: {
            table: Earlier(
                tuple(each["path"].split("/")) if "path" in each else (),
                {old: tuple(new) for old, new in each.get("rename", {}).items()},
                each.get("fill", {}),
                frozenset(each.get("drop", ())),
            )
            for table, each in told["tables"].items()
        }
        for decision, told in _yaml("earlier.yaml").items()
    }


def _rule_of() -> dict[str, str]:
    """The code of the rule whose message has a key, of those that name no table."""
    return {
        told["message"]: told["code"]
        for told in _yaml("rules.yaml")["rules"]
        if "check" not in told
    }


TABLES: dict[str, Table] = _tables()
CODES: dict[str, CodeList] = _codes()
EARLIER: dict[str, dict[str, Earlier]] = _earlier()
RULE_OF: dict[str, str] = _rule_of()
RULES: list[dict[str, Any]] = _yaml("rules.yaml")["rules"]
MONEY: dict[str, Any] = _yaml("rules.yaml")["money"]
OLD_FORM = "4210"
OLD_MARKS: frozenset[str] = frozenset(_yaml("earlier.yaml")[OLD_FORM]["marks"])
CARE = ("XML1", "XML2", "XML3", "XML4", "XML5")
CERTIFICATES = tuple(f"XML{number}" for number in range(6, 16))
CHECK_IN = "XML0"
