"""`lanh systems new`: the smallest complete system, which passes the validator and the harness."""

from __future__ import annotations

import re
from pathlib import Path

from lanh.kit.checking import MESSAGES
from lanh.kit.system import SystemFault

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", re.ASCII)
_MODEL = Path(__file__).parent / "model"
_WORD = "model_system"


def new_system(name: str, into: Path) -> list[Path]:
    """Write the smallest complete system `name` into a folder of its own below `into`; the files.

    Raises SystemFault where the name cannot be used or is taken.
    """
    if not _NAME.fullmatch(name) or len(name) > 40:
        raise SystemFault(MESSAGES["bad-name"].say("en", name=name))
    folder = into / name
    if folder.exists():
        raise SystemFault(MESSAGES["exists"].say("en", name=str(folder)))
    made = []
    for path in sorted(_MODEL.rglob("*")):
        if path.is_file():
            own = str(path.relative_to(_MODEL)).removesuffix(".txt")
            target = folder / own.replace(_WORD, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            text = path.read_text(encoding="utf-8")
            text = text.replace(_WORD.replace("_", "-"), name.replace("_", "-"))
            target.write_text(text.replace(_WORD, name), encoding="utf-8")
            made.append(target)
    return made
