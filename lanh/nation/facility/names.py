"""Facility codes to names, from the Organizations in the store, remembered for a while."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from lanh.core.access import system_access
from lanh.core.database import Plan
from lanh.core.store import Context, Parameter, Search, Store
from lanh.nation import naming

_LIFETIME_SECONDS = 300.0
_AT_ONCE = 100


@dataclass(slots=True)
class FacilityNames:
    """The names of facilities by their 5-character code (MA_CSKCB).

    A facility that no Organization describes is called by its code. Names are kept for five
    minutes a process; an Organization's change shows by then.
    """

    store: Store
    clock: Callable[[], float] = time.monotonic
    _known: dict[str, tuple[float, str]] = field(default_factory=dict)

    def of(self, codes: Iterable[str | None]) -> Plan[dict[str, str]]:
        """The name of each code given; None and repeats are passed over."""
        wanted = {code for code in codes if code}
        now = self.clock()
        missing = sorted(code for code in wanted if self._known.get(code, (0.0, ""))[0] < now)
        for start in range(0, len(missing), _AT_ONCE):
            some = missing[start : start + _AT_ONCE]
            found = yield from self._ask(some)
            for code in some:
                self._known[code] = (now + _LIFETIME_SECONDS, found.get(code, code))
        return {code: self._known[code][1] for code in wanted}

    def _ask(self, codes: list[str]) -> Plan[dict[str, str]]:
        values = tuple(f"{naming.FACILITY_CODE}|{code}" for code in codes)
        search = Search("Organization", (Parameter("identifier", values),), count=_AT_ONCE * 2)
        page = yield from self.store.search(search, Context(system_access("facility-names")))
        names: dict[str, str] = {}
        for entry in page.entries:
            organization = entry.resource()
            for code in facility_codes(organization):
                names.setdefault(code, organization.get("name") or code)
        return names


def facility_codes(organization: dict[str, Any]) -> list[str]:
    """The facility codes of an Organization."""
    return [
        identifier["value"]
        for identifier in organization.get("identifier") or []
        if identifier.get("system") == naming.FACILITY_CODE and identifier.get("value")
    ]
