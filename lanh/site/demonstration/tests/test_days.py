"""The day of a demonstration: kept with people and seed, and fit for any day of the calendar."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from lanh.connectors.claims_xml import package
from lanh.connectors.hl7v2 import read
from lanh.core import fhir
from lanh.core.database import SyncDatabase
from lanh.nation.local_time import VIETNAM
from lanh.site.cli.demo import _remembered
from lanh.site.demonstration import Wanted, generate, messages, of_blocks, today
from lanh.site.demonstration.identity import MIX
from lanh.site.demonstration.sources import pyramid
from lanh.site.demonstration.tests.made import MANY, blocks, population
from lanh.site.facts import DEMONSTRATION, fact, set_fact
from lanh.site.preparation import first_start_wanted, migrations
from lanh.site.processes.demonstration import _wanted
from lanh.site.settings import Settings

DAYS = [date(2028, 2, 29), date(2027, 3, 1), date(2026, 1, 1), date(2025, 12, 31)]


def _digest(wanted: Wanted) -> str:
    digest = hashlib.sha256()
    for message in messages(generate(wanted.people, wanted.seed, wanted.until)):
        digest.update(message.body)
    return digest.hexdigest()


def test_the_current_day_is_that_of_viet_nam() -> None:
    before = datetime.now(VIETNAM).date()
    assert before <= Wanted().until <= today() <= datetime.now(VIETNAM).date()


def test_what_was_begun_goes_on_with_its_own_day_and_the_same_bytes(
    database: SyncDatabase, database_url: str, tmp_path: Path
) -> None:
    migrations(database_url)
    settings = Settings(tmp_path, people=60, seed=9)
    assert first_start_wanted(database, settings)
    assert _wanted(settings, database) == Wanted(60, 9, today())
    begun = Wanted(60, 9, today() - timedelta(days=3))
    database.transact(set_fact(DEMONSTRATION, {**begun.as_fact(), "complete": False}))
    later = _wanted(Settings(tmp_path, people=500, seed=1), database)
    assert later == begun and first_start_wanted(database, settings)
    assert _digest(later) == _digest(begun) != _digest(Wanted(60, 9, today()))


def test_demo_keeps_the_day_of_its_first_run_of_a_seed(
    database: SyncDatabase, database_url: str
) -> None:
    migrations(database_url)
    first, other = Wanted(20, 3, date(2026, 11, 1)), Wanted(20, 4, date(2026, 11, 2))
    assert _remembered(database, first, told=False) == first
    assert _remembered(database, other, told=False) == other
    assert database.read(fact(DEMONSTRATION))["until"] == "2026-11-01"
    for again, told, expected in (
        (Wanted(20, 3, date(2026, 11, 9)), False, first.until),
        (Wanted(50, 4, date(2026, 11, 9)), False, other.until),
        (Wanted(20, 4, date(2026, 11, 9)), True, date(2026, 11, 9)),
    ):
        kept = _remembered(database, again, told=told)
        assert kept == Wanted(again.people, again.seed, expected)


@pytest.mark.parametrize("until", DAYS)
def test_bands_and_identities_hold_on_any_day(until: date) -> None:
    people = [p for block in generate(1_000, 7, until).blocks() for p in block.people]
    counted = Counter(min(100, p.age_on(until) // 5 * 5) for p in people)
    whole = sum(pyramid().values())
    for band in {band for _, band in pyramid()}:
        both = pyramid()["male", band] + pyramid()["female", band]
        assert abs(counted[band] / len(people) - both / whole) < 0.01, band
    states = Counter(p.state for p in people)
    for state, share in MIX.items():
        assert abs(100 * states[state] / len(people) - share) < 0.5, state
    assert max(p.birth for p in people) < until


@pytest.mark.parametrize("until", DAYS)
def test_messages_of_any_day_are_valid_and_tell_nothing_of_the_future(until: date) -> None:
    midnight = datetime(until.year, until.month, until.day, tzinfo=VIETNAM)
    latest = ""
    for message in messages(generate(400, 7, until)):
        if message.format == "fhir":
            bundle = fhir.loads(message.body)
            assert [i for i in fhir.validate(bundle) if i.severity in ("error", "fatal")] == []
            for entry in bundle["entry"]:
                when = entry["resource"].get("period", {}).get("end", "")
                latest = max(latest, when)
        elif message.format == "claims":
            found = package.read(message.body)
            assert found.episode is not None and not found.episode.refused and not found.issues
            assert found.episode.row.values["NGAY_RA"] < midnight.strftime("%Y%m%d%H%M")
        else:
            for one in read(message.body):
                assert one.header[7][1][:8] <= until.strftime("%Y%m%d")
    assert latest < midnight.isoformat()


def test_who_still_lies_in_hospital_was_admitted_and_not_discharged() -> None:
    told: dict[str, set[str]] = {}
    made = population(MANY)
    number = next(b.number for b in blocks(MANY) if any(e.open for e in b.episodes))
    still = {e.key for e in blocks(MANY)[number].episodes if e.open}
    for message in of_blocks(made, [number]):
        if message.format == "hl7v2":
            for one in read(message.body):
                visit = one.first("PV1")
                assert visit is not None
                told.setdefault(visit[19][1], set()).add(one.kind[1])
    for key, events in told.items():
        assert ("A03" in events) == (key not in still), key
    assert all("A01" in told[key] for key in still)


def test_a_day_before_the_present_communes_is_refused() -> None:
    with pytest.raises(ValueError, match="until"):
        generate(10, 1, date(2025, 6, 30))
