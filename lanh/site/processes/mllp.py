"""The MLLP listener: HL7 v2 over TCP, on the socket that the supervisor left open."""

from __future__ import annotations

import signal
import sys
import threading

from lanh.site import processes


def main() -> int:
    processes.begin("mllp")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
