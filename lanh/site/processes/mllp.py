"""The MLLP listener: HL7 v2 over TCP, on the socket that the supervisor left open, and over TLS."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import ssl
import sys
from typing import TypeAlias

import structlog

from lanh.connectors.hl7v2 import mllp, tls
from lanh.connectors.hl7v2.astm import listener
from lanh.core.database import AsyncDatabase, SyncDatabase
from lanh.site import processes
from lanh.site.instance import Instance
from lanh.site.settings import Settings
from lanh.site.supervision import ports
from lanh.site.wiring import open_intake, open_records

_Guarded: TypeAlias = tuple[ssl.SSLContext, socket.socket]


def _guarded(settings: Settings) -> _Guarded | None:
    """The TLS listener, where the installation has a certificate for it."""
    if settings.mllp_certificate is None:
        return None
    context = tls.server_context(
        settings.mllp_certificate, settings.mllp_key, settings.mllp_client_ca
    )
    return context, ports.listen(settings.host, settings.mllp_tls_port, "LANH_MLLP_TLS_PORT")


def _analysers(settings: Settings) -> socket.socket | None:
    """The listener for laboratory analysers, where the installation has a port for it."""
    if not settings.astm_port:
        return None
    return ports.listen(settings.host, settings.astm_port, "LANH_ASTM_PORT")


async def _listen(
    settings: Settings,
    bound: socket.socket,
    guarded: _Guarded | None,
    analysers: socket.socket | None,
) -> None:
    url = Instance(settings).database_url()
    database = await AsyncDatabase.connect(url, max_size=2)
    settling = await asyncio.to_thread(SyncDatabase.connect, url, max_size=4)
    intake = open_intake(open_records().store, settings)
    identify = mllp.registered_senders(database)
    certified = mllp.certified_senders(database)
    server = mllp.MllpServer(identify, mllp.into(intake, settling), certified=certified)
    may_connect = mllp.admitted(settings.mllp_peers)
    ways = [mllp.serve(server, listening=bound, may_connect=may_connect)]
    if guarded is not None:
        ways.append(tls.serve_tls(server, *guarded))
    if analysers is not None:
        taking = listener.AnalyserServer(identify, mllp.into(intake, settling))
        ways.append(listener.serve_analysers(taking, analysers, may_connect=may_connect))
    serving = asyncio.gather(*ways)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, serving.cancel)
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await serving
    finally:
        await database.close()
        await asyncio.to_thread(settling.close)


def main() -> int:
    """Listen until SIGTERM or SIGINT."""
    settings = processes.begin("mllp")
    bound = ports.inherited() or ports.listen(settings.host, settings.mllp_port, "LANH_MLLP_PORT")
    try:
        guarded, analysers = _guarded(settings), _analysers(settings)
    except (tls.CertificateUnusable, ports.PortFault) as fault:
        # Without all its listeners the process does not pretend to serve: the supervisor tells it.
        structlog.get_logger(__name__).error("no listener", vi=fault.message.vi, en=str(fault))
        return 1
    asyncio.run(_listen(settings, bound, guarded, analysers))
    return 0


if __name__ == "__main__":
    sys.exit(main())
