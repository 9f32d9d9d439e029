"""Drafts are kept and resumed; what is sent twice is written once."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from lanh.core import forms
from lanh.core.database import SyncDatabase, execute, fetch
from lanh.core.forms import Draft, Refused
from lanh.core.forms.tests.forms import example

ANSWERS: dict[str, Any] = {
    "resourceType": "QuestionnaireResponse",
    "item": [{"linkId": "decimal", "answer": [{"valueDecimal": Decimal("1.50")}]}],
}
FORM = example("every_type")


def begun(database: SyncDatabase, person: str = "p1", **more: Any) -> Draft:
    """A draft of the example form."""
    return database.transact(forms.begin_draft(person, FORM, ANSWERS, **more))


def refusal(database: SyncDatabase, plan: Any) -> str:
    """The code with which a plan is refused."""
    with pytest.raises(Refused) as refused:
        database.transact(plan)
    assert refused.value.message.vi and refused.value.message.en
    return refused.value.code


def test_a_draft_is_resumed_to_the_digit(database: SyncDatabase) -> None:
    draft = begun(database)
    found = database.read(forms.resume_draft("p1", FORM.url))
    assert found == draft and found.revision == 1 and found.form_version == "1"
    assert str(found.response["item"][0]["answer"][0]["valueDecimal"]) == "1.50"
    assert database.read(forms.resume_draft("p2", FORM.url)) is None
    assert database.read(forms.drafts_of("p1")) == [draft]
    again = begun(database)
    assert again == draft
    database.transact(forms.drop_draft(draft))
    assert database.read(forms.drafts_of("p1")) == []


def test_two_pages_of_one_person_do_not_overwrite_each_other(database: SyncDatabase) -> None:
    draft = begun(database)
    saved = database.transact(forms.save_draft(draft, {"item": []}))
    assert saved.revision == 2 and saved.response == {"item": []}
    assert refusal(database, forms.save_draft(draft, ANSWERS)) == "conflict"
    database.transact(forms.drop_draft(saved))
    assert refusal(database, forms.save_draft(saved, ANSWERS)) == "not-found"


def test_drafts_expire(database: SyncDatabase) -> None:
    draft = begun(database, lifetime=timedelta(seconds=-1))
    assert database.read(forms.resume_draft("p1", FORM.url)) is None
    fresh = begun(database)
    assert fresh.id != draft.id
    database.transact(execute("UPDATE forms.draft SET expires_at = now()"))
    assert database.transact(forms.forget_drafts()) == 1
    assert database.transact(forms.forget_drafts()) == 0


def test_people_who_edit_one_record_are_told_of_each_other(database: SyncDatabase) -> None:
    one = begun(database, record="QuestionnaireResponse/r1", record_version=3)
    begun(database, "p2", record="QuestionnaireResponse/r1", record_version=3)
    begun(database, "p3", record="QuestionnaireResponse/r2", record_version=1)
    begun(database, "p4")
    others = database.read(forms.other_editors("QuestionnaireResponse/r1", "p1"))
    assert [other.person for other in others] == ["p2"]
    assert database.read(forms.other_editors("", "p1")) == []
    forms.check_current(one, 3)
    with pytest.raises(Refused) as refused:
        forms.check_current(one, 4)
    assert refused.value.code == "conflict"


def test_drafts_about_a_person_are_erased(database: SyncDatabase) -> None:
    begun(database, patient="a")
    begun(database, "p2", patient="b")
    assert len(database.transact(forms.erase_drafts(["a", "c"]))) == 1
    assert [d.person for d in database.read(forms.drafts_of("p2"))] == ["p2"]


def test_a_draft_is_bounded(database: SyncDatabase) -> None:
    large = {"item": [{"linkId": "x" * 2_100_000}]}
    assert refusal(database, forms.begin_draft("p1", FORM, large)) == "too-long"


FIELDS = {"q/integer": ["1"]}


def test_what_is_sent_twice_is_written_once(database: SyncDatabase) -> None:
    key = forms.new_submission_key()

    def submit(fields: dict[str, list[str]], person: str = "p1") -> Any:
        claim = yield from forms.claim_submission(key, person, FORM.url, fields)
        if claim.done is not None:
            return claim.done
        yield from forms.settle_submission(claim, ("Observation/1", "Observation/2"))
        return None

    assert database.transact(submit(FIELDS)) is None
    assert database.transact(submit(FIELDS)) == ("Observation/1", "Observation/2")
    assert refusal(database, submit({"q/integer": ["2"]})) == "conflict"
    assert refusal(database, submit(FIELDS, "p2")) == "not-found"
    assert refusal(database, forms.claim_submission("x", "p1", FORM.url, FIELDS)) == "value"


def test_at_the_same_time_one_writes_and_the_others_get_its_outcome(database: SyncDatabase) -> None:
    key = forms.new_submission_key()
    outcomes: list[Any] = []
    start = threading.Barrier(4)

    def submit() -> Any:
        claim = yield from forms.claim_submission(key, "p1", FORM.url, FIELDS)
        if claim.done is not None:
            return claim.done
        yield from execute("SELECT pg_sleep(0.1)")
        yield from forms.settle_submission(claim, ("Observation/1",))
        return None

    def send() -> None:
        start.wait()
        outcomes.append(database.transact(submit()))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes, key=str) == [("Observation/1",)] * 3 + [None]
    assert database.read(fetch("SELECT outcome FROM forms.submission")) == [("Observation/1",)]


def test_where_the_first_fails_the_second_writes(database: SyncDatabase) -> None:
    key = forms.new_submission_key()

    def failing() -> Any:
        yield from forms.claim_submission(key, "p1", FORM.url, FIELDS)
        raise RuntimeError("lost")

    with pytest.raises(RuntimeError):
        database.transact(failing())
    claim = database.transact(forms.claim_submission(key, "p1", FORM.url, FIELDS))
    assert claim.done is None
