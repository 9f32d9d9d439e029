"""From a template and facts to a paper: checked, handed to a bounded process, brought back."""

from __future__ import annotations

import json
import subprocess
import sys
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from lanh.core.documents.faults import PaperFault
from lanh.core.text import Language, nfc

LARGEST_FACTS = 1_000_000
SECONDS = 20
_HERE = Path(__file__).parent
_PROCESS = _HERE / "typesetting.py"
_SHARED = _HERE / "paper.typ"
_FACES = _HERE / "faces"


def render(
    template: Path, facts: Mapping[str, Any], at: datetime, language: Language = "vi"
) -> bytes:
    """The paper of a Typst template as PDF/A-2a, tagged; the same arguments give the same bytes.

    The template finds `facts` as the JSON of `sys.inputs.facts`, and `/paper.typ` beside the
    `.typ` files of its own folder. `at` is the paper's own time, aware: what it says of when it
    was made. Dates and decimals go as ISO and decimal texts; texts are NFC, their control
    characters (but line breaks) are gone. Raises PaperFault.
    """
    if at.tzinfo is None:
        raise PaperFault("time-naive")
    given = json.dumps(_plain(facts), ensure_ascii=False, sort_keys=True)
    if len(given.encode()) > LARGEST_FACTS:
        raise PaperFault("facts-large", size=len(given.encode()), limit=LARGEST_FACTS)
    missing = sorted({sign for sign in given if ord(sign) > 0x7E and ord(sign) not in _covered()})
    if missing:
        raise PaperFault("signs-missing", signs=" ".join(missing[:20]))
    order = {
        "files": _files(template),
        "main": template.name,
        "facts": given,
        "at": int(at.timestamp()),
        "language": language,
        "faces": str(_FACES),
    }
    return _typeset(json.dumps(order).encode(), template.name)


def _typeset(order: bytes, name: str) -> bytes:
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(_PROCESS)],
            input=order,
            capture_output=True,
            timeout=SECONDS,
            env={"LANG": "C.UTF-8", "RAYON_NUM_THREADS": "1"},
            cwd=_FACES,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise PaperFault("too-long", seconds=SECONDS) from None
    if done.returncode == 0 and done.stdout.startswith(b"%PDF-"):
        return done.stdout
    if done.returncode == 3:
        reason = done.stderr.decode(errors="replace").split("\n")[0][:300]
        raise PaperFault("not-set", template=name, reason=reason)
    raise PaperFault("too-long", seconds=SECONDS)


def _files(template: Path) -> dict[str, str]:
    """What the typesetter may read: the template, its neighbours, the shared layout."""
    try:
        found = {each.name: each.read_text("utf-8") for each in template.parent.glob("*.typ")}
        found[template.name] = template.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise PaperFault("template-unreadable", template=template.name) from None
    if any('"@' in text for text in found.values()):
        raise PaperFault("template-fetches", template=template.name)
    within = {f"template/{name}": text for name, text in found.items()}
    return within | {"paper.typ": _SHARED.read_text("utf-8")}


@cache
def _covered() -> frozenset[int]:
    """The characters beyond ASCII that the faces have, as `build/faces.py` noted them."""
    text = (_FACES / "covered.txt").read_text("ascii")
    return frozenset(int(line, 16) for line in text.split())


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int():
            return value
        case str():
            return _tidy(value)
        case Decimal() | date():
            return value.isoformat() if isinstance(value, date) else format(value, "f")
        case Mapping():
            return {_tidy(str(key)): _plain(each) for key, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
    raise PaperFault("facts-shape", kind=type(value).__name__)


def _tidy(text: str) -> str:
    kept = (
        sign if sign == "\n" or unicodedata.category(sign)[0] != "C" else " " for sign in nfc(text)
    )
    return "".join(kept)
