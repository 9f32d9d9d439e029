"""What a person's page offers to begin: by role, about the own facility's Patient, hidden ids."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import httpx
import pytest

from lanh.core.access import Access, Everything, Grant, Purpose, Subject
from lanh.core.database import SyncDatabase
from lanh.core.desks import Desk
from lanh.core.store import Context, Store, Write
from lanh.core.web.tests.conftest import Browser
from lanh.core.web.tests.fakes import RECORDS
from lanh.core.web.tests.sink import ALL, DESK, REPORTERS

At = Callable[[Desk], Browser]
ABOUT = replace(
    DESK, forms=tuple(replace(form, about="Patient", roles=REPORTERS) for form in DESK.forms)
)


def offered(browser: Browser) -> dict[str, str]:
    """Titles of the forms on the page, with the handle that each would be sent."""
    forms = browser.tree.xpath("//section[@aria-labelledby='h-begin']//form")
    return {
        " ".join(form.text_content().split()): form.xpath(".//input[@name='about']/@value")[0]
        for form in forms
    }


def _patient(database: SyncDatabase) -> None:
    """Patient/patient-a as facility 99001 keeps it."""
    body: Mapping[str, Any] = next(r for r in RECORDS if r.id == "patient-a").resource
    grant = Grant("nurse", ALL, None, Everything())
    access = Access(
        Subject("person", "u-nurse", "Lò Thị Mai"), Purpose.OPERATIONS, (grant,), facility="99001"
    )
    write = Write("update", "Patient", "patient-a", dict(body))
    database.transact(Store().write([write], Context(access)))


@pytest.fixture
def person(at: At, database: SyncDatabase) -> Browser:
    _patient(database)
    browser = at(ABOUT).sign_in("nurse")
    browser.open_person()
    return browser


def test_a_form_about_a_person_is_begun_from_their_page(person: Browser) -> None:
    ((title, handle),) = offered(person).items()
    assert title == ABOUT.forms[0].form.title.vi
    person.post("/outbreaks/forms/report", about=handle)
    assert person.path.startswith("/outbreaks/drafts/"), person.text
    draft = person.path
    person.open_person()
    person.post("/outbreaks/forms/report", about=offered(person)[title])
    assert person.path == draft


def test_no_address_and_no_page_names_the_patient(person: Browser) -> None:
    assert "patient-a" not in person.page.text
    assert "patient-b" not in person.page.text
    (handle,) = offered(person).values()
    assert handle.startswith("~")
    person.post("/outbreaks/forms/report", about="Patient/patient-a")
    assert person.page.status_code == 404


def test_a_handle_of_another_session_opens_nothing(person: Browser) -> None:
    (handle,) = offered(person).values()
    person.sign_in("nurse")
    person.get("/outbreaks/")
    person.post("/outbreaks/forms/report", about=handle)
    assert person.page.status_code == 404


def test_the_offer_is_said_in_english(person: Browser) -> None:
    person.post("/language", language="en", next=person.path)
    assert list(offered(person)) == [ABOUT.forms[0].form.title.en]
    assert "Begin for this person" in person.text


@pytest.mark.parametrize(
    "desk",
    [
        DESK,
        replace(ABOUT, roles=frozenset({"steward"})),
        replace(ABOUT, forms=tuple(replace(f, roles=frozenset()) for f in ABOUT.forms)),
        replace(ABOUT, forms=tuple(replace(f, about="Location") for f in ABOUT.forms)),
        replace(ABOUT, forms=tuple(replace(f, in_menu=False) for f in ABOUT.forms)),
    ],
    ids=["about-nobody", "not-at-the-desk", "no-role", "about-a-place", "not-in-menus"],
)
def test_what_is_not_for_the_visitor_is_not_offered(at: At, desk: Desk) -> None:
    browser = at(desk).sign_in("nurse")
    browser.open_person()
    assert browser.tree.xpath("//h1")
    assert offered(browser) == {}
    assert "Tiếp nhận người này trước" not in browser.text


def test_nobody_without_a_facility_is_offered_anything(at: At) -> None:
    steward = frozenset({"steward"})
    forms = tuple(replace(form, roles=steward) for form in ABOUT.forms)
    browser = at(replace(ABOUT, forms=forms)).sign_in("steward")
    browser.open_person()
    assert offered(browser) == {}


def test_the_own_page_of_a_citizen_offers_nothing(at: At) -> None:
    everybody = frozenset({"citizen", "nurse"})
    forms = tuple(replace(form, roles=everybody) for form in ABOUT.forms)
    browser = at(replace(ABOUT, roles=everybody, forms=forms)).sign_in("citizen")
    browser.get("/me")
    assert browser.tree.xpath("//h1")
    assert offered(browser) == {}


def test_a_patient_of_another_facility_is_never_taken(
    at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = [r for r in RECORDS if (r.type, r.facility) != ("Patient", "99001")]
    monkeypatch.setattr("lanh.core.web.tests.fakes.RECORDS", elsewhere)
    browser = at(ABOUT).sign_in("nurse")
    browser.open_person()
    assert offered(browser) == {}
    assert "Tiếp nhận người này trước" in browser.text


def test_a_page_without_desks_is_as_before(browser: Browser) -> None:
    browser.sign_in("nurse").open_person()
    assert browser.page.status_code == httpx.codes.OK
    assert offered(browser) == {}
