"""Cut the faces of papers down to Latin letters, and note which characters they have.

Usage: python -m lanh.core.documents.build.faces BE_VIETNAM_PRO_FOLDER

Typst reads TrueType, not the woff2 of the pages; names from abroad need more of Latin than
pages do.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset, ttLib  # type: ignore[import-untyped,import-not-found,unused-ignore]

TARGET = Path(__file__).parents[1] / "faces"

# Latin with its extension A, Vietnamese letters, combining tones, quotes, dashes, đồng, tick boxes.
LETTERS = (
    "U+0020-007E,U+00A0-017F,U+01A0-01A1,U+01AF-01B0,U+0218-021B,U+0300-0303,U+0306,U+0309,"
    "U+031B,U+0323,U+1EA0-1EF9,U+2010-2015,U+2018-201E,U+2020,U+2022,U+2026,U+2030,U+2032-2033,"
    "U+20AB,U+2122,U+2212,U+2264-2265,U+25A0-25A1,U+2610-2612"
)
FACES = ("BeVietnamPro-Regular.ttf", "BeVietnamPro-Bold.ttf", "BeVietnamPro-Italic.ttf")


def main() -> None:
    """Cut every face; what all of them have is noted in `covered.txt`."""
    covered: set[int] | None = None
    for name in FACES:
        target = TARGET / name
        subset.main(
            [
                str(Path(sys.argv[1]) / name),
                f"--unicodes={LETTERS}",
                f"--output-file={target}",
                "--layout-features=kern,mark,mkmk,ccmp,locl",
                "--no-hinting",
                "--desubroutinize",
                "--name-IDs=*",
            ]
        )
        found = set(ttLib.TTFont(target).getBestCmap())
        covered = found if covered is None else covered & found
        print(f"{target}: {target.stat().st_size} bytes")
    signs = sorted(sign for sign in covered or () if sign > 0x7E)
    (TARGET / "covered.txt").write_text("".join(f"{sign:04X}\n" for sign in signs), "ascii")


if __name__ == "__main__":
    main()
