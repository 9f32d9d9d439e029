"""`_summary` and `_elements` on whatever answers with resources."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

from lanh.core import fhir
from lanh.core.api.fhir.call import Call
from lanh.core.api.fhir.exchange import Refused, preference


@dataclass(frozen=True, slots=True)
class Shape:
    """Turns the bytes of a resource into those of the part that is asked for.

    Elements may be named for one type (`Patient.name`); those named alone belong to the type that
    the request is about, so that rows included with it stay whole.
    """

    kind: str | None
    summary: fhir.SummaryKind | None
    elements: tuple[tuple[str | None, str], ...] = ()

    def __call__(self, body: bytes) -> bytes:
        """The part of a resource."""
        resource = fhir.loads(body)
        own = resource.get("resourceType")
        if self.summary is not None:
            return fhir.dumps(fhir.summarised(resource, self.summary))
        names = {name for kind, name in self.elements if (kind or self.kind or own) == own}
        return fhir.dumps(fhir.with_elements(resource, names)) if names else body


def shape_of(call: Call, kind: str | None) -> Callable[[bytes], bytes] | None:
    """The shape that a call asks for; None for whole resources. Raises Refused.

    An element that the type does not have is refused, or passed over in lenient handling.
    """
    if "_summary" not in call.query and "_elements" not in call.query:
        return None
    return read_shape(
        kind,
        [value for name, value in call.all_pairs if name == "_summary"],
        [value for name, value in call.all_pairs if name == "_elements"],
        lenient=preference(call, "handling") == "lenient",
    )


def read_shape(
    kind: str | None, summaries: list[str], elements: list[str], *, lenient: bool
) -> Shape | None:
    """The shape of parameter values; `_summary=count` and `false` ask for none. Raises Refused."""
    summary = summaries[-1] if summaries else "false"
    if summary in get_args(fhir.SummaryKind):
        if elements:
            raise Refused(400, "invalid", "summary_and_elements")
        return Shape(kind, summary)  # type: ignore[arg-type]
    if summary not in ("count", "false"):
        raise Refused(400, "value", "bad_summary", value=summary[:40])
    names = [name.strip() for value in elements for name in value.split(",") if name.strip()]
    if not names:
        return None
    wanted: list[tuple[str | None, str]] = []
    for name in names:
        owner, dot, own = name.rpartition(".")
        if lenient or _known(owner or kind, own):
            wanted.append((owner if dot else None, own))
        else:
            raise Refused(400, "value", "bad_element", name=name[:100], type=owner or kind or "*")
    return Shape(kind, None, tuple(wanted))


def _known(kind: str | None, name: str) -> bool:
    if kind is None:
        return True
    return kind in fhir.RESOURCE_TYPES and fhir.has_element(kind, name)
