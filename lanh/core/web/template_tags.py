"""What templates may call: words in the reader's language, icons, addresses of static files."""

from __future__ import annotations

from typing import Any

from django import template

from lanh.core import ui
from lanh.core.web.assets import href
from lanh.core.web.words import WORDS

register = template.Library()


@register.simple_tag(takes_context=True)
def say(context: Any, key: str, **parameters: Any) -> str:
    """A text by its key, in the page's language."""
    return WORDS[key].say(context["language"], **parameters)


@register.simple_tag
def icon(name: str) -> ui.Html:
    """An icon by its name."""
    return ui.icon(name)


@register.simple_tag
def static(name: str) -> str:
    """The address of a static file; it changes with the content."""
    return href(name)
