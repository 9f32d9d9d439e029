"""What was lately used, kept up to a weight; safe for the server's loop and the pages' threads."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

V = TypeVar("V")


class Recent(Generic[V]):
    """A mapping that forgets what was used longest ago once its weights pass `limit`."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._weight = 0
        self._held: OrderedDict[Hashable, tuple[V, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> V | None:
        """The value of a key, or None."""
        with self._lock:
            found = self._held.get(key)
            if found is None:
                return None
            self._held.move_to_end(key)
            return found[0]

    def keep(self, key: Hashable, value: V, weight: int = 1) -> V:
        """Keep a value, and return it. One that alone is too heavy is kept until the next comes."""
        with self._lock:
            before = self._held.pop(key, None)
            self._weight += weight - (before[1] if before else 0)
            self._held[key] = (value, weight)
            while self._weight > self._limit and len(self._held) > 1:
                _, (_, gone) = self._held.popitem(last=False)
                self._weight -= gone
        return value

    def __len__(self) -> int:
        return len(self._held)
