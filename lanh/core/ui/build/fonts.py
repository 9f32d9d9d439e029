"""Cut the faces of the pages down to what Vietnamese and English need, as woff2.

Usage: python -m lanh.core.ui.build.fonts BE_VIETNAM_PRO_FOLDER NOTO_SANS_FOLDER

Be Vietnam Pro (SIL OFL 1.1) has no digits of equal width, so digits come from Noto Sans
(SIL OFL 1.1), under the same family name and an own unicode-range in the stylesheet.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset  # type: ignore[import-untyped,import-not-found,unused-ignore]

TARGET = Path(__file__).parents[1] / "assets" / "fonts"

# Basic Latin, Latin-1, the Vietnamese letters, combining tones, quotes, dashes, ellipsis, đồng.
LETTERS = (
    "U+0020-007E,U+00A0-00FF,U+0102-0103,U+0110-0111,U+0128-0129,U+0168-0169,U+01A0-01A1,"
    "U+01AF-01B0,U+0300-0301,U+0303,U+0309,U+0323,U+1EA0-1EF9,U+2010-2015,U+2018-201D,U+2020,"
    "U+2022,U+2026,U+2030,U+2032-2033,U+20AB,U+2122,U+2212,U+2264-2265"
)
DIGITS = "U+0030-0039,U+002B,U+002C,U+002E,U+002F,U+003A,U+0025,U+2212,U+2007,U+00A0"

FACES = (
    ("BeVietnamPro-Regular.ttf", "be-vietnam-pro-400.woff2", LETTERS, 0),
    ("BeVietnamPro-SemiBold.ttf", "be-vietnam-pro-600.woff2", LETTERS, 0),
    ("NotoSans-Regular.ttf", "noto-digits-400.woff2", DIGITS, 1),
    ("NotoSans-Bold.ttf", "noto-digits-600.woff2", DIGITS, 1),
)


def cut(source: Path, target: Path, unicodes: str) -> int:
    """Write the subset of one face; returns its bytes."""
    arguments = [
        str(source),
        f"--unicodes={unicodes}",
        f"--output-file={target}",
        "--flavor=woff2",
        "--layout-features=kern,mark,mkmk,ccmp,locl",
        "--no-hinting",
        "--desubroutinize",
        "--name-IDs=0,1,2,13,14",
    ]
    subset.main(arguments)
    return target.stat().st_size


def main() -> None:
    """Cut every face."""
    folders = [Path(argument) for argument in sys.argv[1:3]]
    for source, target, unicodes, folder in FACES:
        size = cut(folders[folder] / source, TARGET / target, unicodes)
        print(f"{target}: {size} bytes")


if __name__ == "__main__":
    main()
