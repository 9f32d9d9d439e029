"""How often a process that runs for long looks for cycles of objects."""

from __future__ import annotations

import gc

_YOUNG = 50_000  # objects made before the young are looked through (Python's own: 700)
_MIDDLE, _OLD = 20, 50


def collect_seldom() -> None:
    """Leave what stands now (modules, definitions, compiled validators) out of every collection,
    and collect seldom: resources are trees, which are freed without it.

    With Python's own settings collections took 5 % of a server's CPU under reads.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
