"""Safe markup: what is text is escaped once, what is markup is a type of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import TypeAlias

_VOID = frozenset({"br", "circle", "col", "hr", "img", "input", "line", "meta", "path", "use"})


class Html(str):
    """Markup that is safe to send. Template engines know it by `__html__`."""

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)


Child: TypeAlias = "str | Html | int | Iterable[str | Html | None] | None"
Attribute: TypeAlias = "str | int | float | bool | None"

NOTHING = Html("")


def text(value: object) -> Html:
    """A value as markup: escaped, unless it is markup already."""
    return value if isinstance(value, Html) else Html(escape(str(value), quote=True))


def _children(children: Iterable[Child]) -> Iterable[str]:
    for child in children:
        if child is None:
            continue
        if isinstance(child, str | int):
            yield text(child)
        else:
            yield from _children(child)


def join(*children: Child) -> Html:
    """Children one after another; None is left out."""
    return Html("".join(_children(children)))


def _attributes(attributes: Mapping[str, Attribute]) -> str:
    parts: list[str] = []
    for name, value in attributes.items():
        if value is None or value is False:
            continue
        key = name.rstrip("_").replace("_", "-")
        parts.append(f" {key}" if value is True else f' {key}="{escape(str(value), quote=True)}"')
    return "".join(parts)


def tag(name: str, /, *children: Child, **attributes: Attribute) -> Html:
    """An element. `class_` and `for_` lose their underscore, others turn it into a hyphen.

    An attribute that is None or False is left out; one that is True stands without a value.
    """
    start = f"<{name}{_attributes(attributes)}"
    # SVG inside HTML is closed only by its slash.
    return Html(f"{start}/>" if name in _VOID else f"{start}>{join(*children)}</{name}>")


def classes(*names: str | bool | None) -> str | None:
    """Class names in one attribute; None where there is none."""
    kept = [name for name in names if isinstance(name, str) and name]
    return " ".join(kept) or None
