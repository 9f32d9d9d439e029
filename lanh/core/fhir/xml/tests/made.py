"""Resources drawn at random from the definitions, for properties that hold for any of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.xml.fields import Field, fields

# Characters that XML can hold, blanks and markup among them.
TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
    | st.sampled_from('\t\n\r<>&"\u1ea1\u0301'),
    min_size=1,
    max_size=12,
)
_DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=None).filter(
    lambda number: number.is_finite() and len(str(number)) < 60
)
_NUMBERS = st.integers(-(2**31), 2**31 - 1)
_DIV = '<div xmlns="http://www.w3.org/1999/xhtml"><p title="a&gt;b">%s</p><br/></div>'


def _exact(number: Decimal) -> Any:
    """A decimal as JSON would give it: whole where it is written without point and exponent."""
    text = str(number)
    return int(text) if text.lstrip("-").isdigit() else number


def _primitive(code: str) -> st.SearchStrategy[Any]:
    if code == "boolean":
        return st.booleans()
    if code in ("integer", "unsignedInt", "positiveInt"):
        return _NUMBERS
    if code == "decimal":
        return _DECIMALS.map(_exact)
    if code in ("date", "dateTime", "instant", "time"):
        return st.sampled_from(["2026", "2026-01-31T08:30:00.100+07:00", "08:30:00"])
    return TEXTS


@st.composite
def _element(draw: st.DrawFn, type_name: str, budget: int) -> dict[str, Any]:
    """A value of a complex type with at least one element in it."""
    known = list(fields(type_name).values())
    simple = [each for each in known if each.form in ("primitive", "attribute")]
    pool = simple if budget <= 0 else known
    data: dict[str, Any] = {}
    if budget > 0 or simple:
        for chosen in draw(st.lists(st.sampled_from(pool), min_size=1, max_size=4, unique=True)):
            if any(fields(type_name)[key.lstrip("_")].order == chosen.order for key in data):
                continue
            _fill(draw, data, chosen, budget)
    if not data:
        data["id"] = "x"
    return data


def _fill(draw: st.DrawFn, data: dict[str, Any], chosen: Field, budget: int) -> None:
    if chosen.form == "attribute":
        data[chosen.name] = draw(TEXTS)
    elif chosen.form == "xhtml":
        data["div"] = _DIV % draw(st.sampled_from(["x", "Nguyễn &#160;", "<b>a</b>&amp;"]))
    elif chosen.form == "resource":
        inner = draw(resources(budget - 2))
        data[chosen.name] = [inner] if chosen.many else inner
    elif chosen.form == "complex":
        count = draw(st.integers(1, 2)) if chosen.many else 1
        values = [draw(_element(chosen.type, budget - 1)) for _ in range(count)]
        data[chosen.name] = values if chosen.many else values[0]
    else:
        _fill_primitive(draw, data, chosen)


def _fill_primitive(draw: st.DrawFn, data: dict[str, Any], chosen: Field) -> None:
    values = _primitive(chosen.type)
    beside = st.just({"id": "a"}) | st.just({"extension": [{"url": "urn:e", "valueBoolean": True}]})
    if not chosen.many:
        kind = draw(st.sampled_from(["value", "beside", "both"]))
        if kind != "beside":
            data[chosen.name] = draw(values)
        if kind != "value" and chosen.name != "id":
            data["_" + chosen.name] = draw(beside)
        data.setdefault(chosen.name, draw(values)) if chosen.name == "id" else None
        return
    pairs = draw(
        st.lists(
            st.tuples(st.none() | values, st.none() | beside).filter(any_given),
            min_size=1,
            max_size=3,
        )
    )
    if any(value is not None for value, _ in pairs):
        data[chosen.name] = [value for value, _ in pairs]
    if any(other is not None for _, other in pairs):
        data["_" + chosen.name] = [other for _, other in pairs]


def any_given(pair: tuple[Any, Any]) -> bool:
    """Whether a value or what stands beside it is there."""
    return pair[0] is not None or pair[1] is not None


@st.composite
def resources(draw: st.DrawFn, budget: int = 3) -> dict[str, Any]:
    """A resource of any type, of the right structure though not of valid values throughout."""
    name = draw(st.sampled_from(sorted(definitions().resource_types)))
    return {"resourceType": name, **draw(_element(name, budget))}
