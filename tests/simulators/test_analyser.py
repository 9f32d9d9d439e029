"""A simulated analyser and the platform's listener on a real line."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from lanh.connectors.fhir.tests.support import make_intake, make_sender, stored
from lanh.connectors.hl7v2.astm import AstmConnector, listener
from lanh.connectors.hl7v2.mllp import admitted, into
from lanh.core.bus import Intake, Sender
from lanh.core.database import SyncDatabase
from simulators.analyser import Analyser, LineFault, chemistry

GLUCOSE = [("GLU", "5.60", "mmol/L", "3.9-6.4"), ("CRE", "<20", "umol/L", "44-80")]


async def _known(sender: str, _: str) -> Sender | None:
    return make_sender() if sender == "MAY1" else None


def _on_the_line(database: SyncDatabase, work: Callable[[int], None]) -> None:
    async def run() -> None:
        intake = Intake(make_intake().ports, [AstmConnector()])
        server = listener.AnalyserServer(_known, into(intake, database), line_seconds=5)
        port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        bound = socket.create_server(("127.0.0.1", 0))
        serving = listener.serve_analysers(
            server, bound, may_connect=admitted(()), ready=port.set_result
        )
        task = asyncio.create_task(serving)
        try:
            await asyncio.to_thread(work, await port)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    # In a thread of its own: in this one a browser's loop may be running.
    with ThreadPoolExecutor(1) as threads:
        threads.submit(asyncio.run, run()).result()


def test_a_simulated_analyser_is_heard(database: SyncDatabase) -> None:
    refused: list[int] = []

    def work(port: int) -> None:
        analyser = Analyser("127.0.0.1", port, text=30)
        try:
            analyser.send(chemistry("MAY1", "BN1", "S1", GLUCOSE), spoil=(2, 5))
            analyser.send(chemistry("MAY1", "BN2", "S2", GLUCOSE))
        finally:
            refused.append(analyser.refused)
            analyser.close()

    _on_the_line(database, work)
    assert refused == [2]
    assert len(stored(database, "Observation")) == 4 and len(stored(database, "Patient")) == 2


def test_an_analyser_of_nobody_is_not_taken(database: SyncDatabase) -> None:
    def work(port: int) -> None:
        analyser = Analyser("127.0.0.1", port)
        with pytest.raises(LineFault):
            analyser.send(chemistry("MAY9", "BN1", "S1", GLUCOSE))
        analyser.close()

    _on_the_line(database, work)
    assert stored(database, "Observation") == []
