"""A page has everything that a renderer needs, and sends back what it showed."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings

from lanh.core.forms import Tree, judge, open_form, page_of, read_fields
from lanh.core.forms.page import Block
from lanh.core.forms.tests.forms import KNOWN, example, responses

SLOW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def sent(blocks: tuple[Block, ...]) -> dict[str, list[str]]:
    """The fields that a browser sends of a page as it is shown."""
    made: dict[str, list[str]] = {}
    for block in blocks:
        for row in block.rows:
            if row.row_name is not None:
                made[row.row_name] = ["1"]
            made |= sent(row.blocks)
        for field in block.fields:
            if not block.read_only:
                made[field.name] = list(field.values)
                if field.unit_name is not None:
                    made[field.unit_name] = [u.value for u in field.units if u.chosen]
                if field.other_name is not None:
                    made[field.other_name] = [field.other]
            made |= sent(field.below)
    return made


@SLOW
@given(responses(example("every_type")))
def test_a_page_sends_back_what_it_showed(response: dict[str, Any]) -> None:
    form = example("every_type")
    tree = Tree(form, response)
    tree.settle()
    page = page_of(tree, "vi")
    received = read_fields(form, sent(page.blocks), known=KNOWN)
    assert received.problems == ()
    assert received.response.get("item") == tree.response().get("item")


def test_a_page_shows_faults_and_what_was_typed() -> None:
    fields = {
        "q/ward:0/planned/planned-beds": ["một"],
        "q/ward:0/ward-kind": ["urn:lanh:ward|K02"],
        "q/ward:1#row": ["1"],
    }
    received = read_fields(example("ward_beds"), fields)
    summary = judge(received.tree, read=received.problems)
    page = page_of(received.tree, "vi", summary=summary, raw=received.raw)
    assert page.heading and ("q/period/day", "Ngày báo cáo: cần trả lời.") in page.faults
    ward = next(block for block in page.blocks if block.item.link_id == "ward")
    assert [row.name for row in ward.rows] == ["q/ward:0", "q/ward:1"]
    assert ward.next_name == "q/ward:2" and ward.required and ward.rows[0].removable
    kind, planned, *_ = ward.rows[0].blocks
    assert [(c.label, c.chosen) for c in kind.fields[0].choices][1] == ("Nội", True)
    beds = planned.rows[0].blocks[0].fields[0]
    assert beds.values == ("một",) and "không phải là số nguyên" in beds.faults[0]
    total = page.blocks[-1]
    assert total.read_only and total.fields[0].words == ("0",)


def test_hidden_and_unasked_items_are_left_out() -> None:
    tree = open_form(example("death_notice"))
    page = page_of(tree, "en")
    links = [block.item.link_id for block in page.blocks]
    assert links == ["who", "line", "paper", "note"]
    who, line, paper, note = page.blocks
    assert "id" not in [block.item.link_id for block in who.rows[0].blocks]
    assert note.kind == "display" and note.label == "For tests, of no real person."
    born = next(b for b in who.rows[0].blocks if b.item.link_id == "born")
    assert (born.format, born.required) == ("day/month/year", True)
    cause = line.rows[0].blocks[0]
    assert (cause.control, cause.search) == ("autocomplete", "urn:lanh:values:icd10")
    assert not line.rows[0].removable and paper.bounds.most_bytes == 5_000_000
