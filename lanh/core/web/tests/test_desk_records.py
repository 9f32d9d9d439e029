"""A record's page at a desk: acted on, signed, corrected, printed; handles for people."""

from __future__ import annotations

from lanh.core.web.tests.conftest import Browser
from lanh.core.web.tests.desk_steps import Open, begun, fields_of, press, sent
from lanh.core.web.tests.sink import DESK, personal


def test_a_record_is_acted_on_with_a_reason_mended_and_signed(at: Open) -> None:
    browser = at(DESK).sign_in("nurse")
    path = sent(browser)
    browser.sign_in("steward").get(path)
    assert "Chờ xác minh" in browser.text and "giờ làm việc" in browser.text

    def act(transition: str, **more: str) -> int:
        revision = str(browser.tree.xpath("//input[@name='revision']/@value")[0])
        return browser.post(
            f"{path}/act", transition=transition, revision=revision, **more
        ).status_code

    assert act("return") == 422 and browser.title.startswith("Lỗi:")
    assert act("return", **{"reason-return": "Thiếu phiếu xét nghiệm"}) == 200
    assert "Thiếu phiếu xét nghiệm" in browser.text
    browser.sign_in("nurse").get(path)
    assert "Gửi lại" in browser.text, "what the form does is offered as the form"
    refused = browser.post(f"{path}/act", transition="resend", revision="2")
    assert refused.status_code == 422 and "biểu mẫu" in browser.text
    browser.post(f"{path}/correct")
    press(browser, "send", reason="Bổ sung phiếu", **{"q/ward:0/ill": "15"})
    assert browser.path == path, browser.text
    browser.sign_in("steward").get(path)
    browser.post(f"{path}/claim", act="claim")
    assert "Phạm Ngọc Ánh đang xử lý" in browser.text
    assert act("verify") == 200
    assert "Chưa đủ 28 ngày" in browser.text, "what may not be done now says why"
    assert act("close") == 422

    def sign(pin: str) -> int:
        revision = str(browser.tree.xpath("//input[@name='revision']/@value")[0])
        return browser.post(f"{path}/sign", need="head", secret=pin, revision=revision).status_code

    assert sign("0000") == 422 and "Mã PIN không đúng" in browser.text
    assert sign("1234") == 200
    assert "Lãnh đạo ký Chữ ký hợp lệ" in browser.text and "Mã băm SHA-256" in browser.text


def test_what_somebody_else_changed_is_not_overtaken(at: Open) -> None:
    browser = at(DESK).sign_in("nurse")
    path = sent(browser)
    browser.sign_in("steward").get(path)
    browser.post(f"{path}/act", transition="verify", revision="1")
    assert browser.post(f"{path}/act", transition="verify", revision="1").status_code in (409, 422)
    assert "Chờ ký" in browser.text


def test_a_correction_asks_why_and_shows_what_differs(nurse: Browser) -> None:
    path = sent(nurse)
    nurse.post(f"{path}/correct")
    assert "/drafts/" in nurse.path and "Sửa: Báo cáo ổ dịch" in nurse.text
    press(nurse, "check", **{"q/ward:0/ill": "15", "q/place/title": "Tả, Bản Mẫu"})
    assert nurse.page.status_code == 422 and "lý do" in nurse.text.lower()
    press(nurse, "check", reason="Đếm sót ba ca")
    assert "Xem lại chỗ đã sửa" in nurse.title and "Đếm sót ba ca" in nurse.text
    assert [e.text for e in nurse.tree.xpath("//ins")][:2] == ["Tả, Bản Mẫu", "15"]
    form = nurse.tree.get_element_by_id("entry-bar")
    nurse.page = nurse.client.post(
        form.get("action"), data={**fields_of(form), "act": "send"}, follow_redirects=True
    )
    assert nurse.path == path, nurse.text
    assert "Phiên bản 2" in nurse.text and "Đếm sót ba ca" in nurse.text
    assert [e.text for e in nurse.tree.xpath("//del")][:2] == ["Tả, Bản Thử, 2026", "12"]
    assert [e.text for e in nurse.tree.xpath("//ins")][:2] == ["Tả, Bản Mẫu", "15"]


def test_a_draft_of_somebody_else_or_sent_is_told_as_gone(at: Open) -> None:
    browser = at(DESK).sign_in("nurse")
    draft = begun(browser).path
    browser.sign_in("steward").get(draft)
    assert browser.page.status_code == 410 and "không còn" in browser.text
    browser.sign_in("nurse").get(draft)
    browser.post(f"{draft}/discard")
    assert "Đã bỏ bản nháp" in browser.text
    assert browser.get(draft).status_code == 410


def test_papers_are_printed_and_suggestions_told(nurse: Browser) -> None:
    path = sent(nurse)
    answer = nurse.client.get(f"{path}/papers/notice.pdf")
    assert answer.headers["content-type"] == "application/pdf" and answer.content[:5] == b"%PDF-"
    assert nurse.client.get(f"{path}/papers/none.pdf").status_code == 404
    draft = begun(nurse).path
    token = nurse.tree.xpath("//input[@name='csrfmiddlewaretoken']/@value")[0]
    asked = {"name": "q/disease/code", "text": "soi", "csrfmiddlewaretoken": token}
    rows = nurse.client.post(f"{draft}/suggest", data=asked).json()["rows"]
    assert [row["code"] for row in rows] == ["B05"]


def test_records_about_people_have_no_id_in_their_address(at: Open) -> None:
    browser = at(personal()).sign_in("nurse")
    path = sent(browser)
    assert path.startswith("/outbreaks/records/~") and "Observation" not in path
    assert "Tả, Bản Thử" in browser.text and "Tả" not in browser.title
    browser.get("/outbreaks/lists/outbreaks")
    links = browser.tree.xpath("//main//tbody//a/@href")
    assert links == [path]
    other = at(personal()).sign_in("nurse")
    assert other.get(path).status_code == 404, "handles are of one session"
    assert "Observation/" not in browser.page.text


def test_a_public_page_needs_no_account_and_others_do(at: Open) -> None:
    browser = at(DESK)
    assert "Bản đồ ổ dịch" in browser.get("/outbreaks/pages/public?q=1").text
    browser.get("/outbreaks/pages/map")
    assert browser.path == "/sign-in"
