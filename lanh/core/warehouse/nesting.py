"""Places of several sets of boundaries as one tree, in which small counts are judged.

The country; the provinces of the coarsest set; those of each finer set, which lie within them;
last the communes, each set's for the days on which it was in force.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from lanh.core.warehouse.period import Period


@dataclass(frozen=True, slots=True)
class Node:
    """A place: 0 deep is a province of the coarsest set, `above` the code of the place above."""

    depth: int
    code: str
    above: str


class Nesting:
    """The tree. `sets` are those of boundaries, coarsest first; `in_force` their days."""

    def __init__(
        self,
        rows: Callable[[str], list[tuple[Any, ...]]],
        sets: Sequence[str],
        in_force: Mapping[str, tuple[date, date]],
    ) -> None:
        self.sets = tuple(sets)
        self.in_force = dict(in_force)
        self.nodes: dict[tuple[str, str, str], Node] = {}
        self.places: dict[tuple[int, str], list[str]] = {}
        lies = {
            (level, ours, code, theirs): above
            for level in ("province", "commune")
            for ours, code, theirs, above in rows(_LIES.format(level=level))
        }
        for (level, ours, code, theirs), above in sorted(lies.items()):
            if ours not in self.sets:
                continue
            depth = self.sets.index(ours) if level == "province" else len(self.sets)
            expected = self.sets[depth - 1] if depth else ours
            if theirs == expected:
                node = Node(depth, code, above if depth else "")
                self.nodes[level, ours, code] = node
                siblings = self.places.setdefault((depth, node.above), [])
                if code not in siblings:
                    siblings.append(code)

    def province(self, boundaries: str, code: str) -> Node:
        """The province of a set. Raises KeyError."""
        return self.nodes["province", boundaries, code]

    def commune(self, boundaries: str, code: str, period: Period) -> Node | None:
        """The commune of a set that was in force through a period; None of any other."""
        since, until = self.in_force[boundaries]
        if not since <= period.start < period.end <= until:
            return None
        return self.nodes.get(("commune", boundaries, code))

    def above(self, node: Node) -> Node | None:
        """The place above; None where that is the country."""
        return self.province(self.sets[node.depth - 1], node.above) if node.depth else None

    def siblings(self, node: Node) -> list[str]:
        """The codes of the places under the same one above, this one among them."""
        return self.places[node.depth, node.above]


# A place lies where most of the codes that make it up lie.
_LIES = (
    "SELECT a.boundaries, a.{level}, b.boundaries, mode(b.province ORDER BY b.province)"
    " FROM placement a JOIN placement b ON a.code = b.code AND a.valid_from = b.valid_from"
    " GROUP BY ALL"
)
