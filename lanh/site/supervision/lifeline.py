"""A child ends when its supervisor does, however that happened.

The supervisor keeps the writing end of a pipe and writes nothing; a child that reads its end of
file asks itself to stop. It works after SIGKILL too, on every Unix, and without polling.
"""

from __future__ import annotations

import os
import signal
import threading

VARIABLE = "LANH_LIFELINE"


def hold_on(seconds: float = 10.0) -> None:
    """Stop this process (SIGTERM, then by force after `seconds`) when the supervisor is gone."""
    number = os.environ.get(VARIABLE)
    if not number:
        return
    descriptor = int(number)
    os.set_inheritable(descriptor, False)
    thread = threading.Thread(
        target=_wait, args=(descriptor, seconds), name="lifeline", daemon=True
    )
    thread.start()


def _wait(descriptor: int, seconds: float) -> None:
    while os.read(descriptor, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(seconds)
    os._exit(1)
