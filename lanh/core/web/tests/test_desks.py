"""Pages of a desk without script: begun, filled in, mended, sent, acted on, corrected."""

from __future__ import annotations

from lanh.core.database import Plan, SyncDatabase, execute
from lanh.core.web.tests.conftest import Browser
from lanh.core.web.tests.desk_steps import ANSWERS, Open, begun, faults, fields_of, press, value
from lanh.core.web.tests.fakes import PASSWORD
from lanh.core.web.tests.sink import DESK, reviewed


def test_the_desk_stands_in_the_menu_and_its_home_says_what_can_be_done(nurse: Browser) -> None:
    nurse.get("/")
    assert nurse.tree.xpath("//nav[@class='nav']//a[@href='/outbreaks/']")
    nurse.get("/outbreaks/")
    assert nurse.tree.xpath("//a[@href='/outbreaks/forms/report']")
    assert nurse.tree.xpath("//a[@href='/outbreaks/lists/outbreaks']")
    assert nurse.get("/nothing/").status_code == 404


def test_who_does_not_meet_the_desk_finds_nothing_there(at: Open) -> None:
    leader = at(DESK).sign_in("leader")
    for path in (
        "",
        "lists/outbreaks",
        "forms/report",
        "records/Observation/x",
        "import/outbreaks",
    ):
        assert leader.get(f"/outbreaks/{path}").status_code == 404


def test_a_form_has_a_field_for_each_question_and_begins_once(nurse: Browser) -> None:
    first = begun(nurse).path
    names = {str(each) for each in nurse.tree.xpath("//form[@id='entry']//@name")}
    asked = {"q/place/moment", "q/place/hour", "q/place/site", "q/disease/signs", "q/story",
             "q/disease/way#other", "q/ages/young/young-male", "q/water",
             "find.q/place/who"}  # fmt: skip
    assert asked <= names
    assert "q/disease/lab" not in names  # it is asked only where a laboratory confirmed
    assert begun(nurse).path == first


def test_rows_are_added_and_removed_and_a_draft_is_kept(nurse: Browser) -> None:
    begun(nurse)
    press(nurse, "add:q/ward:0", **{"q/place/title": "Bản Thử"})
    press(nurse, "add:q/ward:1", **{"q/ward:0/village": "Một", "q/ward:0/ill": "3"})
    press(nurse, "save", **{"q/ward:1/village": "Hai", "q/ward:1/ill": "4"})
    assert "7" in nurse.tree.xpath("string(//dl[@class='read-only'])")
    press(nurse, "remove:q/ward:0")
    assert value(nurse, "q/ward:0/village") == "Hai"
    nurse.get(nurse.path.removesuffix("/save"))
    assert value(nurse, "q/place/title") == "Bản Thử"
    assert value(nurse, "q/ward:0/village") == "Hai"
    nurse.get("/outbreaks/")
    assert nurse.tree.xpath("//a[starts-with(@href, '/outbreaks/drafts/')]")


def test_an_answer_is_repeated_and_questions_hang_on_answers(nurse: Browser) -> None:
    begun(nurse)
    press(nurse, "add:q/act:0")
    press(nurse, "more:q/act:0/by:1", **{"q/act:0/what": "Phun", "q/act:0/by:0": "Mai"})
    press(nurse, "save", **{"q/act:0/by:1": "Bảo", "q/act:0/by:0/phone": "0900"})
    assert value(nurse, "q/act:0/by:1") == "Bảo"
    assert value(nurse, "q/act:0/by:0/phone") == "0900"
    press(nurse, "remove:q/act:0/by:0")
    assert value(nurse, "q/act:0/by:0") == "Bảo"


def test_what_follows_from_an_answer_is_asked_and_forgotten(nurse: Browser) -> None:
    begun(nurse)
    press(nurse, "save", **{"q/disease/confirmed": "true"})
    assert nurse.tree.xpath("//*[@name='q/disease/lab']")
    press(nurse, "clear:q/disease/confirmed")
    assert not nurse.tree.xpath("//*[@name='q/disease/lab']")


def test_codes_are_found_without_script(nurse: Browser) -> None:
    begun(nurse)
    press(nurse, "find:q/disease/code", **{"find.q/disease/code": "tieu chay"})
    ways = nurse.tree.xpath("//input[@name='pick.q/disease/code']/@value")
    assert ways == ["urn:icd|A09"]
    press(nurse, "save", **{"pick.q/disease/code": str(ways[0])})
    assert value(nurse, "q/disease/code") == "urn:icd|A09"
    assert value(nurse, "find.q/disease/code") == "A09 Tiêu chảy và viêm dạ dày ruột"
    press(nurse, "save", **{"find.q/disease/code": "", "was.q/disease/code": "A09"})
    assert value(nurse, "q/disease/code") == ""


def test_several_codes_are_added_one_by_one(nurse: Browser) -> None:
    begun(nurse)
    for text in ("A00", "B05"):
        press(nurse, "find:q/disease/also", **{"find.q/disease/also": text})
        press(nurse, "save", **{"pick.q/disease/also": f"urn:icd|{text}"})
    ticked = nurse.tree.xpath("//input[@name='q/disease/also'][@checked]/@value")
    assert ticked == ["urn:icd|A00", "urn:icd|B05"]


def test_a_text_that_is_no_code_is_a_fault_and_stays_as_it_was_typed(nurse: Browser) -> None:
    begun(nurse)
    typed = {**ANSWERS, "q/disease/code": "", "find.q/disease/code": "dau bung",
             "was.q/disease/code": ""}  # fmt: skip
    press(nurse, "send", **typed)
    assert len(faults(nurse)) == 1 and faults(nurse)[0].startswith("Chẩn đoán (ICD-10)")
    assert value(nurse, "find.q/disease/code") == "dau bung"
    press(nurse, "send")
    assert len(faults(nurse)) == 1, "it is still no code"


def test_a_free_answer_is_taken_where_none_is_chosen(nurse: Browser) -> None:
    begun(nurse)
    press(nurse, "save", **{"find.q/disease/free": "Phẩy khuẩn"})
    assert value(nurse, "find.q/disease/free") == "Phẩy khuẩn"
    press(nurse, "save")
    assert value(nurse, "find.q/disease/free") == "Phẩy khuẩn"


def test_faults_are_told_above_and_beside_with_links_between(nurse: Browser) -> None:
    begun(nurse)
    press(nurse, "send", **{**ANSWERS, "q/place/day": "31/02/2026", "q/ward:0/ill": "nhiều"})
    assert nurse.page.status_code == 422 and nurse.title.startswith("Lỗi:")
    links = [str(each) for each in nurse.tree.xpath("//*[@id='faults']//a/@href")]
    assert links == ["#f-q/place/day", "#f-q/ward:0/ill"]
    for link in links:
        field = nurse.tree.get_element_by_id(link[1:])
        assert field.get("aria-invalid") == "true"
        assert field.get("value") in ("31/02/2026", "nhiều")
        described = field.get("aria-describedby").split()
        assert any("e-" in each and nurse.tree.get_element_by_id(each) is not None
                   for each in described)  # fmt: skip


def test_a_warning_is_sent_past_with_a_reason(nurse: Browser) -> None:
    begun(nurse)
    press(nurse, "send", **{**ANSWERS, "q/ward:0/ill": "600"})
    assert nurse.page.status_code == 422
    assert "Hơn 500 ca" in nurse.text and "Vẫn gửi" in nurse.text
    press(nurse, "send", warned="")
    assert nurse.page.status_code == 422, "a reason is needed"
    press(nurse, "send", warned="Đã đếm lại")
    assert "/records/" in nurse.path


def test_sent_twice_is_sent_once(nurse: Browser, database: SyncDatabase) -> None:
    begun(nurse)
    form = nurse.tree.get_element_by_id("entry")
    fields = {**fields_of(form), **ANSWERS, "act": "send"}
    first = nurse.client.post(form.get("action"), data=fields)
    again = nurse.client.post(form.get("action"), data=fields)
    assert first.status_code == again.status_code == 303
    assert first.headers["location"] == again.headers["location"]
    nurse.get(again.headers["location"])
    assert "không có gì bị ghi hai lần" in nurse.text


def test_a_draft_saved_elsewhere_is_not_overwritten_and_nothing_typed_is_lost(
    nurse: Browser,
) -> None:
    begun(nurse)
    form = nurse.tree.get_element_by_id("entry")
    old = fields_of(form)
    press(nurse, "save", **{"q/place/title": "Trang kia"})
    sent_late = {**old, "q/place/title": "Trang này", "act": "save"}
    nurse.page = nurse.client.post(form.get("action").replace("/send", "/save"), data=sent_late)
    assert nurse.page.status_code == 409
    assert value(nurse, "q/place/title") == "Trang này"
    press(nurse, "save")
    assert nurse.page.status_code == 200 and value(nurse, "q/place/title") == "Trang này"


def test_a_session_that_ends_in_mid_form_loses_nothing(
    nurse: Browser, database: SyncDatabase
) -> None:
    begun(nurse)
    form = nurse.tree.get_element_by_id("entry")
    fields = {**fields_of(form), **ANSWERS, "act": "send"}

    def ended() -> Plan[None]:
        yield from execute("DELETE FROM web.session")

    database.transact(ended())
    nurse.page = nurse.client.post(form.get("action"), data=fields)
    assert nurse.page.status_code == 401
    held = {str(i.get("name")): str(i.get("value") or "")
            for i in nurse.tree.xpath("//main//input[@type='hidden']")}  # fmt: skip
    wrong = {**held, "username": "nurse", "password": "sai"}
    nurse.page = nurse.client.post("/sign-in", data=wrong)
    held = {str(i.get("name")): str(i.get("value") or "")
            for i in nurse.tree.xpath("(//main//form)[1]//input[@type='hidden']")}  # fmt: skip
    right = {**held, "username": "nurse", "password": PASSWORD}
    nurse.page = nurse.client.post("/sign-in", data=right)
    assert "Bạn đã đăng nhập lại" in nurse.text
    again = nurse.tree.xpath("//main//form")[0]
    nurse.page = nurse.client.post(
        again.get("action"), data=fields_of(again), follow_redirects=True
    )
    assert "/records/" in nurse.path and "Tả, Bản Thử, 2026" in nurse.text


def test_all_answers_are_looked_through_where_the_form_asks_for_it(at: Open) -> None:
    nurse = at(reviewed()).sign_in("nurse")
    begun(nurse)
    press(nurse, "check", **{**ANSWERS, "q/place/day": ""})
    assert faults(nurse) == ["Ngày phát hiện: cần trả lời."]
    press(nurse, "check", **{"q/place/day": "05/03/2026"})
    assert nurse.page.status_code == 200 and "Xem lại trước khi gửi" in nurse.title
    assert "Tả, Bản Thử, 2026" in nurse.text and "Nặng" in nurse.text
    assert nurse.tree.xpath("//a[contains(@href, '#f-q/place/day')]")
    form = nurse.tree.xpath("//main//form")[0]
    nurse.page = nurse.client.post(
        form.get("action"), data={**fields_of(form), "act": "send"}, follow_redirects=True
    )
    assert "/records/" in nurse.path


def test_files_are_kept_with_name_and_size_and_taken_away(nurse: Browser) -> None:
    begun(nurse)
    press(nurse, "save", **{"q/disease/confirmed": "true"})
    form = nurse.tree.get_element_by_id("entry")
    fields = {**fields_of(form), "act": "attach:q/disease/paper"}
    save = form.get("action").replace("/send", "/save")
    image = b"\x89PNG\r\n\x1a\n" + bytes(3000)
    files = {"file.q/disease/paper": ("phieu.png", image, "image/png")}
    nurse.page = nurse.client.post(save, data=fields, files=files)
    assert nurse.page.status_code == 200
    assert "phieu.png" in nurse.text and "3 kB" in nurse.text
    assert value(nurse, "q/disease/paper").startswith("Binary/")
    press(nurse, "clear:q/disease/paper")
    assert "phieu.png" not in nurse.text
    files = {"file.q/disease/paper": ("x.png", b"MZ no picture", "image/png")}
    nurse.page = nurse.client.post(save, data=dict(fields, revision="9"), files=files)
    assert nurse.page.status_code >= 400
