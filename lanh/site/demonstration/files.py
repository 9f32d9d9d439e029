"""Messages as files, for a bulk load or for looking at: one folder a client, numbered in order."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from lanh.site.demonstration.messages import Format, OutgoingMessage

_ENDINGS: dict[Format, str] = {"fhir": "json", "hl7v2": "hl7", "claims": "xml"}


def write(folder: Path, messages: Iterable[OutgoingMessage], *, packed: bool = False) -> int:
    """Write each message to `folder`/phase/client/NNNNNN.ending (.gz where packed).

    Sorted by path, the files of one client are in the order in which they must be sent, and every
    file of a phase comes before those of the next. Returns how many were written.
    """
    numbers: Counter[str] = Counter()
    for message in messages:
        numbers[message.client] += 1
        place = folder / str(message.phase) / message.client
        place.mkdir(parents=True, exist_ok=True)
        name = f"{numbers[message.client]:06d}.{_ENDINGS[message.format]}"
        if packed:
            (place / f"{name}.gz").write_bytes(gzip.compress(message.body, 5, mtime=0))
        else:
            (place / name).write_bytes(message.body)
    return numbers.total()
