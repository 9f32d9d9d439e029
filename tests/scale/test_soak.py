"""An installation under a mixed load for half an hour: no error, and memory that stays as it is.

`LANH_SOAK_SECONDS` (1800) is how long; a third of it, ten minutes at most, is warm-up.
"""

from __future__ import annotations

import os
import statistics
import threading
import time
from collections.abc import Iterator

import pytest

from lanh.site.tests.installation import Installation, eventually
from tests.scale.load import Load
from tests.scale.memory import MIB, Sampler

_SECONDS = float(os.environ.get("LANH_SOAK_SECONDS", "1800"))
_MOST = 1536 * MIB
_GROWTH = 1.05


@pytest.fixture
def platform() -> Iterator[Installation]:
    """An installation with a hundred made-up people."""
    made = Installation(LANH_PEOPLE="100", LANH_WAREHOUSE_SECONDS="30")
    try:
        made.up()
        yield made
    finally:
        made.remove()


def _report(load: Load, sampler: Sampler, growth: dict[str, tuple[int, int]]) -> str:
    lines = [f"soak of {_SECONDS:.0f} s", f"{'act':<14}{'done':>8}{'p50 ms':>9}{'p99 ms':>9}"]
    for name, count in sorted(load.done.items()):
        taken = sorted(load.seconds[name])
        middle, late = statistics.median(taken), taken[int(len(taken) * 0.99)]
        lines.append(f"{name:<14}{count:>8}{middle * 1000:>9.1f}{late * 1000:>9.1f}")
    lines.append(f"{'process':<14}{'warm MiB':>9}{'end MiB':>9}{'growth':>9}")
    for name, (warm, end) in sorted(growth.items()):
        lines.append(f"{name:<14}{warm / MIB:>9.1f}{end / MIB:>9.1f}{end / warm - 1:>9.1%}")
    lines.append("MiB by tenths of the time")
    for name in sorted(sampler.samples):
        tenths = [each / MIB for each in sampler.tenths(name, _SECONDS)]
        lines.append(f"{name:<14}" + "".join(f"{each:>7.0f}" for each in tenths))
    lines.append(f"largest resident set {sampler.largest / MIB:.0f} MiB")
    lines.append(f"faults {len(load.faults)}")
    return "\n".join(lines)


@pytest.mark.long
@pytest.mark.xdist_group("soak")
@pytest.mark.timeout(_SECONDS + 1200)
def test_memory_stays_as_it_is(platform: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    load, sampler = Load(platform), Sampler(platform)
    threads = [threading.Thread(target=sampler.run), *load.threads()]
    for thread in threads:
        thread.start()
    try:
        time.sleep(_SECONDS)
    finally:
        load.stop.set()
        sampler.stop()
        for thread in threads:
            thread.join(120)
    growth = sampler.growth(min(_SECONDS / 3, 600), _SECONDS)
    report = _report(load, sampler, growth)
    with capsys.disabled():
        print("\n" + report, flush=True)
    assert not load.faults, load.faults[:10]
    assert all(count > 0 for count in load.done.values()) and len(load.done) == 7
    restarted = {name: len(pids) for name, pids in sampler.pids.items() if len(pids) > 1}
    assert not restarted, restarted
    assert sampler.largest < _MOST
    grown = {name: end / warm for name, (warm, end) in growth.items() if end > warm * _GROWTH}
    assert not grown, f"{grown}\n{report}"
    eventually(lambda: platform.lanh("audit", "verify").returncode == 0, seconds=60)
