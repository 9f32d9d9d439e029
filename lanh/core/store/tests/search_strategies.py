"""Random rows and random searches of the reference model's world, each search with its meaning."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st

from lanh.core.store.tests import reference_model as model
from lanh.core.store.tests.reference_model import Answers

UCUM = "http://unitsofmeasure.org"
FACILITIES = ("97001", "97002")
HERE = frozenset({"97001"})
EVERYWHERE = frozenset(FACILITIES)
Asked = tuple[str, Answers]

families = st.sampled_from(["Nguyễn", "Đặng", "Nguyên"])
givens = st.sampled_from(["An", "Ân", "Hà", "Văn An"])
systems = st.sampled_from(["urn:a", "urn:b", ""])
codes = st.sampled_from(["1", "2"])
dates = st.sampled_from(list(model.DATES))
prefixes = st.sampled_from(["eq", "ne", "gt", "lt", "ge", "le", "sa", "eb"])
units = st.sampled_from(list(model.UNITS))
numbers = st.sampled_from(["1.8", "180", "1800", "2"])
places = st.integers(0, 2)


def _coding(system: str, code: str) -> dict[str, str]:
    return {"system": system, "code": code} if system else {"code": code}


concepts = st.lists(st.builds(_coding, systems, codes), min_size=1, max_size=2).map(
    lambda found: {"coding": found}
)
quantities = st.builds(
    lambda v, u: {"value": Decimal(v), "unit": u, "system": UCUM, "code": u}, numbers, units
)


def _bare(**properties: Any) -> dict[str, Any]:
    return {key: value for key, value in properties.items() if value is not None}


def _reference(kind: str, optional: bool = True) -> Any:
    found = places.map(lambda at: {"reference": f"{kind}/{kind[0].lower()}{at}"})
    return st.none() | found if optional else found


@st.composite
def patients(draw: Any) -> dict[str, Any]:
    number = {"value": draw(codes)}
    system = draw(systems)
    return _bare(
        resourceType="Patient",
        identifier=[{"system": system, **number} if system else number],
        name=[{"family": draw(families), "given": [draw(givens)]}],
        gender=draw(st.sampled_from(["male", "female", None])),
        birthDate=draw(st.sampled_from(["2024", "2024-02", "2024-02-29", None])),
    )


@st.composite
def _encounters(draw: Any) -> dict[str, Any]:
    start, end = draw(dates), draw(dates)
    if model.DATES[start][0] > model.DATES[end][1]:
        start, end = end, start
    period = draw(st.sampled_from([{"start": start}, {"end": end}, {"start": start, "end": end}]))
    return _bare(
        resourceType="Encounter",
        status=draw(st.sampled_from(["planned", "finished"])),
        **{"class": {"code": "AMB"}},
        subject=draw(_reference("Patient")),
        period=draw(st.sampled_from([period, None])),
    )


@st.composite
def _observations(draw: Any) -> dict[str, Any]:
    component = st.builds(lambda c, q: {"code": c, "valueQuantity": q}, concepts, quantities)
    components = draw(st.lists(component, max_size=2))
    return _bare(
        resourceType="Observation",
        status=draw(st.sampled_from(["final", "amended"])),
        code=draw(concepts),
        subject=draw(_reference("Patient")),
        encounter=draw(_reference("Encounter")),
        effectiveDateTime=draw(dates),
        valueQuantity=draw(st.none() | quantities),
        component=components or None,
    )


BODIES = {"Patient": patients(), "Encounter": _encounters(), "Observation": _observations()}
kinds = st.sampled_from(list(BODIES))
# A step: a body to put or None to delete, at one of three places of its type.
steps = st.lists(
    kinds.flatmap(
        lambda kind: st.tuples(
            st.just(kind), places, st.none() | BODIES[kind] | BODIES[kind],
            st.sampled_from(FACILITIES),
        )
    ),
    min_size=1,
    max_size=14,
)  # fmt: skip


def _tokens(name: str, path: str) -> Any:
    wanted = st.one_of(
        codes,
        st.builds(lambda s, c: f"{s}|{c}", systems, codes),
        st.sampled_from(["urn:a|", "urn:b|"]),
    )
    plain = wanted.map(lambda w: (f"{name}={quote(w)}", model.token(path, w)))
    negative = wanted.map(lambda w: (f"{name}:not={quote(w)}", model.token(path, w, negative=True)))
    several = st.tuples(wanted, wanted).map(
        lambda w: (f"{name}={quote(w[0])},{quote(w[1])}",
                   model.either(model.token(path, w[0]), model.token(path, w[1])))
    )  # fmt: skip
    return plain | negative | several


def _plain(name: str, path: str, values: list[str]) -> Any:
    return st.sampled_from(values).map(lambda v: (f"{name}={v}", model.token(path, v)))


def _missing(name: str, path: str) -> Any:
    return st.booleans().map(lambda v: (f"{name}:missing={str(v).lower()}", model.missing(path, v)))


def _dates(name: str, *paths: str) -> Any:
    return st.tuples(prefixes, dates).map(
        lambda w: (f"{name}={w[0]}{quote(w[1])}", model.date(paths, *w))
    )


measures = st.tuples(prefixes | st.just("ap"), numbers, st.none() | units)


def _measure(prefix: str, text: str, unit: str | None) -> str:
    return f"{prefix}{text}" if unit is None else f"{prefix}{text}|{UCUM}|{unit}"


def measurements(name: str, path: str) -> Any:
    return measures.map(lambda w: (f"{name}={quote(_measure(*w))}", model.quantity(path, *w)))


def composites(name: str, context: str) -> Any:
    return st.tuples(codes, measures).map(
        lambda w: (f"{name}={quote(f'{w[0]}${_measure(*w[1])}')}",
                   model.composite(context, w[0], *w[1]))
    )  # fmt: skip


def _names() -> Any:
    texts = st.sampled_from(["nguyen", "Nguyễn", "dang", "an", "ha", "van", "ă", "uyen"])
    parts = {"name": ("family", "given"), "family": ("family",), "given": ("given",)}
    begins = st.tuples(st.sampled_from(list(parts)), texts).map(
        lambda w: (f"{w[0]}={quote(w[1])}", model.name_begins(parts[w[0]], w[1]))
    )
    exact = st.tuples(st.sampled_from(["family", "given"]), families | givens).map(
        lambda w: (f"{w[0]}:exact={quote(w[1])}", model.name_exact(w[0], w[1]))
    )
    return begins | exact


def _refers(name: str, path: str, kind: str) -> Any:
    return places.map(
        lambda at: (f"{name}={kind}/{kind[0].lower()}{at}",
                    model.refers(path, f"{kind}/{kind[0].lower()}{at}"))
    )  # fmt: skip


def _chains(name: str, path: str, kind: str, then: Any) -> Any:
    return then.map(lambda w: (f"{name}.{w[0]}", model.chain(path, kind, w[1])))


def _has(own: str, kind: str, name: str, path: str, then: Any) -> Any:
    return then.map(lambda w: (f"_has:{kind}:{name}:{w[0]}", model.has(own, kind, path, w[1])))


def _queries(depth: int) -> dict[str, Any]:
    """One parameter of each type, with chains up to a depth."""
    found = {
        "Patient": st.one_of(
            _names(), _tokens("identifier", "identifier"),
            _plain("gender", "gender", ["male", "female"]), _missing("gender", "gender"),
            _missing("birthdate", "birthDate"), _dates("birthdate", "birthDate"),
        ),
        "Encounter": st.one_of(
            _plain("status", "status", ["planned", "finished"]), _dates("date", "period"),
            _refers("patient", "subject", "Patient"), _missing("subject", "subject"),
        ),
        "Observation": st.one_of(
            _tokens("code", "code"), _plain("status", "status", ["final", "amended"]),
            _dates("date", "effectiveDateTime"), _refers("subject", "subject", "Patient"),
            _refers("encounter", "encounter", "Encounter"), _missing("encounter", "encounter"),
            measurements("value-quantity", "valueQuantity"),
            measurements("component-value-quantity", "component.valueQuantity"),
            _tokens("component-code", "component.code"),
            composites("code-value-quantity", ""),
            composites("component-code-value-quantity", "component"),
        ),
    }  # fmt: skip
    if depth == 0:
        return found
    inner = _queries(depth - 1)
    patient, visit = inner["Patient"], inner["Encounter"]
    measured = inner["Observation"]
    return {
        "Patient": found["Patient"]
        | _has("Patient", "Observation", "patient", "subject", measured)
        | _has("Patient", "Encounter", "subject", "subject", visit),
        "Encounter": found["Encounter"]
        | _chains("patient", "subject", "Patient", patient)
        | _has("Encounter", "Observation", "encounter", "encounter", measured),
        "Observation": found["Observation"]
        | _chains("subject:Patient", "subject", "Patient", patient)
        | _chains("patient", "subject", "Patient", patient)
        | _chains("encounter", "encounter", "Encounter", visit),
    }


QUERIES = _queries(2)
asked = kinds.flatmap(
    lambda kind: st.tuples(st.just(kind), st.lists(QUERIES[kind], min_size=1, max_size=2))
)


_often = _queries(0)
LINKED = st.one_of(
    _chains("patient", "subject", "Patient", _often["Patient"]).map(lambda w: ("Encounter", *w)),
    _chains("subject:Patient", "subject", "Patient", _often["Patient"]).map(
        lambda w: ("Observation", *w)
    ),
    _chains("encounter", "encounter", "Encounter", _often["Encounter"]).map(
        lambda w: ("Observation", *w)
    ),
    _has("Patient", "Encounter", "subject", "subject", _often["Encounter"]).map(
        lambda w: ("Patient", *w)
    ),
    _has("Encounter", "Observation", "encounter", "encounter", _often["Observation"]).map(
        lambda w: ("Encounter", *w)
    ),
)
full_worlds = st.tuples(
    *(
        st.tuples(st.just(kind), st.just(at), BODIES[kind], st.sampled_from(FACILITIES))
        for kind in BODIES
        for at in range(3)
    )
)


@st.composite
def panels(draw: Any) -> dict[str, Any]:
    """Observations of two or three components, whose codes and values could be crossed."""
    component = st.builds(
        lambda c, q: {"code": {"coding": [_coding("urn:a", c)]}, "valueQuantity": q},
        codes,
        quantities,
    )
    found = draw(_observations())
    return {**found, "component": draw(st.lists(component, min_size=2, max_size=3))}
