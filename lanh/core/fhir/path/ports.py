"""What an expression may ask of the world outside: ports that a higher layer fills."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Protocol

from lanh.core.fhir.path.temporal import Temporal, parse_temporal

_LOCAL = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")


class Terminology(Protocol):
    """Code systems and value sets, as they are in force."""

    def member_of(self, value_set: str, system: str | None, code: str) -> bool | None:
        """Whether a code is in a value set; None where the value set is not known."""
        ...

    def subsumes(self, system: str, ancestor: str, descendant: str) -> bool | None:
        """Whether one code subsumes another or is the same; None where that is not known."""
        ...


@dataclass(frozen=True, slots=True)
class Environment:
    """The ports of an evaluation; what is absent is answered from the resource and the definitions.

    resolve      the resource of a reference that does not lead inside the same resource, or None
    terminology  for `memberOf`, `subsumes` and `subsumedBy`
    conforms     whether a resource keeps a profile (`conformsTo`); None where it is not known
    trace        takes the name and the items of `trace()`; without it nothing is written, since a
                 trace of people's data belongs in no log
    clock        the moment of `now()`, `today()` and `timeOfDay()`, one throughout an evaluation
    """

    resolve: Callable[[str], dict[str, Any] | None] | None = None
    terminology: Terminology | None = None
    conforms: Callable[[dict[str, Any], str], bool | None] | None = None
    trace: Callable[[str, list[Any]], None] | None = None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)


NOTHING = Environment()


def moment_of(clock: Callable[[], datetime]) -> Temporal:
    """The clock's moment as a dateTime to the millisecond, in Vietnamese legal time."""
    now = clock().astimezone(_LOCAL)
    return parse_temporal(now.isoformat(timespec="milliseconds"))
