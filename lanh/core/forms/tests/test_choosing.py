"""Codes are offered as a person needs them: favourites, those of late, then the rest."""

from __future__ import annotations

from lanh.core import forms
from lanh.core.database import SyncDatabase
from lanh.core.terminology import Terminology

SET = "http://hl7.org/fhir/ValueSet/administrative-gender"
SYSTEM = "http://hl7.org/fhir/administrative-gender"


def codes(database: SyncDatabase, text: str, person: str = "p1") -> list[tuple[str, str]]:
    """The codes offered, each with why."""
    found = database.read(forms.suggest(Terminology(), person, SET, text, language="en"))
    return [(row.code, row.why) for row in found.rows]


def test_favourites_and_recent_codes_come_first(database: SyncDatabase) -> None:
    plain = [code for code, _ in codes(database, "")]
    assert set(plain) == {"male", "female", "other", "unknown"}
    database.transact(forms.note_picks("p1", [(SET, f"{SYSTEM}|other")]))
    database.transact(forms.mark_favourite("p1", SET, f"{SYSTEM}|unknown"))
    offered = codes(database, "")
    assert offered[:2] == [("unknown", "favourite"), ("other", "recent")]
    assert len(offered) == 4 and {why for _, why in offered[2:]} == {"found"}
    assert codes(database, "oth") == [("other", "recent")]
    assert [why for _, why in codes(database, "", "p2")] == ["found"] * 4
    database.transact(forms.mark_favourite("p1", SET, f"{SYSTEM}|unknown", favourite=False))
    assert ("unknown", "favourite") not in codes(database, "")


def test_a_pick_that_is_no_member_any_more_is_not_offered(database: SyncDatabase) -> None:
    database.transact(forms.note_picks("p1", [(SET, f"{SYSTEM}|gone")]))
    assert "gone" not in [code for code, _ in codes(database, "")]


def test_codes_of_fields_are_found_out_at_once(database: SyncDatabase) -> None:
    asked = {(SET, f"{SYSTEM}|male"), (SET, f"{SYSTEM}|x"), ("urn:nowhere", "a|b")}
    found = database.read(forms.find_codes(Terminology(), asked))
    male = found[SET, f"{SYSTEM}|male"]
    assert male is not None and male["code"] == "male" and male["display"]
    assert found[SET, f"{SYSTEM}|x"] is None and found["urn:nowhere", "a|b"] is None
