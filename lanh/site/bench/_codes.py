"""Codes offered for what is typed, of a value set of the size of ICD-10, to somebody with as many
recent codes as are remembered. The goal is 100 ms, whatever is typed."""

from __future__ import annotations

from datetime import date

from lanh.core import forms, terminology
from lanh.core.database import SyncDatabase
from lanh.core.terminology import CodeSystem, Concept, Terminology
from lanh.core.text import Words
from lanh.site.bench import Figure
from lanh.site.bench._measure import latencies, percentile

CODES = 15_000
_SYSTEM, _SET = "urn:lanh:bench:diseases", "urn:lanh:bench:values:diseases"
_DAY = date(2026, 3, 20)
_WHERE = ("phổi", "gan", "thận", "dạ dày", "da", "tim", "mắt", "tai", "não", "ruột non")
_WHAT = ("Viêm", "U lành", "U ác", "Nhiễm trùng", "Chấn thương", "Dị tật", "Rối loạn", "Loét")
_TEXTS = ("", "v", "viem", "viem phoi", "C3", "C34.1", "ac gan type", "khong co", "u ac da day 7")
_TIMES = 5


def _concept(number: int) -> Concept:
    code = f"{chr(65 + number // 1000)}{number // 10 % 100:02}.{number % 10}"
    where, what = _WHERE[number % 10], _WHAT[number // 10 % 8]
    return Concept(code, Words(f"{what} {where}, thể {number}", f"Disease {number}"))


def suggestions(database: SyncDatabase) -> Figure:
    """The median and the slowest of all texts; the first one waits for the list to be laid out."""
    concepts = [_concept(number) for number in range(CODES)]
    title = Words("Bệnh", "Diseases")
    diseases = CodeSystem(
        _SYSTEM, "diseases", "1", title, date(2020, 1, 1), "complete", concepts, value_set=_SET
    )
    database.transact(terminology.load(diseases, _DAY))
    port = Terminology()
    step = CODES // forms.MOST_PICKS
    picks = [(_SET, f"{_SYSTEM}|{c.code}") for c in concepts[::step]]
    database.transact(forms.note_picks("person:bench", picks))

    def ask(number: int) -> None:
        text = _TEXTS[number % len(_TEXTS)]
        database.transact(forms.suggest(port, "person:bench", _SET, text, on=_DAY))

    first = sum(latencies(ask, 2))
    found = latencies(ask, _TIMES * len(_TEXTS))
    return Figure(
        "suggest_code", p50_ms=percentile(found, 0.5), p99_ms=max(found),
        baseline=f"{CODES:,} codes, {len(picks)} recent; the first after a start {first:.0f} ms",
    )  # fmt: skip
