"""A server process: granian on the socket that the supervisor left open for it."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from typing import Any

import uvloop
from granian._granian import SocketHolder
from granian.constants import Interfaces
from granian.server.embed import Server

from lanh.site import processes
from lanh.site.asgi import create_app
from lanh.site.settings import Settings
from lanh.site.supervision import ports

_BACKLOG = 1024


class Inherited(Server):
    """granian's embedded server on a socket that is already listening."""

    def __init__(self, bound: socket.socket, application: Any) -> None:
        self._bound = bound
        host, port = bound.getsockname()[:2]
        super().__init__(
            application,
            address=host,
            port=port,
            interface=Interfaces.ASGI,
            websockets=True,
            backlog=_BACKLOG,
            log_enabled=False,
        )

    def _init_shared_socket(self) -> None:
        make: Any = SocketHolder  # its stub tells neither of its arguments
        shared: Any = self
        shared._shd = make(self._bound.fileno(), False, _BACKLOG)
        shared._sfd = self._bound.fileno()
        shared._ssp = None


async def serve(bound: socket.socket, settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    server = Inherited(bound, create_app(settings))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    await server.serve()


def main() -> int:
    """Serve on the inherited socket, or on one of our own without a supervisor."""
    settings = processes.begin("server")
    bound = ports.inherited() or ports.listen(settings.host, settings.port, "LANH_PORT")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(bound, settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
