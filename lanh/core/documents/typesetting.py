"""The process that sets one paper: an order as JSON comes in, a PDF goes out.

It is started by path and alone (`python -I`), so it loads nothing of the product. It ends with 3
and one line of text where the template is at fault.
"""

from __future__ import annotations

import json
import resource
import sys
from typing import Any

MEMORY = 1024**3
CPU_SECONDS = 15


def main() -> int:
    """Set the paper that standard input orders."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import typst

    order = json.loads(sys.stdin.buffer.read())
    faces = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[order["faces"]]
    )
    files = {name: text.encode() for name, text in order["files"].items()}
    files["main.typ"] = b'#include "/template/' + order["main"].encode() + b'"'
    try:
        compiled: Any = typst.compile  # its own signature does not know a folder in memory
        paper: bytes = compiled(
            files,
            font_paths=faces,
            sys_inputs={"facts": order["facts"], "language": order["language"]},
            pdf_standards=["a-2a"],
            timestamp=order["at"],
        )
    except typst.TypstError as error:
        print(str(error).replace("\n", " "), file=sys.stderr)
        return 3
    sys.stdout.buffer.write(paper)
    return 0


if __name__ == "__main__":
    sys.exit(main())
