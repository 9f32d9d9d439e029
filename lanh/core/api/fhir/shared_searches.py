"""Searches of one form that wait together share a statement and a commit of their audit.

A slow search must hold nobody up, and a failing one must fail nobody: what is not answered together
within a moment, or fails together, is answered by itself.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Hashable, Sequence

from lanh.core import audit
from lanh.core.api.coalescing import Coalescer
from lanh.core.database import AsyncDatabase, Plan
from lanh.core.store import Context, Page, Repeated, Search, Store

PATIENCE = 1.0  # seconds that searches wait for one another
APART = 30.0  # seconds that searches of a form go by themselves after it was too slow
_FORMS = 500  # of which searches are gathered, those used last


class SharedSearches:
    """Answers searches, together where their form is common."""

    def __init__(
        self, database: AsyncDatabase, store: Store, *, patience: float = PATIENCE
    ) -> None:
        self._database = database
        self._store = store
        self._patience = patience
        self._forms: OrderedDict[Hashable, Coalescer[Repeated, Page | None]] = OrderedDict()
        self._apart: dict[Hashable, float] = {}
        self._audits: Coalescer[Sequence[audit.Entry | audit.Listing], None]
        self._audits = Coalescer(self._account)

    async def find(self, wanted: Search, context: Context) -> Page:
        """A page of the rows that answer; what it showed is in the audit trail, committed.

        Raises StoreError.
        """
        repeated = self._store.repeated(wanted, context)
        if repeated is not None and not self._goes_apart(repeated.kind):
            page = await self._gathered(repeated.kind).submit(repeated)
            if page is not None:
                return page
        page = await self._database.read(self._store.search(wanted, context))
        await self._audits.submit(shown([wanted], page, context))
        return page

    async def find_several(self, wanted: Sequence[Search], context: Context) -> Page:
        """A page of the rows that answer one of several searches, as `Store.search_several`."""
        page = await self._database.read(self._store.search_several(wanted, context))
        await self._audits.submit(shown(wanted, page, context))
        return page

    def _gathered(self, kind: Hashable) -> Coalescer[Repeated, Page | None]:
        found = self._forms.get(kind)
        if found is None:
            found = self._forms[kind] = Coalescer(self._search)
            while len(self._forms) > _FORMS:
                self._forms.popitem(last=False)
        else:
            self._forms.move_to_end(kind)
        return found

    def _goes_apart(self, kind: Hashable) -> bool:
        if not self._apart:
            return False
        until = self._apart.get(kind)
        if until is None or time.monotonic() < until:
            return until is not None
        del self._apart[kind]
        return False

    async def _search(self, wanted: Sequence[Repeated]) -> list[Page | BaseException | None]:
        """Pages, the audit committed; None for each that must go by itself."""
        try:
            async with asyncio.timeout(self._patience):
                return await self._database.read(self._audited(wanted))
        except TimeoutError:
            if len(self._apart) >= _FORMS:
                self._apart.clear()
            self._apart[wanted[0].kind] = time.monotonic() + APART
        except Exception:
            if len(wanted) == 1:
                raise
        return [None] * len(wanted)

    def _audited(self, wanted: Sequence[Repeated]) -> Plan[list[Page | BaseException | None]]:
        pages = yield from self._store.search_each(wanted)
        entries: list[audit.Entry | audit.Listing] = []
        for each, page in zip(wanted, pages, strict=True):
            if page is not None:
                entries += shown([each.search], page, each.context)
        yield from audit.append(entries)
        return list(pages)

    async def _account(self, acts: Sequence[Sequence[audit.Entry | audit.Listing]]) -> list[None]:
        """What many searches showed, in one commit."""
        await self._database.read(audit.append([entry for act in acts for entry in act]))
        return [None] * len(acts)


def shown(
    wanted: Sequence[Search], page: Page, context: Context
) -> list[audit.Entry | audit.Listing]:
    """The audit entries of a page: one for each row on it, or one for none."""
    first = wanted[0]
    names = ",".join(sorted({parameter.name for parameter in first.parameters}))
    kind = first.type if len(wanted) == 1 else None
    place = f"{first.within[0]}/{first.within[1]}/" if first.within else ""
    detail = f"{place}{kind or '*'}?{names}"
    rows = [*page.entries, *page.included] if page.included else page.entries
    targets = [audit.Target(row.type, row.id, row.patient) for row in rows]
    return [audit.shown(context.access, targets, detail, type=kind)]
