"""Searches as SQL: conditions on the typed row, and checks for what SQL cannot decide alone."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lanh.core import fhir
from lanh.core.store.hashing import (
    other_code_hash,
    reference_hash,
    system_hash,
    token_hash,
    uri_hash,
    value_hash,
)
from lanh.core.store.identity import bucket_of
from lanh.core.store.indexing import FIELD, NOT_SUBJECT, VALUE
from lanh.core.store.layout import COMBINED, NAMED, PARTITIONED, Layout, Range
from lanh.core.store.matching import (
    Check,
    ValueCheck,
    date_check,
    exact_string_check,
    number_check,
    quantity_check,
    text_check,
    token_check,
    value_check,
)
from lanh.core.store.permission import Arguments
from lanh.core.store.query import bad_value, check_parameter, split_token, unescape
from lanh.core.store.records import Parameter
from lanh.core.store.values import (
    DATE_SQL,
    HULL_SQL,
    NUMBER_SQL,
    wanted_date,
    wanted_number,
    wanted_quantity,
)
from lanh.core.text import fold

# Parameters that have at most one value in a row of the types with many rows.
_SINGLE = frozenset(
    {
        "abatement-age", "abatement-date", "authoredon", "birthdate", "created", "date",
        "death-date", "issued", "length", "onset-age", "onset-date", "recorded-date", "value-date",
        "value-quantity", "whenhandedover", "whenprepared",
    }
)  # fmt: skip
_LAST_SIGN = chr(0x10FFFF)
_NOT_WORD = re.compile(r"([^\w\s\x1e\x1f])", re.ASCII)


def _escaped(text: str) -> str:
    """A text as a PostgreSQL regular expression that means it."""
    return _NOT_WORD.sub(r"\\\1", text)


class Compiler:
    """Compiles the parameters of one search on one type."""

    def __init__(self, shape: Layout, arguments: Arguments) -> None:
        self.shape = shape
        self.arguments = arguments
        self.conditions: list[str] = []
        self.by_patient = False
        # Either of two conditions, beside the rest: each is an index range in the order of dates.
        self.branches: tuple[str, ...] = ()
        self.source = f"{shape.table} t"
        self._quick: list[Check] = []
        self._thorough: list[ValueCheck] = []

    @property
    def checks(self) -> list[Check]:
        """What each row must still pass, the quick looks first."""
        return [*self._quick, *([value_check(self._thorough)] if self._thorough else [])]

    @property
    def exact(self) -> bool:
        """Whether SQL decides alone, but for chance collisions of hashes."""
        return not self._thorough

    def compile(self, parameters: Sequence[Parameter]) -> None:
        """Add the conditions of all parameters. Raises Invalid."""
        for parameter in parameters:
            check_parameter(self.shape, parameter.name, parameter.modifier)
            if not parameter.values:
                raise bad_value(parameter.name, "", "value")
        # The patient first: with it the rest are filters, not ways into the table.
        of_patient = self.shape.patient_parameters
        for parameter in sorted(parameters, key=lambda each: each.name not in of_patient):
            self._one(parameter)

    def _one(self, parameter: Parameter) -> None:
        if parameter.modifier == "missing":
            return self._missing(parameter)
        match self.shape.kinds[parameter.name]:
            case "token":
                self._token(parameter)
            case "reference":
                self._reference(parameter)
            case "string":
                self._string(parameter)
            case "date":
                self._date(parameter)
            case "number" | "quantity":
                self._number(parameter)
            case _:
                uris = [unescape(value) for value in parameter.values]
                self._quick.append(text_check(uris))
                self._any_token([uri_hash(parameter.name, uri) for uri in uris])

    def _any_token(self, hashes: list[int], *, none: bool = False) -> None:
        found = f"t.tokens && {self.arguments.add(hashes, 'bigint[]')}"
        if none:
            self.conditions.append(f"NOT ({found})")
        else:
            # By patient there are few rows, and the planner should not go through the GIN index.
            self.conditions.append(f"({found}) IS TRUE" if self.by_patient else found)

    def _token(self, parameter: Parameter) -> None:
        name = parameter.name
        if name == "_id":
            ids = [unescape(value) for value in parameter.values]
            self.conditions.append(f"t.id = ANY({self.arguments.add(ids, 'text[]')})")
            return
        if name == "identifier":
            return self._identifier(parameter)
        names = COMBINED.get((self.shape.type, name), (name,))
        wanted = [split_token(value) for value in parameter.values]
        for value, (_, code) in zip(parameter.values, wanted, strict=True):
            if not code:
                raise bad_value(name, value, "[system|]code")
        hashes = [
            token_hash(each, system or None, code) for each in names for system, code in wanted
        ]
        if parameter.modifier == "not":
            return self._any_token(hashes, none=True)
        if self.shape.main_code == name:
            self._main_code(name, list(dict.fromkeys(code for _, code in wanted)), hashes)
        else:
            self._any_token(hashes)
        if any(system == "" for system, _ in wanted):
            self._thorough.append(token_check(parameter, names))
        else:
            self._quick.append(text_check([code for _, code in wanted]))

    def _main_code(self, name: str, codes: list[str], hashes: list[int]) -> None:
        """Rows by their main code: the first has a column, those after it are among the tokens."""
        found = f"(t.tokens && {self.arguments.add(hashes, 'bigint[]')}) IS TRUE"
        firsts = [token_hash(name, None, code) for code in codes]
        if len(firsts) == 1:
            first = f"t.code = {self.arguments.add(firsts[0], 'bigint')}"
        else:
            first = f"t.code = ANY({self.arguments.add(firsts, 'bigint[]')})"
        others = self.arguments.add([other_code_hash(name, code) for code in codes], "bigint[]")
        branches = (
            f"{first} AND {found}",
            f"NOT {first} AND t.tokens && {others} AND {found}",
        )
        if self.by_patient:  # few rows: one range of the patient's, each looked at
            self.conditions.append(f"({first} OR t.tokens && {others}) AND {found}")
        elif self.branches:  # the parameter was given twice
            self.conditions.append(f"(({') OR ('.join(branches)}))")
        else:
            self.branches = branches

    def _identifier(self, parameter: Parameter) -> None:
        parts, texts = [], []
        for text in parameter.values:
            system, value = split_token(text)
            if not value:
                raise bad_value(parameter.name, text, "[system|]value")
            texts.append(value)
            part = f"i.value = {self.arguments.add(value_hash(value), 'bigint')}"
            if system is not None:
                part += f" AND i.system = {self.arguments.add(system_hash(system), 'bigint')}"
            parts.append(f"({part})")
        found = (
            "SELECT DISTINCT i.id, i.bucket FROM store.identifier i"  # noqa: S608
            f" WHERE ({' OR '.join(parts)}) AND i.type = {self.shape.number}"
        )
        self._quick.append(text_check(texts))
        table = self.shape.table
        if self.source == f"{table} t":
            # Few rows by their keys: one probe each, and a plan that is made once.
            self.source = (
                f"({found}) AS k CROSS JOIN LATERAL (SELECT * FROM {table} t"  # noqa: S608
                " WHERE t.id = k.id AND t.bucket = k.bucket LIMIT 1) AS t"
            )
        else:
            self.conditions.append(f"(t.id, t.bucket) IN ({found})")

    def _reference(self, parameter: Parameter) -> None:
        name = parameter.name
        if parameter.modifier == "identifier":
            field = f"{name}:identifier"
            wanted = [split_token(value) for value in parameter.values]
            if not all(system and code for system, code in wanted):
                raise bad_value(f"{name}:identifier", parameter.values[0], "system|value")
            self._any_token([token_hash(field, system or None, code) for system, code in wanted])
            self._quick.append(text_check([code for _, code in wanted]))
            return
        targets = [t for value in parameter.values for t in self._targets(parameter, value)]
        if not targets:
            raise bad_value(name, parameter.values[0], "[Type/]id")
        patients = [t.partition("/")[2] for t in targets if t.startswith("Patient/")]
        if name in self.shape.patient_parameters and patients:
            others = [t for t in targets if not t.startswith("Patient/")]
            return self._patient(name, patients, others)
        self._any_token([reference_hash(name, target) for target in targets])
        self._quick.append(text_check(targets))

    def _targets(self, parameter: Parameter, text: str) -> list[str]:
        value = unescape(text)
        parsed = fhir.parse_reference(value)
        if parsed is not None:
            return [f"{parsed[0]}/{parsed[1]}"]
        if ":" in value or "/" in value:
            return [value]
        if parameter.modifier is not None:
            return [f"{parameter.modifier}/{value}"]
        if parameter.name == "patient":
            return [f"Patient/{value}"]
        return [f"{kind}/{value}" for kind in self.shape.targets.get(parameter.name, ())]

    def _patient(self, name: str, patients: list[str], others: list[str]) -> None:
        column = " OR ".join(map(self._one_patient, patients))
        mark = self.arguments.add([NOT_SUBJECT], "bigint[]")
        column = f"({column}) AND (NOT (t.tokens @> {mark})) IS TRUE"
        if not others:
            self.conditions.append(column)
            self.by_patient = True
            return
        odd = [f"Patient/{each}" for each in patients] + others
        hashes = self.arguments.add([reference_hash(name, each) for each in odd], "bigint[]")
        self.conditions.append(f"(({column}) OR t.tokens && {hashes})")
        self._quick.append(text_check(odd))

    def _one_patient(self, patient: str) -> str:
        """A patient's rows, by the index: it holds a hash, which is a fifth of the id."""
        name = self.arguments.add(patient, "text")
        bucket = self.arguments.add(bucket_of(patient), "smallint")
        return (
            f"(t.bucket = {bucket} AND t.patient = {name}"
            f" AND hashtextextended(t.patient, 0) = hashtextextended({name}, 0))"
        )

    def _string(self, parameter: Parameter) -> None:
        name = parameter.name
        texts = [fold(unescape(value)) for value in parameter.values]
        if not all(texts):
            raise bad_value(name, parameter.values[0], "text")
        if parameter.modifier == "exact":
            self._thorough.append(exact_string_check(parameter))
        begin = _escaped(f"{FIELD}{name}{VALUE}")
        lead = f"[^{FIELD}]*" if parameter.modifier == "contains" else f"([^{FIELD}]* )?"
        if parameter.modifier != "contains" and self._by_name(name, texts):
            return
        pattern = "|".join(map(_escaped, texts))
        regex = self.arguments.add(f"{begin}{lead}({pattern})", "text")
        self.conditions.append(f"t.strings ~ {regex}")

    def _by_name(self, name: str, texts: list[str]) -> bool:
        """Names by the index of their words; True where that decides alone."""
        if self.shape.type not in NAMED or name not in ("name", "family", "given"):
            return False
        parts = []
        for text in texts:
            low = self.arguments.add(text, "text")
            high = self.arguments.add(text + _LAST_SIGN, "text")
            parts.append(f"(n.words >= {low} AND n.words < {high})")
        self.conditions.append(
            "(t.id, t.bucket) IN (SELECT n.id, n.bucket FROM store.name n"  # noqa: S608
            f" WHERE ({' OR '.join(parts)}) AND n.type = {self.shape.number})"
        )
        return name == "name"

    def _date(self, parameter: Parameter) -> None:
        name = parameter.name
        wanted = [wanted_date(name, value) for value in parameter.values]
        if name == "_lastUpdated":
            pair, single = ("t.updated", "(t.updated + interval '1 millisecond')"), True
        else:
            pair, single = self._pair(name)
        if not single:
            self._thorough.append(date_check(parameter))
        parts = []
        for each in wanted:
            template = (DATE_SQL if single else HULL_SQL)[each.prefix]
            parts.append(
                self._filled(template, pair, (each.low, each.high, each.value), "timestamptz")
            )
        self.conditions.append(f"({' OR '.join(parts)})")

    def _number(self, parameter: Parameter) -> None:
        name = parameter.name
        names = COMBINED.get((self.shape.type, name), (name,))
        quantity = self.shape.kinds[name] == "quantity"
        wanted = [
            (wanted_quantity if quantity else wanted_number)(name, v) for v in parameter.values
        ]
        units = any(each.system or each.code for each in wanted)
        pairs = [self._pair(each) for each in names]
        single = all(one for _, one in pairs)
        if not single or units:
            check = quantity_check(parameter, names) if quantity else number_check(parameter)
            self._thorough.append(check)
        parts = [
            self._filled(
                (NUMBER_SQL if single else HULL_SQL)[each.prefix],
                pair,
                (each.low, each.high, each.value),
                "numeric",
            )
            for each in wanted
            for pair, _ in pairs
        ]
        self.conditions.append(f"({' OR '.join(parts)})")

    def _range(self, name: str) -> Range:
        found = self.shape.range_of(name)
        if found is None:
            raise bad_value(name, name, "parameter with a column")
        return found

    def _pair(self, name: str) -> tuple[tuple[str, str], bool]:
        column = self._range(name).column
        single = self.shape.type in PARTITIONED and name in _SINGLE
        if self.shape.type == "MedicationRequest" and name == "date":
            single = False
        return (f"t.{column}_lo", f"t.{column}_hi"), single

    def _filled(
        self, template: str, pair: tuple[str, str], limits: tuple[object, ...], kind: str
    ) -> str:
        names = {"lo": pair[0], "hi": pair[1]}
        for key, value in zip("abv", limits, strict=True):
            if f"{{{key}}}" in template:
                names[key] = self.arguments.add(value, kind)
        return template.format(**names)

    def _missing(self, parameter: Parameter) -> None:
        value = parameter.values[0]
        if value not in ("true", "false") or len(parameter.values) > 1:
            raise bad_value(f"{parameter.name}:missing", value, "true, false")
        if self.shape.kinds[parameter.name] == "string":
            mark = self.arguments.add(f"{FIELD}{parameter.name}{VALUE}", "text")
            absent = f"coalesce(position({mark} in t.strings), 0) = 0"
        else:
            names = COMBINED.get((self.shape.type, parameter.name), (parameter.name,))
            absent = " AND ".join(f"t.{self._range(name).column}_lo IS NULL" for name in names)
        self.conditions.append(f"({absent})" if value == "true" else f"NOT ({absent})")
