"""Forms of every installed system can be drawn in both languages: names and ids stand once."""

from __future__ import annotations

from collections import Counter

import pytest
from lxml import html

import lanh.systems
from lanh.core.forms import Form, open_form, page_of
from lanh.core.text import Language
from lanh.core.web.desk import blocks
from lanh.core.web.desk.drawing import Drawing
from lanh.kit import desks_of

FORMS = {f"{desk.key}/{form.key}": form.form for desk in desks_of(lanh.systems)
         for form in desk.forms}  # fmt: skip


@pytest.mark.parametrize("name", sorted(FORMS))
@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_form_is_drawn_with_every_label_and_no_id_twice(name: str, language: Language) -> None:
    form: Form = FORMS[name]
    page = page_of(open_form(form), language)
    drawn = blocks.blocks(page.blocks, Drawing(language, "/x/drafts/y"))
    tree = html.fromstring(f"<main>{drawn}</main>")
    ids = Counter(str(each.get("id")) for each in tree.iter() if each.get("id"))
    assert [each for each, count in ids.items() if count > 1] == []
    labelled = {each.get("for") for each in tree.iter("label")}
    for control in tree.iter("input", "select", "textarea"):
        if control.get("type") != "hidden":
            named = control.get("id") in labelled or control.get("aria-label")
            assert named, control.get("name")
