"""What the tests of desks do on a form's page, as a browser without script does it."""

from __future__ import annotations

from collections.abc import Callable

from lxml import html

from lanh.core.desks import Desk
from lanh.core.web.tests.conftest import Browser

Open = Callable[[Desk], Browser]
ANSWERS = {
    "q/place/title": "Tả, Bản Thử, 2026",
    "q/place/day": "05/03/2026",
    "q/disease/level": "urn:level|high",
    "q/disease/code": "urn:icd|A00",
    "find.q/disease/code": "A00 Bệnh tả",
    "was.q/disease/code": "A00 Bệnh tả",
    "q/ward:0#row": "1",
    "q/ward:0/village": "Bản Thử",
    "q/ward:0/ill": "12",
    "q/ward:0/dead": "1",
}


def value(browser: Browser, name: str) -> str:
    found = browser.tree.xpath(f"//form[@id='entry']//*[@name='{name}']")
    chosen = [each for each in found if each.get("checked") is not None] or found
    if not chosen:
        return ""
    if chosen[0].tag == "textarea":
        return (chosen[0].text or "").lstrip("\n")
    return str(chosen[0].get("value", ""))


def fields_of(form: html.HtmlElement) -> dict[str, list[str]]:
    """What a browser sends of a form, buttons and files apart."""
    made: dict[str, list[str]] = {}
    for each in form.xpath(".//input[@name] | .//select[@name] | .//textarea[@name]"):
        kind = each.get("type")
        if kind == "file" or (kind in ("checkbox", "radio") and each.get("checked") is None):
            continue
        held = str(each.get("value") or "")
        if each.tag == "textarea":
            held = (each.text or "").lstrip("\n")
        if each.tag == "select":
            chosen = each.xpath("./option[@selected]/@value")
            held = str(chosen[0]) if chosen else ""
        made.setdefault(str(each.get("name")), []).append(held)
    return made


def press(browser: Browser, act: str, **fields: str) -> Browser:
    """Send the form that is shown as a browser without script would: all its fields, one act."""
    form = browser.tree.get_element_by_id("entry")
    sent = fields_of(form)
    sent |= {name: [held] for name, held in fields.items()} | {"act": [act]}
    where = (
        f"{form.get('action').rpartition('/')[0]}/{'send' if act in ('send', 'check') else 'save'}"
    )
    browser.page = browser.client.post(where, data=sent, follow_redirects=True)
    return browser


def begun(browser: Browser) -> Browser:
    browser.get("/outbreaks/forms/report")
    assert browser.page.status_code == 200
    return browser


def sent(browser: Browser, **fields: str) -> str:
    press(begun(browser), "send", **{**ANSWERS, **fields})
    assert "/records/" in browser.path, browser.text
    return browser.path


def faults(browser: Browser) -> list[str]:
    return [str(link.text_content()) for link in browser.tree.xpath("//*[@id='faults']//a")]
