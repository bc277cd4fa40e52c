from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from dajing.domains.plan.models.reporting import ColumnMapping, Objection, Report, ReportValue, Upload
from dajing.domains.plan.reporting.tests.test_uploading import csv_of
from dajing.kernel.identity.loading import load
from dajing.kernel.identity.models import Person

pytestmark = pytest.mark.django_db

SHEET = ("zjk-135", "government", "130700", "2018-06")


class Browser:
    """A person at a browser without scripts."""

    def __init__(self, client, login, language="zh-hans"):
        self.client, self.language = client, language
        client.force_login(Person.objects.get(login=login))

    def get(self, name, *args):
        return self.client.get(reverse(name, args=args), headers={"accept-language": self.language})

    def post(self, name, *args, **data):
        return self.client.post(reverse(name, args=args), data, headers={"accept-language": self.language}, follow=True)


@pytest.fixture
def at_desk(client, request):
    load()
    return lambda login, language="zh-hans": Browser(client, login, language)


def inputs(html):
    return dict(re.findall(r'name="((?:v-|version|key)[^"]*)" value="([^"]*)"', html))


def fill(browser, number=100, button="submit", **changed):
    html = browser.get("plan-sheet-fill", *SHEET).content.decode()
    given = {name: value for name, value in inputs(html).items() if not name.startswith("v-")}
    for name in re.findall(r'name="(v-[^"]+)"', html):
        given[name] = str(number if "_total" in name else number // 2)
    return browser.post("plan-sheet-fill", *SHEET, **(given | changed), **{button: "1"})


def press(browser, verb, **given):
    html = browser.get("plan-sheet", *SHEET).content.decode()
    version = re.search(r'name="version" value="(\d+)"', html)
    given |= {"version": version[1]} if version else {}
    return browser.post("plan-sheet-act", *SHEET, verb=verb, **given)


def test_a_report_is_filled_reviewed_signed_and_locked_at_four_desks(at_desk):
    assert fill(at_desk("zjk-spj-data")).status_code == 200
    assert Report.objects.get().state == "submitted"
    for login, verb, state in (
        ("zjk-spj-review", "review", "reviewed"), ("zjk-spj-sign", "sign", "signed"),
        ("zjk-gxj-plan", "lock", "locked"),
    ):  # fmt: skip
        browser = at_desk(login)
        assert "政务服务月报" in browser.get("plan-reports", "zjk-135").content.decode()
        press(browser, verb)
        assert Report.objects.get().state == state
    assert ReportValue.objects.count() == 4 * 19


def test_a_form_with_a_mistake_begins_no_report(at_desk):
    assert fill(at_desk("zjk-spj-data"), number=-5).status_code == 422
    assert not Report.objects.exists()


def test_the_next_month_starts_from_the_last_ones_figures(at_desk):
    fill(at_desk("zjk-spj-data"))
    for login, verb in (("zjk-spj-review", "review"), ("zjk-spj-sign", "sign"), ("zjk-gxj-plan", "lock")):
        press(at_desk(login), verb)
    html = at_desk("zjk-spj-data").get("plan-sheet-fill", *SHEET[:3], "2018-07").content.decode()
    assert "已按2018年6月的数据预填" in html
    assert inputs(html)["v-items_total-130726"] == "100"


def test_mistakes_are_listed_at_the_top_each_with_a_link_to_its_field_and_nothing_typed_is_lost(at_desk):
    answer = fill(at_desk("zjk-spj-data"), **{"v-items_online-130726": "200", "v-cases_total-130722": "约一百"})
    html = answer.content.decode()
    assert answer.status_code == 422
    for name, typed in (("v-items_online-130726", "200"), ("v-cases_total-130722", "约一百")):
        assert f'<a href="#{name}">' in html
        assert re.search(rf'id="{name}" name="{name}" value="{typed}"[^>]*aria-invalid="true"', html)
    assert not ReportValue.objects.exists()


def test_a_draft_is_kept_and_goes_on_later(at_desk):
    fill(at_desk("zjk-spj-data"), button="save", **{"v-items_total-130726": "1.2万"})
    assert Report.objects.get().state == "draft"
    html = at_desk("zjk-spj-data").get("plan-sheet-fill", *SHEET).content.decode()
    assert inputs(html)["v-items_total-130726"] == "12000"


def test_an_earlier_form_sent_again_is_refused_in_words(at_desk):
    browser = at_desk("zjk-spj-data")
    fill(browser, button="save")
    html = fill(browser, button="save", version="0").content.decode()
    assert "他人刚刚处理了此报表" in html


def test_a_report_returned_with_its_reason_comes_back_to_the_filler(at_desk):
    fill(at_desk("zjk-spj-data"))
    press(at_desk("zjk-spj-review"), "return", text="蔚县的数偏低")
    html = at_desk("zjk-spj-data").get("plan-sheet", *SHEET).content.decode()
    assert "蔚县的数偏低" in html
    assert "填写数据" in html


def test_looking_at_a_form_begins_no_report(at_desk):
    assert at_desk("zjk-spj-data").get("plan-sheet-fill", *SHEET).status_code == 200
    assert not Report.objects.exists()


def test_other_offices_see_no_draft_and_cannot_fill(at_desk):
    fill(at_desk("zjk-spj-data"), number=4242, button="save")
    other = at_desk("zjk-swj-data")
    assert "4242" not in other.get("plan-sheet", *SHEET).content.decode()
    html = other.client.get(reverse("plan-sheet-fill", args=SHEET), follow=True).content.decode()
    assert "无权操作" in html


def test_a_county_objects_at_its_desk_and_the_officer_answers(at_desk):
    press(
        at_desk("unit-130726-review"),
        "object",
        field="items_total",
        text="我县实为 120 项",
        document="蔚政函〔2018〕3号",
    )
    row = Objection.objects.get()
    assert row.area == "130726"
    press(at_desk("zjk-gxj-plan"), "answer", objection=str(row.pk), text="按目录核定")
    html = at_desk("zjk-spj-data").get("plan-sheet", *SHEET).content.decode()
    assert "我县实为 120 项" in html
    assert "按目录核定" in html


def sent(browser, body, name="六月.csv"):
    return browser.post("plan-upload", "zjk-135", form="government", period="", file=SimpleUploadedFile(name, body))


def token(html):
    return re.search(r'name="token" value="([^"]+)"', html)[1]


def test_a_file_is_shown_first_and_changes_nothing_until_it_is_accepted(at_desk, plan):
    browser = at_desk("zjk-spj-data")
    html = sent(browser, csv_of(plan)).content.decode()
    assert "读到 76 个数" in html
    assert not Report.objects.exists()
    browser.post("plan-upload-accept", "zjk-135", token=token(html))
    assert Upload.objects.get().outcome == "accepted"
    assert ReportValue.objects.count() == 76


def test_an_unknown_column_is_explained_once(at_desk, plan):
    browser = at_desk("zjk-spj-data")
    html = sent(browser, csv_of(plan, heading="网上能办的")).content.decode()
    assert "请说明这些列" in html
    browser.post("plan-upload-accept", "zjk-135", token=token(html), heading="网上能办的", stands_for="items_online")
    assert ColumnMapping.objects.get().department == "zjk-spj"
    assert ReportValue.objects.filter(field="items_online").count() == 19
    assert "请说明这些列" not in sent(browser, csv_of(plan, heading="网上能办的")).content.decode()


@pytest.mark.parametrize(("language", "words"), [("zh-hans", "小于下限"), ("en", "check the sign and the unit")])
def test_a_bad_file_is_refused_with_place_and_cure_in_the_readers_language(at_desk, plan, language, words):
    broken = csv_of(plan, change=lambda text: text.replace("900", "-5", 1))
    answer = sent(at_desk("zjk-spj-data", language), broken)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert Upload.objects.get().outcome == "refused"
    desk = at_desk("zjk-spj-data", language).get("plan-reports", "zjk-135").content.decode()
    assert words in desk


def test_nobody_accepts_a_file_that_another_person_was_shown(at_desk, plan):
    html = sent(at_desk("zjk-spj-data"), csv_of(plan)).content.decode()
    at_desk("zjk-swj-data").post("plan-upload-accept", "zjk-135", token=token(html))
    assert not Report.objects.exists()


def test_the_original_is_given_to_its_office_and_to_no_other(at_desk, plan):
    browser = at_desk("zjk-spj-data")
    browser.post("plan-upload-accept", "zjk-135", token=token(sent(browser, csv_of(plan)).content.decode()))
    sha256 = Upload.objects.get().sha256
    assert browser.get("plan-upload-original", "zjk-135", sha256).content == csv_of(plan)
    assert at_desk("zjk-swj-data").get("plan-upload-original", "zjk-135", sha256).status_code == 404


@pytest.mark.parametrize("name", ["plan-reports", "plan-upload"])
def test_visitors_sign_in_first(client, name):
    assert client.get(reverse(name, args=["zjk-135"])).status_code == 302
