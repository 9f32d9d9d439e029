"""Which messages are taken: message code and trigger event (HL7 v2 tables 0076, 0003)."""

from __future__ import annotations

from lanh.connectors.hl7v2.reader import Message


def _events(letter: str, *numbers: int) -> frozenset[str]:
    return frozenset(f"{letter}{number:02}" for number in numbers)


EVENTS = {
    # A19 is a query, A20 the state of a bed, A56 to A59 do not exist
    "ADT": _events("A", *range(1, 19), *range(21, 56), 60, 61, 62),
    "ORU": _events("R", 1, 30, 31, 32, 40),
    "OUL": _events("R", 21, 22, 23, 24),
    "ORM": _events("O", 1),
    "OML": _events("O", 21, 33, 35, 39),
    "OMG": _events("O", 19),
    "OMP": _events("O", 9),
    "RDE": _events("O", 1, 11, 25),
    "RDS": _events("O", 1, 13),
    "RAS": _events("O", 1, 17),
    "SIU": _events("S", *range(12, 27)),
    "MDM": _events("T", *range(1, 12)),
    "VXU": _events("V", 4),
    "DFT": _events("P", 3, 11),
    "BAR": _events("P", 1, 2, 5, 6, 10, 12),
    "REF": _events("I", 12, 13, 14, 15),
    "PPR": frozenset({"PC1", "PC2", "PC3"}),
}
_DEFAULT = {"ORU": "R01", "ORM": "O01", "VXU": "V04", "RDE": "O11", "RDS": "O13", "RAS": "O17"}


def kind_of(message: Message) -> tuple[str, str]:
    """Message code and event; where MSH-9 names no event, that of EVN-1 or the only usual one."""
    code, event = message.kind
    if not event:
        first = message.first("EVN")
        event = first[1][1].upper() if first is not None else ""
        event = event or _DEFAULT.get(code, "")
    return code, event


def taken(code: str, event: str) -> bool:
    """Whether messages of this code and event are mapped."""
    return event in EVENTS.get(code, ())


def listed() -> str:
    """What is taken, in a few words: "ADT^A01–A18, A21–A55, …"."""
    words = []
    for code, events in EVENTS.items():
        names = sorted(events)
        runs: list[list[str]] = []
        for name in names:
            follows = runs and name[:1] == runs[-1][-1][:1] and name[1:].isdecimal()
            if follows and int(name[1:]) == int(runs[-1][-1][1:]) + 1:
                runs[-1].append(name)
            else:
                runs.append([name])
        spans = [run[0] if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs]
        words.append(f"{code}^{', '.join(spans)}")
    return "; ".join(words)
