"""Checks are compiled when a type is first met, also where several threads meet it at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.validation.shapes import Shapes


def test_threads_that_meet_a_type_at_once_all_get_a_whole_check() -> None:
    threads = 8
    for _ in range(5):
        shapes, start = Shapes(definitions()), Barrier(threads)

        def check(name: str, shapes: Shapes = shapes, start: Barrier = start) -> object:
            start.wait()
            return shapes.resource(name)

        names = ["Questionnaire", "ValueSet"] * (threads // 2)
        with ThreadPoolExecutor(threads) as pool:
            found = list(pool.map(check, names))
        for name, checked in zip(names, found, strict=True):
            assert checked is shapes.resource(name)
