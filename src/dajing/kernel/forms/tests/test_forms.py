"""A form is asked, kept while it waits, judged by one engine and sent once; without any script."""

from __future__ import annotations

import json
import re
import threading
from datetime import UTC, datetime, timedelta

import jsonschema
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from dajing.kernel.casework.models import Case, CaseEvent
from dajing.kernel.forms import service
from dajing.kernel.forms.definition import forms, read_form
from dajing.kernel.forms.judging import judge
from dajing.kernel.forms.models import Attachment, Draft, Submission
from dajing.kernel.forms.reading import read
from dajing.kernel.forms.tests.test_attachments import PDF, picture
from dajing.kernel.identity.api import actor, holders
from dajing.kernel.identity.loading import load
from dajing.kernel.identity.models import Appointment, Person
from dajing.kernel.ledger.models import Entry, SubjectKey
from dajing.kernel.packs.problem import Problems
from dajing.kernel.settings import settings

pytestmark = [pytest.mark.store_both, pytest.mark.django_db(transaction=True)]
GOOD = {"title": "沽源县6月网上可办率", "department": "zjk-spj", "area": "130724", "sort": "wrong", "shown": "95.3",
        "words": "与本局台账相差两个百分点，台账为93.1。", "key": "k"}  # fmt: skip
FORM = "/forms/data_problem/"


@pytest.fixture
def officer():
    load()
    return Person.objects.get(login="zjk-gxj-data")


@pytest.fixture
def browser(client, officer):
    client.force_login(officer)
    return client


def form():
    return forms()["data_problem"]


def judged(**answers):
    return {fault.field: fault.message.en for fault in judge(form=form(), answers=answers)}


def text(answer):
    return answer.content.decode()


def test_the_page_asks_every_field_with_a_label_and_needs_no_script(browser):
    html = text(browser.get(FORM, headers={"accept-language": "en"}))
    for asked in form().layout.fields.values():
        assert asked.label.en in html
    assert "unsafe-eval" not in browser.get(FORM)["Content-Security-Policy"]
    main = html[html.index("<main") : html.index("</main>")]
    assert "<script" not in main and "onclick" not in main
    for id_ in re.findall(r'<(?:input|select|textarea)[^>]*\bid="(f-[^"]+)"', main):
        assert f'for="{id_}"' in main or 'type="radio"' in main


def test_a_form_that_was_sent_opens_a_case_with_the_department_and_is_sent_once(browser, officer):
    first = browser.post(FORM, GOOD)
    again = browser.post(FORM, GOOD)
    assert first.status_code == again.status_code == 302 and first["Location"] == again["Location"]
    case = Case.objects.get()
    assert Submission.objects.get().subject == f"case:{case.pk}"
    opened = CaseEvent.objects.get()
    assert opened.data["to"]["department"] == "zjk-spj" and opened.data["area"] == "130724"
    page = text(browser.get(first["Location"], headers={"accept-language": "zh"}))
    for said in ("沽源县6月网上可办率", "张家口市行政审批局", "数值有误", "95.3"):
        assert said in page
    entry = Entry.objects.get(act="forms.form.sent")
    assert "台账" not in bytes(entry.body).decode() and "台账" not in bytes(Submission.objects.get().body).decode(
        "latin1"
    )


def test_mistakes_are_listed_at_the_top_each_leads_to_its_field_and_nothing_written_is_lost(browser):
    answer = browser.post(FORM, GOOD | {"title": "短", "department": "nowhere", "shown": "很多", "words": ""},
                          headers={"accept-language": "zh"})  # fmt: skip
    html = text(answer)
    assert answer.status_code == 422 and "<title>错误：" in html
    summary = html[html.index("error-summary") : html.index("</ul>", html.index("error-summary"))]
    assert re.findall('href="#(f-[a-z]+)"', summary) == ["f-title", "f-department", "f-shown", "f-words"]
    for words in ("至少 4 个字", "请从列表中选择", "应是数字", "为必填项"):
        assert words in summary
    assert 'value="很多"' in html and 'value="短"' in html
    assert not Submission.objects.exists() and not Case.objects.exists()


def test_what_is_needed_may_depend_on_another_answer():
    base = {"title": "网上可办率", "department": "zjk-spj", "words": "请说明口径，谢谢各位同事"}
    assert judged(**base, sort="wrong") == {"shown": "“The value shown” is needed."}
    assert judged(**base, sort="meaning") == {}


def test_a_field_that_the_form_does_not_have_is_refused():
    assert judged(
        title="网上可办率", department="zjk-spj", sort="other", words="请说明口径，谢谢各位同事", evil=1
    ).keys() == {""}


@given(st.dictionaries(
    st.sampled_from(["title", "department", "area", "period", "sort", "shown", "right", "words"]),
    st.one_of(st.text(max_size=100), st.floats(allow_nan=False), st.sampled_from(
        ["zjk-spj", "130724", "2018-06", "2018-13", "wrong", "late", "网上可办率网上可办率"])),
))  # fmt: skip
def test_the_words_of_a_refusal_never_disagree_with_the_schema_itself(answers):
    schema = form().strict()
    agreed = jsonschema.Draft202012Validator(schema).is_valid(answers)
    assert (judge(form=form(), answers=answers) == []) == agreed


@pytest.mark.parametrize(
    ("written", "meant"),
    [("95.3", 95.3), ("９５．３", 95.3), ("1,234", 1234), ("1,23", "1,23"), ("-5", -5), ("1e9", "1e9"), ("０", 0),
     ("九", "九"), ("1" * 19, "1" * 19), ("1.2.3", "1.2.3"), ("nan", "nan")],
)  # fmt: skip
def test_numbers_are_read_as_people_type_them_and_nothing_else_is_a_number(written, meant):
    assert read(form=form(), posted=QueryDict(f"shown={written}".encode()))["shown"] == meant


def test_a_draft_waits_for_its_author_and_nobody_else_and_expires(browser, officer):
    place = browser.post(FORM, {"act": "save", "title": "半句话", "key": "k"})["Location"]
    assert 'value="半句话"' in text(browser.get(place)) and place in text(browser.get("/forms/"))
    browser.force_login(Person.objects.get(login="zjk-spj-data"))
    assert browser.get(place)["Location"] == "/forms/"
    assert service.expire(at=datetime.now(UTC) + timedelta(days=29)) == 0
    assert service.expire(at=datetime.now(UTC) + timedelta(days=31)) == 1
    assert not Draft.objects.exists() and SubjectKey.objects.get().key is None


def test_a_shared_draft_is_gone_on_with_by_whoever_holds_the_post(browser, officer):
    by = actor(person=officer, at=datetime.now(UTC))
    place = browser.post(FORM, {"act": "save", "title": "共同填写", "shared": "yes"})["Location"]
    deputy = Person.objects.create_user(login="deputy", name="代")
    Appointment.objects.create(person=deputy, post_id=by.post, valid_from=datetime(2018, 1, 1, tzinfo=UTC))
    browser.force_login(deputy)
    assert "共同填写" in text(browser.get(place))


def test_of_two_who_save_the_same_draft_the_later_is_told_and_keeps_the_words(browser):
    place = browser.post(FORM, {"act": "save", "title": "第一稿"})["Location"]
    browser.post(place, {"act": "save", "title": "第二稿", "version": "1"})
    late = browser.post(place, {"act": "save", "title": "我的改动", "version": "1"})
    assert late.status_code == 409 and "我的改动" in text(late)
    assert service.answers_of(draft=Draft.objects.get())["title"] == "第二稿"


def test_files_stay_with_the_draft_when_the_form_is_refused_and_go_to_the_case_when_it_is_sent(browser, client):
    files = [SimpleUploadedFile("台账.pdf", PDF), SimpleUploadedFile("坏.exe", b"MZ")]
    refused = browser.post(FORM, GOOD | {"evidence": files})
    assert refused.status_code == 422 and "坏.exe" in text(refused) and "台账.pdf" in text(refused)
    draft = Draft.objects.get()
    place, row = f"{FORM}drafts/{draft.pk}/", Attachment.objects.get()
    assert row.owner == f"draft:{draft.pk}" and "未经病毒扫描" in text(refused)
    browser.post(place, GOOD | {"version": draft.version, "evidence": SimpleUploadedFile("照片.jpg", picture())})
    case = Case.objects.get()
    assert set(Attachment.objects.values_list("owner", flat=True)) == {f"case:{case.pk}"}
    assert not Draft.objects.exists()
    client.force_login(Person.objects.get(login="zjk-spj-data"))  # who has to answer may look at the evidence
    assert client.get(f"/attachments/{row.pk}/").status_code == 200
    client.force_login(Person.objects.get(login="zjk-gdj-data"))
    assert client.get(f"/attachments/{row.pk}/").status_code == 404
    assert client.get(f"/forms/sent/{Submission.objects.get().pk}/").status_code == 404


def test_an_attachment_is_taken_off_and_anothers_is_not(browser, officer):
    place = browser.post(FORM, {"act": "bring", "evidence": SimpleUploadedFile("a.pdf", PDF)})["Location"]
    mine = Attachment.objects.get()
    theirs = Attachment.objects.create(owner="draft:9999", name="x", type="t", size=1, sha256="0" * 64, served="0" * 64,
                                       scan="clean", by="person:9", at=datetime.now(UTC))  # fmt: skip
    browser.post(place, {"act": "save", "version": "1", "remove": [mine.pk, theirs.pk, "x", "9" * 30]})
    assert list(Attachment.objects.all()) == [theirs]


def test_two_hundred_attachments_are_refused_and_none_is_kept(browser):
    many = [SimpleUploadedFile(f"{n}.pdf", PDF + str(n).encode()) for n in range(30)]
    assert browser.post(FORM, GOOD | {"evidence": many}).status_code == 422
    over = [SimpleUploadedFile(f"{n}.pdf", PDF) for n in range(200)]
    assert browser.post(FORM, GOOD | {"evidence": over}).status_code == 400
    assert not Attachment.objects.exists() and not Submission.objects.exists()


def test_a_form_is_for_those_whose_post_may_fill_it(browser, client):
    nobody = Person.objects.create_user(login="n", name="n")
    client.force_login(nobody)
    assert client.get(FORM).status_code == client.post(FORM, GOOD).status_code == 404
    assert client.get("/forms/no-such-form/").status_code == 404
    client.logout()
    assert client.get(FORM).status_code == 302 and client.get("/forms/").status_code == 302


def test_two_at_once_with_one_key_send_one_form_and_open_one_case(browser, officer):
    by, at = actor(person=officer, at=datetime.now(UTC)), datetime.now(UTC)
    answers = {name: GOOD[name] for name in ("title", "department", "area", "sort", "words")} | {"shown": 95.3}
    ready, found = threading.Barrier(4), []

    def send():
        try:
            ready.wait()
            found.append(service.send(form=form(), answers=answers, by=by, at=at, key="same").pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4 and len(set(found)) == 1
    assert Submission.objects.count() == Case.objects.count() == CaseEvent.objects.count() == 1


@pytest.mark.parametrize("answer", ["\0", "<script>alert(1)</script>" * 3, "🚧" * 79, "' OR 1=1 --", "{{ settings }}"])
def test_what_is_written_is_only_ever_text(browser, answer):
    sent = browser.post(FORM, GOOD | {"title": f"标题标题{answer}"[:80]})
    page = text(browser.get(sent["Location"])) if sent.status_code == 302 else text(sent)
    assert "<script>alert" not in page


def test_the_answer_goes_round_to_who_asked_on_the_common_page_of_a_case(browser, officer, client):
    browser.post(FORM, GOOD)
    case = Case.objects.get().pk
    answerer = Person.objects.get(login="zjk-spj-data")
    client.force_login(answerer)
    assert GOOD["title"] in text(client.get("/work/?whose=department"))
    page = text(client.get(f"/case/{case}/", headers={"accept-language": "zh"}))
    assert "答复" in page and GOOD["words"] in page
    refused = client.post(f"/case/{case}/act", {"act": "step:answer", "seq": "1", "key": "a"})
    assert refused.status_code == 422  # an answer needs words
    client.post(f"/case/{case}/act", {"act": "step:answer", "seq": "1", "key": "b", "words": "已更正为93.1"})
    client.force_login(Person.objects.get(login="zjk-gxj-data"))
    assert "已更正为93.1" in text(client.get(f"/case/{case}/"))
    client.post(f"/case/{case}/act", {"act": "step:accept", "seq": "2", "key": "c"})
    assert Case.objects.get().state == "closed"
    client.force_login(Person.objects.get(login="zjk-gdj-data"))
    assert client.get(f"/case/{case}/").status_code == client.post(f"/case/{case}/act", {}).status_code == 404
    assert holders(department="zjk-spj", at=datetime.now(UTC))


def broken(tmp_path, schema=None, layout=""):
    good = settings().city_dir / "forms" / "data_problem"
    folder = tmp_path / "x"
    folder.mkdir()
    (folder / "schema.json").write_text(schema if schema is not None else (good / "schema.json").read_text())
    (folder / "layout.toml").write_text((good / "layout.toml").read_text() + layout)
    problems = Problems(root=tmp_path)
    assert read_form(folder=folder, problems=problems) is None
    return " ".join(problem.message.en for problem in problems.found)


def test_a_faulty_form_is_told_everything_that_is_wrong(tmp_path):
    schema = {"type": "object", "properties": {"free": {"type": "string"}, "deep": {"type": "object"},
              "far": {"type": "string", "maxLength": 5, "$ref": "https://evil.example/s.json"}}}  # fmt: skip
    found = broken(tmp_path, json.dumps(schema))
    for fault in ("$ref is not supported", "free: maxLength is missing", "deep: a form cannot ask",
                  "title: place it once", "opens names no field department"):  # fmt: skip
        assert fault in found


@pytest.mark.parametrize("schema", ["{", "[]", '{"type": 5}', '{"type": "string"}'])
def test_what_is_no_schema_of_a_form_is_refused(tmp_path, schema):
    assert broken(tmp_path, schema)
