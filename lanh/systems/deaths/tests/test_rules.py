"""Rules of the notice by themselves: an answer about age beside the dates."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lanh.systems.deaths.rules import judge
from lanh.systems.deaths.tests.scene import NOW


def _notice(born: date, died: date, infant: bool) -> dict[str, Any]:
    def item(name: str, **answer: Any) -> dict[str, Any]:
        return {"linkId": name, "answer": [answer]}

    death = [
        item("died", valueDateTime=f"{died}T07:15:00+07:00"),
        item("infant", valueBoolean=infant),
    ]
    return {
        "resourceType": "QuestionnaireResponse",
        "item": [
            {"linkId": "deceased", "item": [item("born", valueDate=str(born))]},
            {"linkId": "death", "item": death},
        ],
    }


@given(
    st.dates(date(1920, 1, 1), NOW.date() - timedelta(days=800)),
    st.integers(0, 800),
    st.booleans(),
)
def test_an_answer_about_a_child_under_one_year_is_held_to_the_dates(
    born: date, days: int, infant: bool
) -> None:
    died = born + timedelta(days=days)
    found = {each.code for each in judge(_notice(born, died, infant), {"now": NOW})}
    birthday_of_a_leap_day = (born.month, born.day) == (2, 29)
    first = date(born.year + 1, 3, 1) if birthday_of_a_leap_day else born.replace(born.year + 1)
    assert ("infant-differs" in found) == (infant != (died < first))
