"""Which operations there are, where each may be asked, and who answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from lanh.core.api.fhir.addresses import Address
from lanh.core.api.fhir.call import Call
from lanh.core.api.fhir.desk import Desk
from lanh.core.api.fhir.exchange import Answer, Refused, not_allowed

Answers: TypeAlias = Callable[[Desk, Call, Address], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. `types` are the types it is asked of (None: every type).

    `writes` says that it changes what is kept, so that GET may not be used (R4 3.2.0.1).
    `definition` is the canonical address of its OperationDefinition.
    """

    name: str
    definition: str
    answers: Answers
    types: frozenset[str] | None = None
    system: bool = False
    on_type: bool = False
    on_row: bool = False
    writes: bool = False

    def fits(self, at: Address) -> bool:
        """Whether it may be asked at an address."""
        if at.type is None:
            return self.system
        if self.types is not None and at.type not in self.types:
            return False
        return self.on_row if at.id is not None else self.on_type


class Operations:
    """All operations of one interface; a later one of the same name and place gives way."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self._by_name: dict[str, list[Operation]] = {}
        for operation in operations:
            self._by_name.setdefault(operation.name, []).append(operation)

    async def answer(self, desk: Desk, call: Call, at: Address) -> Answer:
        """The answer of the operation that an address names. Raises Refused."""
        found = self._by_name.get((at.word or "").removeprefix("$"), [])
        operation = next((each for each in found if each.fits(at)), None)
        if operation is None:
            raise Refused(404, "not-supported", "no_operation", name=at.word)
        allowed = ("POST",) if operation.writes else ("GET", "POST")
        if call.method not in allowed:
            raise not_allowed(call.method, *allowed)
        return await operation.answers(desk, call, at)

    def listed(self) -> list[Operation]:
        """Each of them."""
        return [each for found in self._by_name.values() for each in found]

    def at_system(self) -> list[Operation]:
        """Those asked of the base."""
        return [each for found in self._by_name.values() for each in found if each.system]

    def of_type(self, kind: str) -> list[Operation]:
        """Those asked of a type or its rows."""
        return [
            each
            for found in self._by_name.values()
            for each in found
            if (each.on_type or each.on_row) and (each.types is None or kind in each.types)
        ]
