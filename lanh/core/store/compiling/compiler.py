"""A search on one type as SQL: where its rows come from and what they must meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from lanh.core.store.compiling.conditions import one
from lanh.core.store.compiling.membership import member
from lanh.core.store.compiling.references import patients_of
from lanh.core.store.compiling.scope import Hashes, Scope, Shared, any_token
from lanh.core.store.compiling.strings import NAMES, folded_texts, matches, words_source
from lanh.core.store.compiling.tokens import identifier_source, token_hashes, wanted_tokens
from lanh.core.store.hashing import other_code_hash, token_hash
from lanh.core.store.layout import NAMED, Layout
from lanh.core.store.matching import Check, text_check, version_check, word_check
from lanh.core.store.query import bad_value
from lanh.core.store.records import Parameter
from lanh.core.store.searchable import check_parameter
from lanh.core.store.values import wanted_date

# Which parameter is the way into the table: what is compiled after it filters its rows.
_WAYS = {"identifier": 1, "name": 2, "given": 3, "family": 4}
_LAST = 5
_A_DAY = timedelta(days=1)


def in_order(shape: Layout, parameters: Sequence[Parameter]) -> list[Parameter]:
    """The order of compiling: with the patient the rest are filters, not ways into the table."""
    patients = shape.patient_parameters

    def rank(parameter: Parameter) -> tuple[int, int]:
        if parameter.then is not None:
            return _LAST, 0
        if shape.walked and parameter.name == shape.main_code:
            return _LAST, len(parameter.values)  # of several the narrowest is the way
        return (0 if parameter.name in patients else _WAYS.get(parameter.name, _LAST)), 0

    return sorted(parameters, key=rank)


def born_on_a_day(shape: Layout, parameters: Sequence[Parameter]) -> bool:
    """Whether a search asks for people born on one day: few, by an index."""
    if not shape.has_residence:
        return False
    for each in parameters:
        if each.name == "birthdate" and each.modifier is None and len(each.values) == 1:
            wanted = wanted_date(each.name, each.values[0])
            if wanted.prefix == "eq" and wanted.high - wanted.low <= _A_DAY:
                return True
    return False


class Compiler:
    """Compiles the parameters of one search on one type; its rows have the alias `t`."""

    def __init__(self, shape: Layout, shared: Shared) -> None:
        self.shape = shape
        self.scope = Scope(shape, "t", shared)
        self.conditions: list[str] = []
        # Either of two conditions, beside the rest: each is an index range in the order of dates.
        self.branches: tuple[str, ...] = ()
        self.source = f"{shape.table} t"
        self.row_id = "t.id"  # by what rows come in the order of ids
        self.narrow = False  # a chain leads to the rows
        self.by_code = False  # each code has an index range in the order asked for
        # What only the body tells: chance collisions, and words anywhere in it.
        self.checks: list[Check] = []
        self.exact = True

    def belonging(self, within: tuple[str, str]) -> None:
        """Add the condition that rows belong to a compartment (type, id)."""
        self.conditions.append(member(self.scope, within))
        self.scope = replace(self.scope, few=True)

    def compile(self, parameters: Sequence[Parameter]) -> None:
        """Add the conditions of all parameters. Raises Invalid or Forbidden."""
        for parameter in self.begin(parameters):
            self.add(parameter)

    def begin(self, parameters: Sequence[Parameter]) -> list[Parameter]:
        """The parameters in the order in which they are to be added. Raises Invalid."""
        if born_on_a_day(self.shape, parameters):
            self.scope = replace(self.scope, few=True)
        return in_order(self.shape, parameters)

    def add(self, parameter: Parameter) -> None:
        """Add the condition of one parameter. Raises Invalid or Forbidden."""
        name, modifier = parameter.name, parameter.modifier
        plain = name != "_has" and parameter.then is None
        own = plain and self.scope.own(name) is not None
        if plain:
            check_parameter(self.shape, name, modifier, self.scope.shared.names)
        if plain and name in ("_text", "_content"):
            return self._words(parameter)
        if plain and modifier == "below" and self.scope.kind(name) == "reference":
            return self._versions(parameter)
        if plain and modifier is None and not own and self._directly(parameter):
            return None
        self.conditions.append(one(self.scope, parameter))
        self.narrow = self.narrow or parameter.then is not None
        if plain and patients_of(self.scope, parameter):
            self.scope = replace(self.scope, few=True)
        return None

    def _directly(self, parameter: Parameter) -> bool:
        """Parameters with a way into the table of their own; False where it is not for these."""
        if parameter.name == "identifier":
            return self._identifier(parameter)
        if parameter.name in NAMES and self.shape.type in NAMED:
            return self._names(parameter)
        return parameter.name == self.shape.main_code and self._main_code(parameter)

    def _words(self, parameter: Parameter) -> None:
        if not parameter.values:
            raise bad_value(parameter.name, "", "words")
        self.checks.append(word_check(parameter))
        self.exact = False

    def _versions(self, parameter: Parameter) -> None:
        """Canonicals of some version: rows hold the url without it, the body tells the rest."""
        bare = tuple(each.rpartition("|")[0] or each for each in parameter.values)
        whole = replace(parameter, values=bare, modifier=None)
        self.conditions.append(one(self.scope, whole))
        if bare != parameter.values:
            own = self.scope.own(parameter.name)
            self.checks.append(version_check(parameter, own))
            self.exact = False

    def _identifier(self, parameter: Parameter) -> bool:
        """Few rows by their keys: one probe each, and a plan that is made once."""
        values = [value for _, value in wanted_tokens(parameter)]
        if not all(values):
            return False
        self.checks.append(text_check(values))
        if self.row_id != "t.id":
            return False
        self._by_keys(identifier_source(self.scope, parameter) or "")
        return True

    def _by_keys(self, keys: str) -> None:
        """Rows by a query for (id, bucket). LIMIT keeps the planner from reading whole tables."""
        self.source = (
            f"({keys}) AS k CROSS JOIN LATERAL (SELECT * FROM {self.shape.table} t"  # noqa: S608
            " WHERE t.id = k.id AND t.bucket = k.bucket LIMIT 1) AS t"
        )
        self.row_id = "k.id"
        self.scope = replace(self.scope, few=True)

    def _names(self, parameter: Parameter) -> bool:
        """People by the words of their names, in the order of ids, where nothing is narrower."""
        if self.scope.few:
            return False
        texts = folded_texts(parameter)
        keys = words_source(self.scope, texts)
        if parameter.name != "name":
            self.conditions.append(matches(self.scope, parameter.name, texts))
        self._by_keys(keys)
        return True

    def _main_code(self, parameter: Parameter) -> bool:
        """Rows by their main code: the first has a column, those after it are among the tokens."""
        name, wanted = parameter.name, wanted_tokens(parameter)
        if not all(code and system != "" for system, code in wanted):
            return False
        codes = list(dict.fromkeys(code for _, code in wanted))
        add = self.scope.arguments.add
        found = "true"
        if any(system is not None for system, _ in wanted):
            if not all(system is not None for system, _ in wanted):
                return False
            few = replace(self.scope, few=True)
            found = any_token(few, Hashes(token_hashes(self.scope, name, wanted).known))
        firsts = [token_hash(name, None, code) for code in codes]
        first = (
            f"t.code = {add(firsts[0], 'bigint')}"
            if len(firsts) == 1
            else f"t.code = ANY({add(firsts, 'bigint[]')})"
        )
        others = add([other_code_hash(name, code) for code in codes], "bigint[]")
        ranges = [f"t.code = {add(each, 'bigint')}" for each in firsts] if self.by_code else [first]
        branches = (
            *(f"{each} AND {found}" for each in ranges),
            f"NOT coalesce({first}, false) AND t.tokens && {others} AND {found}",
        )
        if self.scope.few:  # few rows: one range of the patient's, each looked at
            self.conditions.append(f"({first} OR t.tokens && {others}) AND {found}")
        elif self.branches:  # the parameter was given twice
            self.conditions.append(f"(({') OR ('.join(branches)}))")
        else:
            self.branches = branches
        return True
