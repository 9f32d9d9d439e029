"""The example forms, all synthetic, and answers to them drawn at random."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from lanh.core.forms import Form, Item, Known, load_form
from lanh.core.text import nfc

EXAMPLES = Path(__file__).parent / "examples"
FILE = {"contentType": "image/jpeg", "url": "Binary/b1", "size": 1200, "title": "x.jpg"}
CODING = {"system": "urn:icd", "code": "A00.0", "display": "Tả"}
KNOWN = Known(
    codes={
        ("urn:set", "urn:icd|A00.0"): CODING,
        ("urn:lanh:values:icd10", "urn:icd|A00.0"): CODING,
    },
    files={"Binary/b1": FILE},
)

Json = dict[str, Any]


@lru_cache
def example(name: str) -> Form:
    """An example form by the name of its file."""
    return load_form(EXAMPLES / f"{name}.yaml")


def texts(lines: bool = False) -> st.SearchStrategy[str]:
    """Texts as people write them, as they are after tidying."""
    signs = st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp"))
    plain = st.text(signs, min_size=1, max_size=20).map(lambda t: nfc(t).strip())
    if lines:
        plain = st.lists(plain, min_size=1, max_size=3).map(lambda p: nfc("\n".join(p)).strip())
    return plain.filter(lambda t: t != "" and nfc(t) == t)


def decimals() -> st.SearchStrategy[Decimal]:
    """Decimals with the zeros that people write."""
    whole = st.integers(-(10**9), 10**9)
    digits = st.text("0123456789", min_size=1, max_size=9)
    return st.builds(lambda w, d: Decimal(f"{w}.{d}"), whole, digits)


def dates() -> st.SearchStrategy[str]:
    """Whole and partial dates."""
    days = st.dates(date(1900, 1, 1), date(2100, 1, 1)).map(str)
    return st.builds(lambda d, n: d[:n], days, st.sampled_from([4, 7, 10]))


def times() -> st.SearchStrategy[str]:
    """Times to the second."""
    return st.times(time(0, 0), time(23, 59, 59)).map(lambda t: t.strftime("%H:%M:%S"))


def values(item: Item) -> st.SearchStrategy[tuple[str, Any]]:
    """Answers to a question."""
    kinds: dict[str, st.SearchStrategy[tuple[str, Any]]] = {
        "boolean": st.tuples(st.just("valueBoolean"), st.booleans()),
        "decimal": st.tuples(st.just("valueDecimal"), decimals()),
        "integer": st.tuples(st.just("valueInteger"), st.integers(-(2**31), 2**31 - 1)),
        "date": st.tuples(st.just("valueDate"), dates()),
        "dateTime": st.tuples(
            st.just("valueDateTime"),
            st.builds(lambda d, t: f"{d}T{t}+07:00", st.dates(date(1900, 1, 1)), times()),
        ),
        "time": st.tuples(st.just("valueTime"), times()),
        "string": st.tuples(st.just("valueString"), texts()),
        "text": st.tuples(st.just("valueString"), texts(lines=True)),
        "url": st.just(("valueUri", "https://example.org/a?b=%20c")),
        "attachment": st.just(("valueAttachment", FILE)),
        "reference": st.just(("valueReference", {"reference": "Patient/p1"})),
    }
    if item.type == "quantity":
        units = item.units or (None,)
        made = st.builds(
            lambda v, u: u.quantity(v) if u is not None else {"value": v},
            decimals(),
            st.sampled_from(units),
        )
        return st.tuples(st.just("valueQuantity"), made)
    if item.options:
        return st.sampled_from([(option.key, option.value) for option in item.options])
    return kinds.get(item.type, st.just(("valueCoding", CODING)))


@st.composite
def items_of(draw: st.DrawFn, items: tuple[Item, ...]) -> list[Json]:
    """The items of a response at one level, as a person may answer."""
    made: list[Json] = []
    for item in items:
        if item.type == "display" or item.read_only or item.hidden:
            continue
        count = draw(st.integers(0, 2 if item.repeats else 1))
        if item.is_group:
            for _ in range(count):
                inner = draw(items_of(item.items))
                if inner:
                    made.append({"linkId": item.link_id, "item": inner})
            continue
        several = [draw(values(item)) for _ in range(count)]
        if item.options:
            several = [v for n, v in enumerate(several) if v not in several[:n]]
        answers = []
        for key, value in several:
            inner = draw(items_of(item.items))
            answers.append({key: value} | ({"item": inner} if inner else {}))
        if answers:
            made.append({"linkId": item.link_id, "answer": answers})
    return made


def responses(form: Form) -> st.SearchStrategy[Json]:
    """Responses to a form."""
    head = {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": form.canonical,
        "status": "in-progress",
    }
    return items_of(form.items).map(lambda items: {**head, **({"item": items} if items else {})})
