"""The parameters of an operation: of the query, of a Parameters resource, or a bare resource."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from lanh.core.api.fhir.call import Call
from lanh.core.api.fhir.exchange import Refused


@dataclass(slots=True)
class Given:
    """Values by name, in order; `resource` is the resource that came as a parameter or alone."""

    values: dict[str, list[Any]] = field(default_factory=dict)
    resource: dict[str, Any] | None = None

    def text(self, name: str) -> str | None:
        """The value of a parameter as text. Raises Refused where it is given twice or no text."""
        found = self.values.get(name, [])
        if not found:
            return None
        if len(found) > 1 or not isinstance(found[0], str | int):
            raise Refused(400, "value", "bad_parameter", name=name)
        if isinstance(found[0], bool):
            return "true" if found[0] else "false"
        return str(found[0])

    def texts(self, name: str) -> list[str]:
        """All values of a parameter, cut at commas."""
        return [
            part
            for value in self.values.get(name, [])
            if isinstance(value, str)
            for part in value.split(",")
            if part
        ]

    def number(self, name: str, default: int, most: int) -> int:
        """A whole number from 1 to `most`. Raises Refused."""
        text = self.text(name)
        if text is None:
            return default
        if not (text.isascii() and text.isdigit()) or len(text) > 9 or int(text) < 1:
            raise Refused(400, "value", "bad_parameter", name=name)
        return min(int(text), most)

    def truth(self, name: str) -> bool:
        """A boolean, false where it is not given. Raises Refused."""
        text = self.text(name)
        if text not in (None, "true", "false"):
            raise Refused(400, "value", "bad_parameter", name=name)
        return text == "true"


async def given(call: Call) -> Given:
    """The parameters of a call. Raises Refused, fhir.ParseError."""
    found = Given()
    for name, value in call.all_pairs:
        found.values.setdefault(name, []).append(value)
    if call.method != "POST" or not await _has_body(call):
        return found
    resource = await call.resource()
    if resource.get("resourceType") != "Parameters":
        found.resource = resource
        return found
    rows = resource.get("parameter")
    for row in rows if isinstance(rows, list) else ():
        if not isinstance(row, dict) or not isinstance(row.get("name"), str):
            raise Refused(400, "structure", "bad_parameter", name="name")
        if isinstance(row.get("resource"), dict):
            if found.resource is not None:
                raise Refused(400, "structure", "bad_parameter", name=row["name"])
            found.resource = row["resource"]
            continue
        content = next((v for k, v in row.items() if k.startswith("value")), None)
        found.values.setdefault(row["name"], []).append(content)
    return found


async def _has_body(call: Call) -> bool:
    if call.request is None:
        return call.inline is not None
    length = call.headers.get("content-length", "")
    return length not in ("", "0") or "transfer-encoding" in call.headers
