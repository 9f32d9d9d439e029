"""Send made-up results to a listener: `python -m simulators.analyser HOST PORT SENDER`."""

from __future__ import annotations

import sys

from simulators.analyser import Analyser, chemistry


def main() -> int:
    """Send one message and say how it went."""
    host, port, sender = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    analyser = Analyser(host, port)
    try:
        analyser.send(chemistry(sender, "BN1", "M1", [("GLU", "5.6", "mmol/L", "3.9-6.4")]))
    finally:
        analyser.close()
    sys.stdout.write("ok\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
