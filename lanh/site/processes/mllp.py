"""The MLLP listener: HL7 v2 over TCP, on the socket that the supervisor left open."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys

from lanh.connectors.hl7v2 import mllp
from lanh.core.database import AsyncDatabase, SyncDatabase
from lanh.site import processes
from lanh.site.instance import Instance
from lanh.site.settings import Settings
from lanh.site.supervision import ports
from lanh.site.wiring import open_intake, open_records


async def _listen(settings: Settings, bound: socket.socket) -> None:
    url = Instance(settings).database_url()
    database = await AsyncDatabase.connect(url, max_size=2)
    settling = await asyncio.to_thread(SyncDatabase.connect, url, max_size=4)
    intake = open_intake(open_records().store, settings)
    identify = mllp.registered_senders(database)
    server = mllp.MllpServer(identify, mllp.into(intake, settling))
    serving = asyncio.create_task(mllp.serve(server, listening=bound))
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
    asyncio.run(_listen(settings, bound))
    return 0


if __name__ == "__main__":
    sys.exit(main())
